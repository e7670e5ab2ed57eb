//! The conversation with an applicant: one request, one answer.
//!
//! It reads, checks the proof, and tells; the verdict is the registry's.

use std::time::Duration;

use anyhow::Context as _;
use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use shared_model::id::NodeId;
use shared_model::time::Timestamp;

use super::token::{SECRET_BYTES, hash_of};
use super::{Claim, EnrolmentRegistry, Refusal, Seat};
use crate::pki::{RegionPki, fingerprint};
use crate::sync::endpoint::{Applicant, close, close_with};
use crate::sync::frames::FrameSender;

/// A request is a certificate request and a few numbers.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// From the request's first byte to the answer's last acknowledgement.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(60);
const PROOF_CONTEXT: &str = "omniroute enrolment proof v1";

/// What a hub tells a new node about itself.
#[derive(Debug, Clone)]
pub struct HubIdentity {
    pub node: NodeId,
    pub author_public_key: [u8; 32],
    /// `host:port`, in the order in which nodes try them.
    pub addresses: Vec<String>,
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct EnrolmentRequest {
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; SECRET_BYTES],
    #[n(1)]
    node: NodeId,
    #[n(2)]
    site: String,
    #[cbor(n(3), with = "minicbor::bytes")]
    csr: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    author_public_key: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    signature: [u8; 64],
}

#[derive(Debug, Encode, Decode)]
enum EnrolmentAnswer {
    #[n(0)]
    Granted(#[n(0)] EnrolmentGrant),
    #[n(1)]
    Refused(#[n(0)] EnrolmentRefused),
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct EnrolmentGrant {
    #[n(0)]
    chain: Vec<ByteVec>,
    #[cbor(n(1), with = "minicbor::bytes")]
    root: Vec<u8>,
    #[n(2)]
    hub_addresses: Vec<String>,
    #[n(3)]
    region: String,
    #[n(4)]
    site: String,
    #[n(5)]
    entity: String,
    #[n(6)]
    hub_node: NodeId,
    #[cbor(n(7), with = "minicbor::bytes")]
    hub_author_public_key: [u8; 32],
    #[n(8)]
    hub_now: Timestamp,
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct EnrolmentRefused {
    #[n(0)]
    code: String,
    #[n(1)]
    reason: String,
    #[n(2)]
    remedy: String,
}

/// Answers one applicant and ends its connection. Returns who was admitted, or why not.
///
/// # Errors
/// When the connection fails; the applicant will ask again.
pub async fn answer_applicant<R: EnrolmentRegistry>(
    applicant: &Applicant,
    pki: &RegionPki,
    hub: &HubIdentity,
    registry: &R,
    now: Timestamp,
) -> anyhow::Result<Result<NodeId, Refusal>> {
    let exchange = async {
        let (mut send, receive) = applicant.accept_session().await?;
        let mut receive = receive.limited_to(REQUEST_BYTES_MAX);
        let request = receive
            .recv()
            .await?
            .context("the applicant asked for nothing")?;
        let verdict = consider(&request, pki, registry, now).await;
        answer(&mut send, &verdict, pki, hub, now).await?;
        send.finish().await;
        anyhow::Ok(verdict.map(|(claim, ..)| claim.node))
    };
    let outcome = tokio::time::timeout(EXCHANGE_TIMEOUT, exchange)
        .await
        .context("the applicant did not finish in time")
        .and_then(|outcome| outcome);
    let code = if outcome.is_ok() {
        close::DONE
    } else {
        close::PROTOCOL
    };
    close_with(&applicant.connection, code, "");
    outcome
}

type Verdict = Result<(Claim, Seat, Vec<u8>), Refusal>;

async fn consider<R: EnrolmentRegistry>(
    request: &[u8],
    pki: &RegionPki,
    registry: &R,
    now: Timestamp,
) -> Verdict {
    let request: EnrolmentRequest =
        minicbor::decode(request).map_err(|_| Refusal::Malformed("it is no request"))?;
    let site = request
        .site
        .parse()
        .map_err(|_| Refusal::Malformed("its site is no site"))?;
    verify_proof(&request)?;
    let leaf = pki
        .sign_node_leaf(request.node, &request.csr, now)
        .map_err(|_| Refusal::Malformed("its certificate request is none"))?;
    let claim = Claim {
        token_hash: hash_of(&request.secret),
        node: request.node,
        site,
        author_public_key: request.author_public_key,
        certificate_fingerprint: fingerprint(&leaf),
        now,
    };
    match registry.admit(&claim).await {
        Ok(Ok(seat)) => Ok((claim, seat, leaf.to_vec())),
        Ok(Err(refusal)) => Err(refusal),
        Err(error) => {
            tracing::error!(node = %claim.node, error = %format!("{error:#}"), "enrolment failed");
            Err(Refusal::HubFailed)
        }
    }
}

/// The author key signs the token, so that nobody who saw a key can enrol it, and the request, so
/// that nobody on the way can put in another one.
fn verify_proof(request: &EnrolmentRequest) -> Result<(), Refusal> {
    let message = blake3::Hasher::new_derive_key(PROOF_CONTEXT)
        .update(&request.secret)
        .update(&request.csr)
        .update(request.node.as_uuid().as_bytes())
        .finalize();
    VerifyingKey::from_bytes(&request.author_public_key)
        .and_then(|key| {
            key.verify_strict(
                message.as_bytes(),
                &Signature::from_bytes(&request.signature),
            )
        })
        .map_err(|_| Refusal::ProofInvalid)
}

async fn answer(
    send: &mut FrameSender,
    verdict: &Verdict,
    pki: &RegionPki,
    hub: &HubIdentity,
    now: Timestamp,
) -> anyhow::Result<()> {
    let answer = match verdict {
        Ok((_, seat, leaf)) => EnrolmentAnswer::Granted(EnrolmentGrant {
            chain: vec![leaf.clone().into()],
            root: pki.root().to_vec(),
            hub_addresses: hub.addresses.clone(),
            region: pki.region().to_string(),
            site: seat.site.to_string(),
            entity: seat.entity.to_string(),
            hub_node: hub.node,
            hub_author_public_key: hub.author_public_key,
            hub_now: now,
        }),
        Err(refusal) => EnrolmentAnswer::Refused(EnrolmentRefused {
            code: refusal.code().to_owned(),
            reason: refusal.to_string(),
            remedy: refusal.remedy().to_owned(),
        }),
    };
    send.send(&minicbor::to_vec(&answer)?).await?;
    Ok(())
}
