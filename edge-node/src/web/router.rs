//! The whole of what the depot serves, put together in one place.

use axum::Router;
use axum::routing::get;
use web_rim::ca::SiteAuthority;
use web_rim::headers::{LIMITS, guard};

use super::app::App;
use super::{
    ca, commands, denylist, device, live, lockout, map, pages, plan, session, staff, views,
};

/// Everything on the HTTPS port.
pub fn router(app: App, authority: SiteAuthority) -> Router {
    let identity = app.identity.clone();
    let api = Router::new()
        .merge(commands::router())
        .merge(views::router())
        .merge(plan::router())
        .merge(map::router())
        .merge(denylist::router())
        .merge(staff::router())
        .merge(device::router(identity.clone()))
        .merge(session::router(identity.clone()))
        .merge(lockout::router(identity.clone()))
        .merge(live::router(identity, app.live.clone()))
        .route("/health", get(async || "ok"))
        .with_state(app);
    guard(api.merge(ca::router(authority)).merge(pages::router()), LIMITS)
}
