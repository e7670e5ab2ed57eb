//! Hands out blobs to a node that asks for them by hash, on a stream beside its session: after
//! everything else in priority. It knows nothing of what is in them.

use std::convert::Infallible;
use std::time::Duration;

use shared_model::id::NodeId;
use shared_model::sync::v1::{BlobAnswer, BlobAsk, PIECE_BYTES_MAX};

use crate::registry::BlobPiece;
use crate::store::HubStore;
use sync_link::call::Call;
use sync_link::frames::{FrameReceiver, FrameSender};

/// Below the session's stream, which has 0: blobs get what entries leave of the link.
const PRIORITY: i32 = -1;
/// A node that reads nothing for so long has gone.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// A request is a hash and a place.
const ASK_BYTES_MAX: usize = 128;

/// Answers until it is dropped. A stream that breaks ends alone, and the session's end is for the
/// session to find out.
pub(super) async fn serve(connection: &Call, store: &HubStore, node: NodeId) -> Infallible {
    serve_until_it_ends(connection, store, node).await;
    std::future::pending().await
}

/// The same, until no stream comes any more.
pub(super) async fn serve_until_it_ends(connection: &Call, store: &HubStore, node: NodeId) {
    while let Ok((sink, source)) = connection.accept().await {
        if let Err(error) = answer_all(sink, source, store, node).await {
            tracing::info!(%node, error = %format!("{error:#}"), "a node stopped asking for blobs");
        }
    }
}

async fn answer_all(
    mut sink: FrameSender,
    source: FrameReceiver,
    store: &HubStore,
    node: NodeId,
) -> anyhow::Result<()> {
    sink.set_priority(PRIORITY);
    let mut source = source.limited_to(ASK_BYTES_MAX);
    while let Some(frame) = source.recv().await? {
        let ask = BlobAsk::decode(&frame)?;
        let found = match store.blob_piece(node, ask.blob, ask.offset, PIECE_BYTES_MAX).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%node, %error, "a blob could not be read");
                sink.send(&BlobAnswer::Busy.encode()).await?;
                continue;
            }
        };
        match found {
            Some(first) => send_blob(&mut sink, store, node, ask, first).await?,
            None => sink.send(&BlobAnswer::Unknown.encode()).await?,
        }
    }
    Ok(())
}

async fn send_blob(
    sink: &mut FrameSender,
    store: &HubStore,
    node: NodeId,
    ask: BlobAsk,
    first: BlobPiece,
) -> anyhow::Result<()> {
    let whole = first.blob_bytes;
    sink.send(&BlobAnswer::Found { bytes: whole }.encode()).await?;
    let (mut piece, mut at) = (first.bytes, ask.offset);
    while at < whole {
        anyhow::ensure!(!piece.is_empty(), "blob {} ends before its length", ask.blob);
        at += piece.len() as u64;
        tokio::time::timeout(PIECE_WITHIN, sink.send(&piece)).await??;
        if at < whole {
            let next = store.blob_piece(node, ask.blob, at, PIECE_BYTES_MAX).await?;
            piece = next.map(|next| next.bytes).unwrap_or_default();
        }
    }
    Ok(())
}
