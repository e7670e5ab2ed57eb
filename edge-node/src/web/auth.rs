//! Who a request comes from. A handler that takes [`SignedIn`] cannot be reached by anybody else.
//!
//! What a role may do is decided in `shared_model`, by the handler of each command.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use shared_model::staff::Role;
use web_rim::cookie::CookieName;
use web_rim::token::Token;

use super::problem::Problem;
use crate::identity::devices::DeviceId;
use crate::identity::moment::Moment;
use crate::identity::{Identity, SignedIn};

/// What the routes and extractors of this folder need. A router's state hands it out by `FromRef`.
#[derive(Clone)]
pub struct IdentityState {
    pub identity: Identity,
    pub(super) device_cookie: CookieName,
    pub(super) session_cookie: CookieName,
}

impl IdentityState {
    /// `site` names the cookies, for several depots may run on one host.
    #[must_use]
    pub fn new(identity: Identity, site: &str) -> Self {
        Self {
            identity,
            device_cookie: CookieName::new(site, "device"),
            session_cookie: CookieName::new(site, "session"),
        }
    }

    /// Whether the sender of these headers is still signed in. Does not count as a use. A
    /// store that cannot say cuts nobody off.
    pub(super) async fn may_listen(self, headers: HeaderMap) -> bool {
        match self.tokens(&headers) {
            Some((session, device)) => {
                self.identity.is_signed_in(&session, &device, Moment::now()).await.unwrap_or(true)
            }
            None => false,
        }
    }

    fn tokens(&self, headers: &HeaderMap) -> Option<(Token, Token)> {
        self.session_cookie.read(headers).zip(self.device_cookie.read(headers))
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    IdentityState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = IdentityState::from_ref(state);
        let (session, device) = state.tokens(&parts.headers).ok_or_else(Problem::not_signed_in)?;
        let who = state.identity.who(&session, &device, Moment::now()).await?;
        who.ok_or_else(Problem::not_signed_in)
    }
}

/// The device a request comes from, `None` when it was never paired or is shut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedDevice(pub Option<DeviceId>);

impl<S> FromRequestParts<S> for PairedDevice
where
    S: Send + Sync,
    IdentityState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = IdentityState::from_ref(state);
        match state.device_cookie.read(&parts.headers) {
            Some(token) => Ok(Self(state.identity.device(&token).await?)),
            None => Ok(Self(None)),
        }
    }
}

/// Lets only managers through.
///
/// # Errors
/// 403 naming the role.
pub fn manager_only(signed_in: &SignedIn) -> Result<(), Problem> {
    if signed_in.role == Role::Manager {
        return Ok(());
    }
    Err(Problem::forbidden(
        "role",
        format!("the role {} may not do this", signed_in.role),
        "ask a manager",
    ))
}
