//! How a new box becomes a node of this region: a one-time token, a proof, a certificate.
//!
//! The rules are in [`judge`]; who may have a token, and where tokens and nodes are kept, is the
//! business of the [`EnrolmentRegistry`].

mod exchange;
mod token;
mod turnstile;

use std::future::Future;

use shared_model::enrolment::NODE_REVOKED;
use shared_model::id::{EntityCode, NodeId, SiteCode};
use shared_model::time::Timestamp;

pub use exchange::{Applied, HubIdentity, answer_applicant};
pub use token::{IssuedToken, TOKEN_VALID_MS, issue_token};
pub use turnstile::Turnstile;

/// A box asking to become a node, its proof already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub token_hash: [u8; 32],
    pub node: NodeId,
    /// Where the box believes it stands.
    pub site: SiteCode,
    /// Signs the node's log as long as the node lives.
    pub author_public_key: [u8; 32],
    /// Of the certificate the node gets when admitted.
    pub certificate_fingerprint: [u8; 32],
    pub now: Timestamp,
}

/// A node asking for a fresh certificate, its proof already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    pub node: NodeId,
    pub author_public_key: [u8; 32],
    /// Of the certificate the node gets when it may go on.
    pub certificate_fingerprint: [u8; 32],
    pub now: Timestamp,
}

/// What the registry knows of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    pub site: SiteCode,
    pub entity: EntityCode,
    pub expires: Timestamp,
    pub used_by: Option<NodeId>,
}

/// What the registry knows of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    pub site: SiteCode,
    pub author_public_key: [u8; 32],
    pub revoked: bool,
}

/// Where an admitted node belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub site: SiteCode,
    pub entity: EntityCode,
}

/// Why a box does not become a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this hub has not issued the token")]
    TokenUnknown,
    #[error("the token has expired")]
    TokenExpired,
    #[error("the token was used by another box")]
    TokenUsed,
    #[error("the token is for site {token}, and the box was set up as {claimed}")]
    OtherSite { token: SiteCode, claimed: SiteCode },
    #[error("another box is enrolled at site {site}")]
    SiteTaken { site: SiteCode },
    #[error("a node of this id is known with another author key")]
    OtherAuthorKey,
    #[error("this hub does not know the node")]
    NodeUnknown,
    #[error("the node was revoked")]
    NodeRevoked,
    #[error("the request is not one this hub reads: {0}")]
    Malformed(&'static str),
    #[error("the author key did not sign the request")]
    ProofInvalid,
    #[error("the hub cannot answer now")]
    HubFailed,
}

impl Refusal {
    /// A word for programs; never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TokenUnknown => "token-unknown",
            Self::TokenExpired => "token-expired",
            Self::TokenUsed => "token-used",
            Self::OtherSite { .. } => "other-site",
            Self::SiteTaken { .. } => "site-taken",
            Self::OtherAuthorKey => "other-author-key",
            Self::NodeUnknown => "node-unknown",
            Self::NodeRevoked => NODE_REVOKED,
            Self::Malformed(_) => "malformed",
            Self::ProofInvalid => "proof-invalid",
            Self::HubFailed => "hub-failed",
        }
    }

    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::TokenUnknown => "check which hub issued the token, or issue a new one there",
            Self::TokenExpired | Self::TokenUsed => "issue a new token on the hub's console",
            Self::OtherSite { .. } => "issue a token for the box's site, or set the box up anew",
            Self::SiteTaken { .. } => {
                "revoke the other box on the hub's console, or choose another site"
            }
            Self::OtherAuthorKey => "restore the box's own keys, or set it up as a new node",
            Self::NodeUnknown => "enrol the box with a new token",
            Self::NodeRevoked => "set the box up as a new node with a new token",
            Self::Malformed(_) | Self::ProofInvalid => "bring box and hub to the same version",
            Self::HubFailed => "try again; the token stays valid",
        }
    }
}

/// Whether a claim is granted. A node that lost our answer may ask again with the same token.
///
/// # Errors
/// The first reason that speaks against it.
pub fn judge(
    token: Option<&TokenRecord>,
    node: Option<&NodeRecord>,
    claim: &Claim,
) -> Result<Seat, Refusal> {
    let token = token.ok_or(Refusal::TokenUnknown)?;
    if token.used_by.is_some_and(|user| user != claim.node) {
        return Err(Refusal::TokenUsed);
    }
    if claim.now >= token.expires {
        return Err(Refusal::TokenExpired);
    }
    if token.site != claim.site {
        let (token, claimed) = (token.site.clone(), claim.site.clone());
        return Err(Refusal::OtherSite { token, claimed });
    }
    if let Some(known) = node {
        if known.revoked {
            return Err(Refusal::NodeRevoked);
        }
        if known.author_public_key != claim.author_public_key {
            return Err(Refusal::OtherAuthorKey);
        }
        if known.site != claim.site {
            let (token, claimed) = (known.site.clone(), claim.site.clone());
            return Err(Refusal::OtherSite { token, claimed });
        }
    }
    Ok(Seat { site: token.site.clone(), entity: token.entity.clone() })
}

