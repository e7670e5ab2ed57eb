//! Scrubs a running depot's file: after the start and once a day, in small pieces with pauses between
//! them. What is found is told to whoever asks how the box is; nothing is changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::scrub::{Damage, Scrub};
use super::{Store, StoreError};

/// Between two passes.
const PASS_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two pieces: a mebibyte each, so some twenty a second, and the disk is mostly free.
const PIECE_EVERY: Duration = Duration::from_millis(50);

/// What the latest pass found.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings(Arc<Mutex<Arc<[Damage]>>>);

impl Findings {
    pub(super) fn latest(&self) -> Arc<[Damage]> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, found: &[Damage]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = found.into();
    }
}

impl Store {
    /// What is damaged, as the latest scrub found it. Empty: nothing, or none has ended yet.
    #[must_use]
    pub fn damage(&self) -> Arc<[Damage]> {
        self.findings.latest()
    }

    /// One pass over the whole file.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read at all.
    pub async fn scrub(&self) -> Result<Arc<[Damage]>, StoreError> {
        let path = self.readers.path().to_owned();
        let mut scrub = blocking(move || Scrub::begin(&path)).await?;
        loop {
            let (passed, more) = blocking(move || {
                let more = scrub.slice()?;
                Ok((scrub, more))
            })
            .await?;
            scrub = passed;
            if !more {
                break;
            }
            tokio::time::sleep(PIECE_EVERY).await;
        }
        self.findings.put(scrub.findings());
        for damage in scrub.findings() {
            tracing::error!(%damage, "the database is damaged; remedy: stop the depot and run edge-node repair");
        }
        Ok(self.damage())
    }

    /// Scrubs until cancelled.
    pub async fn keep_scrubbing(self, stop: CancellationToken) {
        loop {
            let pass = async {
                if let Err(error) = self.scrub().await {
                    tracing::error!(%error, "the scrub did not end; it is tried again");
                }
                tokio::time::sleep(PASS_EVERY).await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = pass => {}
            }
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Stopped)?
}
