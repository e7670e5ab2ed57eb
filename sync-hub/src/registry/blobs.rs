//! Files of bundles in the database, by the hash of their bytes, in pieces. Bytes here were hashed
//! before they were written; nodes hash what they receive.

use deadpool_postgres::Transaction;
use shared_model::blob::BlobId;
use shared_model::id::NodeId;

use crate::store::{HubStore, StoreError};

/// Bytes in one row.
const PIECE_BYTES: usize = 256 * 1024;

/// Some bytes of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPiece {
    /// Size of the whole blob.
    pub blob_bytes: u64,
    /// From the asked place on; empty at its end.
    pub bytes: Vec<u8>,
}

impl HubStore {
    /// Bytes of a blob from `offset` on, at most `bytes_max`; none when there is no such blob, it
    /// ends before, or the node was revoked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blob_piece(
        &self,
        node: NodeId,
        blob: BlobId,
        offset: u64,
        bytes_max: usize,
    ) -> Result<Option<BlobPiece>, StoreError> {
        let client = self.client().await?;
        let statement = client
            .prepare_cached(
                "SELECT b.bytes, substring(p.bytes FROM $4 FOR $5)
                 FROM model_blob b
                 LEFT JOIN model_piece p ON p.sha256 = b.sha256 AND p.piece = $3
                 WHERE b.sha256 = $2 AND EXISTS (
                     SELECT FROM node WHERE node = $1 AND status <> 'revoked'
                 )",
            )
            .await?;
        let piece = i32::try_from(offset / PIECE_BYTES as u64).unwrap_or(i32::MAX);
        // SQL counts bytes from one.
        let from = i32::try_from(offset % PIECE_BYTES as u64).unwrap_or(0) + 1;
        let length = i32::try_from(bytes_max).unwrap_or(i32::MAX);
        let hash = blob.as_bytes().as_slice();
        let row =
            client.query_opt(&statement, &[node.as_uuid(), &hash, &piece, &from, &length]).await?;
        let Some(row) = row else { return Ok(None) };
        let blob_bytes = row.get::<_, i64>(0).cast_unsigned();
        if offset > blob_bytes {
            return Ok(None);
        }
        let bytes = row.get::<_, Option<Vec<u8>>>(1).unwrap_or_default();
        Ok(Some(BlobPiece { blob_bytes, bytes }))
    }
}

/// Keeps bytes under their hash; again, it changes nothing.
pub(super) async fn put(
    tx: &Transaction<'_>,
    blob: BlobId,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let hash = blob.as_bytes().as_slice();
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let new = tx
        .execute(
            "INSERT INTO model_blob (sha256, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[&hash, &size],
        )
        .await?;
    if new == 0 {
        return Ok(());
    }
    let insert = tx
        .prepare_cached("INSERT INTO model_piece (sha256, piece, bytes) VALUES ($1, $2, $3)")
        .await?;
    for (piece, bytes) in (0_i32..).zip(bytes.chunks(PIECE_BYTES)) {
        tx.execute(&insert, &[&hash, &piece, &bytes]).await?;
    }
    Ok(())
}

/// All bytes of a blob of the registry.
pub(super) async fn whole(tx: &Transaction<'_>, blob: BlobId) -> Result<Vec<u8>, StoreError> {
    let rows = tx
        .query(
            "SELECT bytes FROM model_piece WHERE sha256 = $1 ORDER BY piece",
            &[&blob.as_bytes().as_slice()],
        )
        .await?;
    Ok(rows.iter().flat_map(|row| row.get::<_, &[u8]>(0)).copied().collect())
}
