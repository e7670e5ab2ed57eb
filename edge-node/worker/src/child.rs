//! One worker process, from its start to its end: a question with a deadline, and a kill that always works. It knows
//! frames and nothing of what is asked.

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

/// How a worker is started: the shell's own program, with the arguments that make it a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

impl WorkerCommand {
    /// The program that runs now, as a worker.
    ///
    /// # Errors
    /// When the system does not say where the program is.
    pub fn of_this_program(subcommand: &str) -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec![OsString::from(subcommand)] })
    }
}

/// What passes between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipe {
    /// Of the thread that waits on it.
    pub name: &'static str,
    pub frame_bytes_max: usize,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    Deadline,
    Ended,
}

/// A running worker. Dropped, it is killed.
pub struct Child {
    process: std::process::Child,
    questions: Option<SyncSender<Vec<u8>>>,
    answers: Receiver<Vec<u8>>,
    porter: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts it with pipes for what passes, the parent's standard error, and no environment but the allocator's: a
    /// gigabyte taken at the start would lie outside every limit.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(command: &WorkerCommand, pipe: Pipe) -> io::Result<Self> {
        let mut process = Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (mut requests, mut replies) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let (questions, asked) = sync_channel::<Vec<u8>>(QUESTIONS_MAX);
        let (answered, answers) = sync_channel(QUESTIONS_MAX);
        let bytes_max = pipe.frame_bytes_max;
        // A pipe cannot be read with a deadline. This thread waits on the pipes; killing the process ends it.
        let porter = std::thread::Builder::new().name(pipe.name.to_owned()).spawn(move || {
            for question in asked {
                let answer = frame::write(&mut requests, &question, bytes_max)
                    .and_then(|()| frame::read(&mut replies, bytes_max));
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
    ///
    /// # Errors
    /// [`Silence`].
    pub fn ask(&self, question: Vec<u8>, deadline: Duration) -> Result<Vec<u8>, Silence> {
        let questions = self.questions.as_ref().ok_or(Silence::Ended)?;
        questions.send(question).map_err(|_| Silence::Ended)?;
        self.answers.recv_timeout(deadline).map_err(|error| match error {
            RecvTimeoutError::Timeout => Silence::Deadline,
            RecvTimeoutError::Disconnected => Silence::Ended,
        })
    }

    /// Ends it, if it has not ended by itself, and says how it did.
    pub fn end(mut self) -> Option<ExitStatus> {
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
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.reap();
    }
}
