//! One worker process, from its start to its end: a question with a deadline, and a kill that always works. It
//! knows frames and nothing of models.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::frame;

/// One question is under way at a time.
const QUESTIONS_MAX: usize = 1;

/// How a worker is started: the depot's own program, with the arguments that make it a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    Deadline,
    Ended,
}

/// A running worker. Dropped, it is killed.
pub(crate) struct Child {
    process: std::process::Child,
    questions: Option<SyncSender<Vec<u8>>>,
    answers: Receiver<Vec<u8>>,
    porter: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts it with no environment, pipes for what passes, and the parent's standard error.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start(command: &WorkerCommand) -> io::Result<Self> {
        let mut process = Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (mut requests, mut replies) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let (questions, asked) = sync_channel::<Vec<u8>>(QUESTIONS_MAX);
        let (answered, answers) = sync_channel(QUESTIONS_MAX);
        // A pipe cannot be read with a deadline. This thread waits on the pipes; killing the process ends it.
        let porter = std::thread::Builder::new().name("model-worker".to_owned()).spawn(move || {
            for question in asked {
                let answer =
                    frame::write(&mut requests, &question).and_then(|()| frame::read(&mut replies));
                let Ok(Some(answer)) = answer else { return };
                if answered.send(answer).is_err() {
                    return;
                }
            }
        });
        let mut child = Self { process, questions: Some(questions), answers, porter: None };
        child.porter = Some(porter?);
        Ok(child)
    }

    /// One frame there, one back. After a [`Silence`] the worker is of no use any more.
    pub(crate) fn ask(&self, question: Vec<u8>, deadline: Duration) -> Result<Vec<u8>, Silence> {
        let questions = self.questions.as_ref().ok_or(Silence::Ended)?;
        questions.send(question).map_err(|_| Silence::Ended)?;
        self.answers.recv_timeout(deadline).map_err(|error| match error {
            RecvTimeoutError::Timeout => Silence::Deadline,
            RecvTimeoutError::Disconnected => Silence::Ended,
        })
    }

    /// Ends it, if it has not ended by itself, and says how it did.
    pub(crate) fn end(mut self) -> Option<ExitStatus> {
        self.reap()
    }

    fn reap(&mut self) -> Option<ExitStatus> {
        // One that has ended keeps its own status: the kill does nothing to it.
        let _ = self.process.kill();
        let status = self.process.wait().ok();
        self.questions = None;
        if let Some(porter) = self.porter.take() {
            let _ = porter.join();
        }
        status
    }

    /// The process, for those who count them.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.reap();
    }
}
