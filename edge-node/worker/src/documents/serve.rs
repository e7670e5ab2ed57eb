//! The worker's loop: a request, an answer, until the pipe ends. A panic is caught and answered; everything worse ends
//! the process, and the caller sees that.

use std::any::Any;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use minicbor::bytes::ByteVec;
use shared_model::document::{self, DocumentKind};

use super::FRAME_BYTES_MAX;
use super::protocol::{Reply, Request};
use crate::{confine, frame};

/// Serves until `requests` ends.
///
/// # Errors
/// What the pipes say, and [`io::ErrorKind::InvalidData`] for what is no request.
pub fn serve(mut requests: impl Read, mut replies: impl Write) -> io::Result<()> {
    // What automerge says of a stranger's bytes may quote them: it goes into the answer, not into a log.
    std::panic::set_hook(Box::new(|_| {}));
    while let Some(request) = frame::read(&mut requests, FRAME_BYTES_MAX)? {
        let request = minicbor::decode(&request).map_err(|_| io::ErrorKind::InvalidData)?;
        let reply = answer(request)?;
        let reply = minicbor::to_vec(&reply).map_err(|_| io::ErrorKind::InvalidData)?;
        frame::write(&mut replies, &reply, FRAME_BYTES_MAX)?;
    }
    Ok(())
}

fn answer(request: Request) -> io::Result<Reply> {
    match request {
        Request::Begin { memory_bytes_max } => {
            confine::limit_memory(memory_bytes_max)?;
            confine::close_files()?;
            Ok(Reply::Ready)
        }
        Request::Merge { kind, saved, change } => {
            let saved = saved.as_ref().map(|saved| saved.as_slice());
            let merged = catch_unwind(AssertUnwindSafe(|| merge(kind, saved, &change)));
            Ok(merged.unwrap_or_else(|panic| Reply::Panicked { reason: said(&*panic) }))
        }
    }
}

fn merge(kind: DocumentKind, saved: Option<&[u8]>, change: &[u8]) -> Reply {
    let merged = document::merge(saved, change);
    match merged.and_then(|saved| document::read(kind, &saved).map(|content| (saved, content))) {
        Ok((saved, content)) => Reply::Merged { saved: ByteVec::from(saved), content },
        Err(error) => Reply::Refused { reason: error.to_string() },
    }
}

/// Bounded: a panic may quote all that it was given.
fn said(panic: &(dyn Any + Send)) -> String {
    const REASON_CHARS_MAX: usize = 200;
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked without a word").chars().take(REASON_CHARS_MAX).collect()
}
