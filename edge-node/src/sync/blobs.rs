//! Fetches blobs over a stream beside the session, from the place where an earlier link broke off.
//! What is fetched, and what becomes of it, is for others to say.

use std::convert::Infallible;
use std::time::Duration;

use shared_model::blob::BlobId;
use shared_model::sync::v1::{BlobAnswer, BlobAsk, PIECE_BYTES_MAX};

use super::transport::LinkHandle;
use crate::inference::Models;
use crate::inference::blobs::BlobError;
use crate::inference::bundles::Wanted;
use sync_link::frames::{FrameReceiver, FrameSender};
use tokio::sync::watch;

/// A hub that says nothing for so long has lost the link, or has no such stream.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Between tries after something went wrong; the link itself is the session's business.
const RETRY: Duration = Duration::from_secs(5);
const RETRY_LONGEST: Duration = Duration::from_secs(5 * 60);

/// Why a blob did not come.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the link: {0}")]
    Link(String),
    #[error("the hub has no blob {blob}; remedy: import the bundle at the hub again")]
    Unknown { blob: BlobId },
    #[error("the hub is busy")]
    Busy,
    #[error("the day's bytes are used up")]
    Spent,
    #[error("the hub sends {found} bytes of blob {blob}, and its manifest says {expected}")]
    WrongSize { blob: BlobId, found: u64, expected: u64 },
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// Fetches whatever is wanted until it is dropped; while the day's bytes are `spent` it waits.
pub(super) async fn keep_fetching(
    link: LinkHandle,
    models: Models,
    mut spent: watch::Receiver<bool>,
) -> Infallible {
    let mut wanted = models.wanted();
    let mut wait = RETRY;
    loop {
        let missing = wanted.borrow_and_update().clone();
        if missing.is_empty() {
            if wanted.changed().await.is_err() {
                return std::future::pending().await;
            }
            continue;
        }
        if spent.wait_for(|spent| !spent).await.is_err() {
            return std::future::pending().await;
        }
        match fetch_all(&link, &models, &missing, &spent).await {
            Ok(()) => {
                wait = RETRY;
                models.look_again();
                // The next look says what is missing then, or nothing.
                if tokio::time::timeout(RETRY, wanted.changed()).await.is_err() {
                    continue;
                }
            }
            Err(error) => {
                tracing::info!(%error, "a model's file did not come; it is tried again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY_LONGEST);
            }
        }
    }
}

async fn fetch_all(
    link: &LinkHandle,
    models: &Models,
    missing: &[Wanted],
    spent: &watch::Receiver<bool>,
) -> Result<(), FetchError> {
    let lost = |error: String| FetchError::Link(error);
    let opened = tokio::time::timeout(ANSWER_WITHIN, link.open_stream()).await;
    let (mut sender, receiver) = opened
        .map_err(|_| lost("the hub takes no second stream".to_owned()))?
        .map_err(|error| lost(error.to_string()))?;
    let mut receiver = receiver.limited_to(PIECE_BYTES_MAX);
    for wanted in missing {
        if !models.blobs().holds(wanted.blob) {
            fetch(&mut sender, &mut receiver, models, *wanted, spent).await?;
        }
    }
    sender.finish().await;
    Ok(())
}

async fn fetch(
    sender: &mut FrameSender,
    receiver: &mut FrameReceiver,
    models: &Models,
    wanted: Wanted,
    spent: &watch::Receiver<bool>,
) -> Result<(), FetchError> {
    let Wanted { blob, bytes } = wanted;
    let mut at = models.blobs().arrived_bytes(blob);
    if at < bytes {
        let ask = BlobAsk { blob, offset: at };
        let sent = sender.send(&ask.encode()).await;
        sent.map_err(|error| FetchError::Link(error.to_string()))?;
        let answer = BlobAnswer::decode(&next(receiver).await?);
        match answer.map_err(|error| FetchError::Link(error.to_string()))? {
            BlobAnswer::Found { bytes: found } if found != bytes => {
                return Err(FetchError::WrongSize { blob, found, expected: bytes });
            }
            BlobAnswer::Found { .. } => {}
            BlobAnswer::Unknown => return Err(FetchError::Unknown { blob }),
            BlobAnswer::Busy => return Err(FetchError::Busy),
        }
    }
    while at < bytes {
        // What has come stays; the rest comes tomorrow.
        if *spent.borrow() {
            return Err(FetchError::Spent);
        }
        let piece = next(receiver).await?;
        let after = at + piece.len() as u64;
        if piece.is_empty() || after > bytes {
            return Err(FetchError::WrongSize { blob, found: after, expected: bytes });
        }
        on_disk(models, move |models| models.blobs().append(blob, &piece)).await?;
        at = after;
    }
    on_disk(models, move |models| models.blobs().finish(blob)).await
}

async fn next(receiver: &mut FrameReceiver) -> Result<Vec<u8>, FetchError> {
    let lost = |error: String| FetchError::Link(error);
    match tokio::time::timeout(ANSWER_WITHIN, receiver.recv()).await {
        Ok(Ok(Some(frame))) => Ok(frame),
        Ok(Ok(None)) => Err(lost("the hub closed the stream".to_owned())),
        Ok(Err(error)) => Err(lost(error.to_string())),
        Err(_) => Err(lost("the hub does not answer".to_owned())),
    }
}

async fn on_disk(
    models: &Models,
    work: impl FnOnce(&Models) -> Result<(), BlobError> + Send + 'static,
) -> Result<(), FetchError> {
    let models = models.clone();
    let done = tokio::task::spawn_blocking(move || work(&models)).await;
    Ok(done.map_err(|error| FetchError::Link(error.to_string()))??)
}
