//! The caller's handle on the worker: it starts it when it is needed, kills it at a deadline, and starts it again. Every
//! failure is typed; none is a panic. Calls block up to their deadline: call them from a thread that may.

use std::time::Duration;

use minicbor::bytes::ByteVec;
use shared_model::document::{Content, DocumentKind};

use super::FRAME_BYTES_MAX;
use super::protocol::{Reply, Request};
use crate::{Child, Pipe, Silence, WorkerCommand};

/// What a worker may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space beyond what the worker has when it starts.
    pub memory_bytes_max: u64,
    /// For one change: an honest one takes about a millisecond.
    pub merge_deadline: Duration,
    /// For the start of a process on a busy box.
    pub start_deadline: Duration,
}

impl Limits {
    /// Far above what an honest edit of the largest document takes.
    pub const DEFAULT: Self = Self {
        memory_bytes_max: 48 * 1024 * 1024,
        merge_deadline: Duration::from_millis(250),
        start_deadline: Duration::from_secs(5),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A document after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    pub saved: Vec<u8>,
    /// What it says, so that nobody needs to read the bytes again.
    pub content: Content,
}

/// Why a change was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The author's fault, noticed in time.
    #[error("{reason}")]
    Unsound { reason: String },
    #[error("reading it panicked: {reason}")]
    Panicked { reason: String },
    /// The author's fault, and it cost a worker.
    #[error("reading it took longer than {deadline_ms} ms")]
    TooSlow { deadline_ms: u64 },
    #[error("reading it took more memory than {memory_mib_max} MiB ({status})")]
    TooLarge { memory_mib_max: u64, status: String },
    /// Nobody's fault: later it may be different.
    #[error("no worker could be started: {reason}")]
    NoWorker { reason: String },
}

impl Unread {
    /// Whether the bytes ended a worker: an author who does so often is read no more.
    #[must_use]
    pub const fn is_strike(&self) -> bool {
        match self {
            Self::TooSlow { .. } | Self::TooLarge { .. } => true,
            Self::Unsound { .. } | Self::Panicked { .. } | Self::NoWorker { .. } => false,
        }
    }

    /// Whether the same bytes may be taken in later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::NoWorker { .. })
    }
}

/// One worker, started when the first change comes.
pub struct Decoder {
    command: WorkerCommand,
    limits: Limits,
    child: Option<Child>,
}

impl Decoder {
    /// Starts nothing yet.
    #[must_use]
    pub const fn new(command: WorkerCommand, limits: Limits) -> Self {
        Self { command, limits, child: None }
    }

    /// The worker's process id, while it runs.
    #[must_use]
    pub fn worker_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Takes a change into a saved document; none: a new one.
    ///
    /// # Errors
    /// [`Unread`]; the document is as it was.
    pub fn merge(
        &mut self,
        kind: DocumentKind,
        saved: Option<&[u8]>,
        change: &[u8],
    ) -> Result<Merged, Unread> {
        let saved = saved.map(|saved| ByteVec::from(saved.to_vec()));
        let request = Request::Merge { kind, saved, change: ByteVec::from(change.to_vec()) };
        let question = encode(&request);
        if question.len() > FRAME_BYTES_MAX {
            return Err(Unread::Unsound { reason: "it is larger than any edit may be".to_owned() });
        }
        self.start()?;
        match self.ask(question, self.limits.merge_deadline)? {
            Reply::Merged { saved, content } => Ok(Merged { saved: saved.into(), content }),
            Reply::Refused { reason } => Err(Unread::Unsound { reason }),
            Reply::Panicked { reason } => Err(Unread::Panicked { reason }),
            Reply::Ready => Err(self.too_large("it answered something else")),
        }
    }

    /// Lets the worker go until it is needed again.
    pub fn rest(&mut self) {
        self.child = None;
    }

    fn start(&mut self) -> Result<(), Unread> {
        if self.child.is_some() {
            return Ok(());
        }
        let pipe = Pipe { name: "document-worker", frame_bytes_max: FRAME_BYTES_MAX };
        let failed = |reason: String| Unread::NoWorker { reason };
        let child = Child::start(&self.command, pipe).map_err(|error| failed(error.to_string()))?;
        self.child = Some(child);
        let begin = Request::Begin { memory_bytes_max: self.limits.memory_bytes_max };
        match self.ask(encode(&begin), self.limits.start_deadline) {
            Ok(Reply::Ready) => Ok(()),
            Ok(_) => {
                self.child = None;
                Err(failed("it answered something else".to_owned()))
            }
            Err(unread) => Err(failed(unread.to_string())),
        }
    }

    fn ask(&mut self, question: Vec<u8>, deadline: Duration) -> Result<Reply, Unread> {
        let Some(child) = &self.child else {
            return Err(self.too_large("it does not run"));
        };
        match child.ask(question, deadline) {
            Ok(reply) => match minicbor::decode(&reply) {
                Ok(reply) => Ok(reply),
                Err(_) => Err(self.too_large("it answered with nonsense")),
            },
            Err(Silence::Deadline) => {
                self.child = None;
                let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
                Err(Unread::TooSlow { deadline_ms })
            }
            Err(Silence::Ended) => {
                let status = self.child.take().and_then(Child::end);
                let status = status.map_or_else(|| "unknown".to_owned(), |s| s.to_string());
                Err(self.too_large(&status))
            }
        }
    }

    fn too_large(&mut self, status: &str) -> Unread {
        self.child = None;
        let memory_mib_max = self.limits.memory_bytes_max / (1024 * 1024);
        Unread::TooLarge { memory_mib_max, status: status.to_owned() }
    }
}

fn encode(request: &Request) -> Vec<u8> {
    minicbor::to_vec(request).expect("writing to a Vec cannot fail")
}
