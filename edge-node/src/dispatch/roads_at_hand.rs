//! The road graph that the operator installed, opened when it is first asked for, and again when the file was replaced.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use roads::Roads;

/// Which file it was when it was opened.
type Stamp = (SystemTime, u64);

/// The folder where the graph is, if there is one.
pub struct RoadsAtHand {
    graph: PathBuf,
    opened: Mutex<Option<(Stamp, Arc<Roads>)>>,
}

impl RoadsAtHand {
    /// `graph`: the file that `roads build` writes.
    #[must_use]
    pub fn new(graph: &Path) -> Self {
        Self { graph: graph.to_owned(), opened: Mutex::new(None) }
    }

    /// Whether a graph is installed; says nothing about whether it is sound.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.graph.is_file()
    }

    /// The graph. Without one, or when it cannot be read, ways are estimated: that is said in every plan, and here in
    /// the journal. Maps the file: for threads that may wait.
    #[must_use]
    pub fn open(&self) -> Option<Arc<Roads>> {
        let about = std::fs::metadata(&self.graph).ok()?;
        let stamp = (about.modified().ok()?, about.len());
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, roads)) = &*opened
            && *of == stamp
        {
            return Some(Arc::clone(roads));
        }
        match Roads::open(&self.graph) {
            Ok(roads) => {
                let roads = Arc::new(roads);
                *opened = Some((stamp, Arc::clone(&roads)));
                Some(roads)
            }
            Err(error) => {
                tracing::error!(%error, "the road graph cannot be used: ways are estimated");
                *opened = None;
                None
            }
        }
    }
}
