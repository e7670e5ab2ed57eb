//! What every handler works with: handles that are cheap to clone, nothing that can be changed.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::FromRef;
use firmware_config::Profile;
use shared_model::id::NodeId;
use shared_model::workflows::Site;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::auth::IdentityState;
use super::live::Live;
use crate::advice::Advice;
use crate::dispatch::planner::Planner;
use crate::store::Store;

/// The state behind the router.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub identity: IdentityState,
    pub live: Live,
    pub advice: Advice,
    pub planner: Planner,
    /// Pages that may watch a run at once.
    pub planner_pages: Arc<Semaphore>,
    /// Cancelled when the depot stops.
    pub stopping: CancellationToken,
    pub place: Arc<Place>,
}

/// The site as its operator configured it.
#[derive(Debug)]
pub struct Place {
    pub site: Site,
    pub profile: Profile,
    pub version: &'static str,
    /// There when the operator built one.
    pub map_file: PathBuf,
}

/// Pages that may watch the planner at once: a depot has one dispatch desk, and a few more that look.
pub const PLANNER_PAGES_MAX: usize = 32;

impl App {
    /// Whose log this is.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.place.site.node
    }
}

impl FromRef<App> for IdentityState {
    fn from_ref(app: &App) -> Self {
        app.identity.clone()
    }
}
