//! A NATS server with JetStream as a partner runs it, and what is in its streams.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::process::Process;
use crate::wait::until;

const START_LONGEST: Duration = Duration::from_secs(30);

/// A server on a port of its own; its files stay in its folder.
pub struct Nats {
    folder: PathBuf,
    port: u16,
    running: Option<Process>,
}

impl Nats {
    /// # Panics
    /// When there is no nats-server, or it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|door| door.local_addr());
        let port = port.expect("a free port").port();
        let mut nats = Self { folder: folder.to_owned(), port, running: None };
        nats.serve();
        nats
    }

    /// # Panics
    /// When it does not start.
    pub fn serve(&mut self) {
        let mut command = Command::new("nats-server");
        // Debian keeps it out of an ordinary user's PATH.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin")).args(["-js", "-a", "127.0.0.1"]);
        command.args(["-p", &self.port.to_string(), "-sd"]).arg(&self.folder);
        self.running = Some(Process::start({
            command.stderr(Stdio::null());
            command
        }));
        until("the NATS server listens", START_LONGEST, || {
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok().map(drop)
        });
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill9(&mut self) {
        self.running.take().expect("it runs").kill9();
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Every message of a stream in its order, as JSON.
    ///
    /// # Panics
    /// When the server does not answer or a message is no JSON.
    #[must_use]
    pub fn messages(&self, stream: &str) -> Vec<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let client = async_nats::connect(self.url()).await.expect("it runs");
            let context = async_nats::jetstream::new(client);
            let Ok(mut stream) = context.get_stream(stream).await else { return Vec::new() };
            let last = stream.info().await.expect("it is known").state.last_sequence;
            let mut messages = Vec::new();
            for sequence in 1..=last {
                let message = stream.get_raw_message(sequence).await.expect("it is kept");
                messages.push(serde_json::from_slice(&message.payload).expect("JSON"));
            }
            messages
        })
    }
}