/// Whether a node may go on with a fresh certificate. How old the last one is does not matter: a
/// box that was out of reach for a year is still the same box.
///
/// # Errors
/// The first reason that speaks against it.
pub fn judge_renewal(node: Option<&NodeRecord>, renewal: &Renewal) -> Result<(), Refusal> {
    let known = node.ok_or(Refusal::NodeUnknown)?;
    if known.revoked {
        return Err(Refusal::NodeRevoked);
    }
    if known.author_public_key != renewal.author_public_key {
        return Err(Refusal::OtherAuthorKey);
    }
    Ok(())
}

/// Where tokens and nodes are kept.
pub trait EnrolmentRegistry: Sync {
    /// In one transaction: reads the token and the node with their rows locked, asks [`judge`],
    /// and, when granted, marks the token as used by the node and registers the node with its
    /// author key and the fingerprint. Committed before it returns.
    ///
    /// # Errors
    /// The outer error is the store's; the inner one is the verdict.
    fn admit(
        &self,
        claim: &Claim,
    ) -> impl Future<Output = anyhow::Result<Result<Seat, Refusal>>> + Send;

    /// In one transaction: reads the node with its row locked, asks [`judge_renewal`], and, when
    /// granted, keeps the new fingerprint. Committed before it returns.
    ///
    /// # Errors
    /// The outer error is the store's; the inner one is the verdict.
    fn renew(
        &self,
        renewal: &Renewal,
    ) -> impl Future<Output = anyhow::Result<Result<(), Refusal>>> + Send;
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const EXPIRES: Timestamp = Timestamp::from_ms(1_000);

    fn token(used_by: Option<NodeId>) -> TokenRecord {
        TokenRecord {
            site: "NBO-1".parse().unwrap(),
            entity: "KE".parse().unwrap(),
            expires: EXPIRES,
            used_by,
        }
    }

    fn node(number: u128) -> NodeId {
        NodeId::new(Uuid::from_u128(number))
    }

    fn claim() -> Claim {
        Claim {
            token_hash: [1; 32],
            node: node(1),
            site: "NBO-1".parse().unwrap(),
            author_public_key: [2; 32],
            certificate_fingerprint: [3; 32],
            now: Timestamp::from_ms(999),
        }
    }

    fn known(revoked: bool) -> NodeRecord {
        NodeRecord { site: "NBO-1".parse().unwrap(), author_public_key: [2; 32], revoked }
    }

    #[test]
    fn a_token_admits_one_node_as_often_as_it_asks_in_time() {
        assert!(judge(Some(&token(None)), None, &claim()).is_ok());
        let again = judge(Some(&token(Some(node(1)))), Some(&known(false)), &claim());
        assert_eq!(again.unwrap().entity.as_str(), "KE");
        let other = judge(Some(&token(Some(node(2)))), None, &claim());
        assert_eq!(other, Err(Refusal::TokenUsed));
        let late = Claim { now: EXPIRES, ..claim() };
        assert_eq!(judge(Some(&token(Some(node(1)))), None, &late), Err(Refusal::TokenExpired));
        assert_eq!(judge(None, None, &claim()), Err(Refusal::TokenUnknown));
    }

    #[test]
    fn a_node_keeps_its_site_its_key_and_its_standing() {
        let fresh = token(None);
        let moved = Claim { site: "NBO-2".parse().unwrap(), ..claim() };
        assert!(matches!(judge(Some(&fresh), None, &moved), Err(Refusal::OtherSite { .. })));
        let forged = Claim { author_public_key: [9; 32], ..claim() };
        let verdict = judge(Some(&fresh), Some(&known(false)), &forged);
        assert_eq!(verdict, Err(Refusal::OtherAuthorKey));
        let verdict = judge(Some(&fresh), Some(&known(true)), &claim());
        assert_eq!(verdict, Err(Refusal::NodeRevoked));
    }

    #[test]
    fn a_known_node_renews_and_nobody_else() {
        let renewal = Renewal {
            node: node(1),
            author_public_key: [2; 32],
            certificate_fingerprint: [4; 32],
            now: EXPIRES,
        };
        assert_eq!(judge_renewal(Some(&known(false)), &renewal), Ok(()));
        assert_eq!(judge_renewal(Some(&known(true)), &renewal), Err(Refusal::NodeRevoked));
        assert_eq!(judge_renewal(None, &renewal), Err(Refusal::NodeUnknown));
        let forged = Renewal { author_public_key: [9; 32], ..renewal };
        assert_eq!(judge_renewal(Some(&known(false)), &forged), Err(Refusal::OtherAuthorKey));
    }
}
