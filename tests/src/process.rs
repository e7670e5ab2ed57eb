//! A child process that never outlives its test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, TrySendError, sync_channel};
use std::time::Duration;

/// Lines of output that wait to be read; later ones are let go.
const LINES_UNREAD_MAX: usize = 1_024;

/// A running binary whose standard output is read line by line.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().expect("piped");
        let (tell, lines) = sync_channel(LINES_UNREAD_MAX);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // A full queue is a test that no longer listens: the process must not stall on it.
                if let Err(TrySendError::Disconnected(_)) = tell.try_send(line) {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// The first line of output in which `pick` finds something.
    ///
    /// # Panics
    /// When none comes in time, or the process ends.
    pub fn line<T>(&self, longest: Duration, pick: impl Fn(&str) -> Option<T>) -> T {
        loop {
            let line = self.lines.recv_timeout(longest).expect("the line was awaited");
            if let Some(found) = pick(&line) {
                return found;
            }
        }
    }

    /// SIGKILL, as a power cut would.
    ///
    /// # Panics
    /// When there is nothing to kill.
    pub fn kill9(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ran");
    }

    /// SIGTERM, and waits for the orderly end.
    ///
    /// # Panics
    /// When it does not end well.
    pub fn terminate(mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it runs");
        let status = self.child.wait().expect("it ran");
        assert!(status.success(), "it ended with {status}");
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end.
///
/// # Panics
/// When it fails; the message holds what it said.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?}: {status}\n{said}{}", String::from_utf8_lossy(&stderr));
    said
}
