//! The console put together: what is asked at which address. It holds no rule.

use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use tokio_util::sync::CancellationToken;
use web_rim::ca::SiteAuthority;

use super::live::{KINDS, Live};
use super::problem::unknown_method;
use super::session::ConsoleState;
use super::{ca, commands, headers, live, pages, registry, session, views};
use crate::store::{Door, HubStore};

/// What the console's handlers work with.
#[derive(Clone)]
pub struct Console {
    pub store: HubStore,
    pub sessions: ConsoleState,
    pub live: Live,
    /// Where invited boxes dial in.
    pub door: Door,
    /// What a person installs to open the console.
    pub authority: SiteAuthority,
}

impl FromRef<Console> for ConsoleState {
    fn from_ref(console: &Console) -> Self {
        console.sessions.clone()
    }
}

/// Everything the console answers, with the pages for all other addresses. Call once a process:
/// the pages stay unpacked.
pub fn router(state: Console) -> Router {
    guarded(state, pages::router())
}

/// The same with other pages.
pub fn guarded(state: Console, pages: Router) -> Router {
    let routes: Router<Console> = Router::new()
        .merge(views::routes())
        .merge(commands::routes())
        .merge(registry::routes())
        .merge(session::router(state.sessions.clone()))
        .merge(live::router(state.sessions.clone(), state.live.clone()))
        .merge(ca::router(state.authority.clone()))
        .method_not_allowed_fallback(unknown_method)
        .fallback_service(pages);
    headers::guard(routes.with_state(state), headers::LIMITS)
}

/// Pages look again by themselves this often: what a box unheard of means changes with the hour.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Tells open pages of every commit until cancelled, and then ends their streams.
pub async fn follow(store: HubStore, live: Live, stopping: CancellationToken) {
    let mut changed = store.signals().changed();
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            told = changed.changed() => match told {
                Ok(()) => live.changed(KINDS),
                Err(_) => break,
            },
            () = tokio::time::sleep(LOOK_AGAIN) => live.changed(&["fleet"]),
        }
    }
    live.close();
}
