//! What every handler works with: handles that are cheap to clone, nothing that can be changed.

use std::sync::Arc;

use axum::extract::FromRef;
use firmware_config::Profile;
use shared_model::id::NodeId;
use shared_model::workflows::Site;

use super::auth::IdentityState;
use super::live::Live;
use crate::advice::Advice;
use crate::store::Store;

/// The state behind the router.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub identity: IdentityState,
    pub live: Live,
    pub advice: Advice,
    pub place: Arc<Place>,
}

/// The site as its operator configured it.
#[derive(Debug)]
pub struct Place {
    pub site: Site,
    pub profile: Profile,
    pub version: &'static str,
}

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
