//! How long the box may call itself a node: its certificate's life, when it is made anew, and what
//! the hub last had against it. It keeps nobody at the counter waiting: without a certificate the
//! box works on, and its log waits.

use std::sync::Arc;

use anyhow::Context as _;
use shared_model::enrolment::NODE_REVOKED;
use shared_model::sync::v1::ByeReason;
use shared_model::time::Timestamp;

use super::driver::{Driver, SessionEnd, identity};
use super::enrolment::{EnrolmentRefused, leaf_until, renew, renewal_is_due};
use super::transport::{LinkConfig, LinkEnd};
use crate::judged_time::judged;
use crate::state::BUILT;
use crate::store::{Meta, put_lease};

/// Nothing against this box: the hub's own store did not answer.
const HUB_FAILED: &str = "hub-failed";

/// Certificates that hold by this box's clock are made anew all the same when so many links in a row
/// ended before a word of the hub: over TCP a refusal may be cut off with the rest.
const UNWELCOME_MAX: u32 = 3;

/// What the driver remembers of how the hub took it.
#[derive(Debug, Default)]
pub struct Lease {
    /// The hub turned the certificate down.
    pub(super) leaf_refused: bool,
    /// What the hub has against this box, in a word of its own.
    pub(super) refused: Option<String>,
    /// Links in a row that ended before the hub said a word.
    unwelcome: u32,
}

impl Driver {
    /// An hour known to have passed.
    pub(super) fn floor(&self) -> Timestamp {
        BUILT.max(self.membership.hub_now)
    }

    pub(super) fn link_config(&self) -> LinkConfig {
        LinkConfig {
            hub_addresses: self.membership.hub_addresses.clone(),
            region: self.membership.region.clone(),
            root_der: self.membership.root_der(),
            node_certificate_chain_der: self.membership.certificate_chain_der(),
            tls_key_der: self.membership.tls_key_der(),
            now: (self.now)(),
            clock_floor: self.floor(),
            settings: self.settings,
        }
    }

    fn leaf_until(&self) -> Option<Timestamp> {
        leaf_until(self.membership.certificate_chain_der().first()?)
    }

    /// Whether the certificate has run out, or the hub said so: no session can be had with it.
    pub(super) fn is_leaf_over(&self) -> bool {
        let now = judged((self.now)(), self.floor());
        self.lease.leaf_refused || self.leaf_until().is_none_or(|until| now >= until)
    }

    /// A fresh certificate with a fresh key, when it is time. A hub that turned the last one down
    /// knows the hour better than this box: then it is time whatever the clock says.
    ///
    /// # Errors
    /// When the hub is out of reach, or refuses; what it refuses for is noted for people.
    pub(super) async fn renew_if_due(&mut self) -> anyhow::Result<()> {
        // What the hub signed meanwhile may have come by the feed, or by hand.
        let told = self.store.read(Meta::read).await?.hub_now;
        self.membership.hub_now = self.membership.hub_now.max(told);
        let chain = self.membership.certificate_chain_der();
        let (now, floor) = ((self.now)(), self.floor());
        let due = chain.first().is_none_or(|leaf| renewal_is_due(leaf, now, floor));
        if !due && !self.lease.leaf_refused {
            return Ok(());
        }
        let key = Arc::clone(&self.author_key);
        let who = identity(self.store.node(), self.site.clone(), &key);
        match renew(&self.link_config(), &who, self.over_tcp).await {
            Ok(renewed) => {
                self.membership.renew(renewed);
                self.membership.keep(&self.membership_path)?;
                (self.lease.leaf_refused, self.lease.unwelcome) = (false, 0);
                self.note_lease(None).await
            }
            Err(error) => {
                let refused = error.downcast_ref::<EnrolmentRefused>();
                let code = refused.map(|refused| refused.code.clone());
                if let Some(code) = code.filter(|code| code != HUB_FAILED) {
                    self.note_lease(Some(code)).await?;
                }
                Err(error)
            }
        }
    }

    /// At the start: what was known is known still.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn recall_lease(&mut self) -> anyhow::Result<()> {
        let known = self.store.read(Meta::read).await?;
        self.membership.hub_now = self.membership.hub_now.max(known.hub_now);
        self.note_lease(known.refused).await
    }

    /// Writes down, for pages and the command line, until when the certificate holds and what the
    /// hub has against this box.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn note_lease(&mut self, refused: Option<String>) -> anyhow::Result<()> {
        self.lease.refused.clone_from(&refused);
        let (until, hub_now) = (self.leaf_until(), self.membership.hub_now);
        self.store
            .write_local(move |db| put_lease(db, until, refused.as_deref(), hub_now))
            .await
            .context("noting the certificate")
    }

    /// What an end of a session says about the certificate and the box.
    pub(super) async fn heed(
        &mut self,
        ended: &Result<(), SessionEnd>,
        welcomed: bool,
        link: Option<LinkEnd>,
    ) {
        let told = matches!(ended, Err(SessionEnd::Bye(_)));
        let revoked = matches!(link, Some(LinkEnd::Revoked))
            || matches!(ended, Err(SessionEnd::Bye(bye)) if bye.reason == ByeReason::Revoked);
        self.lease.unwelcome = if welcomed || told { 0 } else { self.lease.unwelcome + 1 };
        // With the certificate in order the renewal goes through, and nothing is lost by asking.
        self.lease.leaf_refused |=
            matches!(link, Some(LinkEnd::NotEnrolled)) || self.lease.unwelcome >= UNWELCOME_MAX;
        if revoked && let Err(error) = self.note_lease(Some(NODE_REVOKED.to_owned())).await {
            tracing::error!(error = %format!("{error:#}"), "it is not noted that the hub shut this box out");
        }
    }
}
