//! The conversation with an applicant: one request, one answer.
//!
//! It reads, checks the proof, and tells; the verdict is the registry's.

use std::time::Duration;

use anyhow::Context as _;
use shared_model::enrolment::{
    Answer, Ask, EnrolmentGrant, EnrolmentRefused, EnrolmentRequest, RenewalGrant, RenewalRequest,
    enrolment_proof, proves, renewal_proof,
};
use shared_model::id::NodeId;
use shared_model::time::Timestamp;

use super::token::hash_of;
use super::{Claim, EnrolmentRegistry, Refusal, Renewal, Seat};
use crate::pki::{RegionPki, fingerprint};
use crate::sync::endpoint::{Applicant, close, close_with};
use sync_link::frames::FrameSender;

/// A request is a certificate request and a few numbers.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// From the request's first byte to the answer's last acknowledgement.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(60);
const BINDING_LABEL: &[u8] = b"omniroute renewal";

/// What a hub tells a new node about itself.
#[derive(Debug, Clone)]
pub struct HubIdentity {
    pub node: NodeId,
    pub author_public_key: [u8; 32],
    /// `host:port`, in the order in which nodes try them.
    pub addresses: Vec<String>,
}

/// Who got a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Enrolled(NodeId),
    Renewed(NodeId),
}

/// Answers one applicant and ends its connection. Returns who got a certificate, or why
/// nobody did.
///
/// # Errors
/// When the connection fails; the applicant will ask again.
pub async fn answer_applicant<R: EnrolmentRegistry>(
    applicant: &Applicant,
    pki: &RegionPki,
    hub: &HubIdentity,
    registry: &R,
    now: Timestamp,
) -> anyhow::Result<Result<Applied, Refusal>> {
    let exchange = async {
        let binding = binding(applicant)?;
        let (mut send, receive) = applicant.accept_session().await?;
        let mut receive = receive.limited_to(REQUEST_BYTES_MAX);
        let request = receive.recv().await?.context("the applicant asked for nothing")?;
        let verdict = consider(&request, &binding, pki, registry, now).await;
        answer(&mut send, &verdict, pki, hub, now).await?;
        send.finish().await;
        anyhow::Ok(match verdict {
            Verdict::Enrolled(Claim { node, .. }, ..) => Ok(Applied::Enrolled(node)),
            Verdict::Renewed(Renewal { node, .. }, ..) => Ok(Applied::Renewed(node)),
            Verdict::Refused(refusal) => Err(refusal),
        })
    };
    let outcome = tokio::time::timeout(EXCHANGE_TIMEOUT, exchange)
        .await
        .context("the applicant did not finish in time")
        .and_then(|outcome| outcome);
    let code = if outcome.is_ok() { close::DONE } else { close::PROTOCOL };
    close_with(&applicant.connection, code, "");
    outcome
}

/// What only the two ends of one connection know.
type Binding = [u8; 32];

fn binding(applicant: &Applicant) -> anyhow::Result<Binding> {
    let mut binding = Binding::default();
    let exported = applicant.connection.export(&mut binding, BINDING_LABEL);
    anyhow::ensure!(exported, "the connection gives no keying material");
    Ok(binding)
}

/// What was decided, and for whom.
enum Verdict {
    Enrolled(Claim, Seat, Vec<u8>),
    Renewed(Renewal, Vec<u8>),
    Refused(Refusal),
}

async fn consider<R: EnrolmentRegistry>(
    request: &[u8],
    binding: &Binding,
    pki: &RegionPki,
    registry: &R,
    now: Timestamp,
) -> Verdict {
    let verdict = match minicbor::decode(request) {
        Ok(Ask::Enrol(request)) => consider_new(request, pki, registry, now).await,
        Ok(Ask::Renew(request)) => consider_renewal(&request, binding, pki, registry, now).await,
        Err(_) => Err(Refusal::Malformed("it is no request")),
    };
    verdict.unwrap_or_else(Verdict::Refused)
}

async fn consider_new<R: EnrolmentRegistry>(
    request: EnrolmentRequest,
    pki: &RegionPki,
    registry: &R,
    now: Timestamp,
) -> Result<Verdict, Refusal> {
    let proof = enrolment_proof(&request.secret, &request.csr, request.node);
    verify(&proof, &request.author_public_key, &request.signature)?;
    let site = request.site.parse().map_err(|_| Refusal::Malformed("its site is no site"))?;
    let leaf = sign(pki, request.node, &request.csr, now)?;
    let claim = Claim {
        token_hash: hash_of(&request.secret),
        node: request.node,
        site,
        author_public_key: request.author_public_key,
        certificate_fingerprint: fingerprint(&leaf),
        now,
    };
    let seat = registry.admit(&claim).await.map_err(|error| hub_failed(claim.node, &error))??;
    Ok(Verdict::Enrolled(claim, seat, leaf))
}

async fn consider_renewal<R: EnrolmentRegistry>(
    request: &RenewalRequest,
    binding: &Binding,
    pki: &RegionPki,
    registry: &R,
    now: Timestamp,
) -> Result<Verdict, Refusal> {
    let proof = renewal_proof(binding, &request.csr, request.node);
    verify(&proof, &request.author_public_key, &request.signature)?;
    let leaf = sign(pki, request.node, &request.csr, now)?;
    let renewal = Renewal {
        node: request.node,
        author_public_key: request.author_public_key,
        certificate_fingerprint: fingerprint(&leaf),
        now,
    };
    registry.renew(&renewal).await.map_err(|error| hub_failed(renewal.node, &error))??;
    Ok(Verdict::Renewed(renewal, leaf))
}

fn sign(pki: &RegionPki, node: NodeId, csr: &[u8], now: Timestamp) -> Result<Vec<u8>, Refusal> {
    let leaf = pki.sign_node_leaf(node, csr, now);
    Ok(leaf.map_err(|_| Refusal::Malformed("its certificate request is none"))?.to_vec())
}

fn hub_failed(node: NodeId, error: &anyhow::Error) -> Refusal {
    tracing::error!(%node, error = %format!("{error:#}"), "the registry of nodes failed");
    Refusal::HubFailed
}

fn verify(
    proof: &[u8; 32],
    author_public_key: &[u8; 32],
    signature: &[u8; 64],
) -> Result<(), Refusal> {
    if proves(proof, author_public_key, signature) { Ok(()) } else { Err(Refusal::ProofInvalid) }
}

async fn answer(
    send: &mut FrameSender,
    verdict: &Verdict,
    pki: &RegionPki,
    hub: &HubIdentity,
    now: Timestamp,
) -> anyhow::Result<()> {
    let answer = match verdict {
        Verdict::Enrolled(_, seat, leaf) => Answer::Granted(EnrolmentGrant {
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
        Verdict::Renewed(_, leaf) => Answer::Renewed(RenewalGrant {
            chain: vec![leaf.clone().into()],
            hub_addresses: hub.addresses.clone(),
            hub_now: now,
        }),
        Verdict::Refused(refusal) => Answer::Refused(EnrolmentRefused {
            code: refusal.code().to_owned(),
            reason: refusal.to_string(),
            remedy: refusal.remedy().to_owned(),
        }),
    };
    send.send(&minicbor::to_vec(&answer)?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use rcgen::{CertificateParams, KeyPair};
    use shared_model::enrolment::SIGNING_CONTEXT;
    use shared_model::log::AuthorKey;
    use shared_model::sync::v1::{Bye, ByeReason, Frame};
    use uuid::Uuid;

    use super::*;
    use crate::sync::enrolment::{NodeRecord, judge_renewal};

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
    static PKI: OnceLock<RegionPki> = OnceLock::new();

    struct One(NodeRecord);

    impl EnrolmentRegistry for One {
        async fn admit(&self, _: &Claim) -> anyhow::Result<Result<Seat, Refusal>> {
            Ok(Err(Refusal::TokenUnknown))
        }

        async fn renew(&self, renewal: &Renewal) -> anyhow::Result<Result<(), Refusal>> {
            Ok(judge_renewal(Some(&self.0), renewal))
        }
    }

    fn request(key: &AuthorKey, binding: &Binding) -> Vec<u8> {
        let node = NodeId::new(Uuid::from_u128(2));
        let tls_key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&tls_key).unwrap().der().to_vec();
        let signature = key.sign(SIGNING_CONTEXT, &renewal_proof(binding, &csr, node));
        let author_public_key = *key.public().as_bytes();
        minicbor::to_vec(Ask::Renew(RenewalRequest { node, csr, author_public_key, signature }))
            .unwrap()
    }

    async fn told(asked: &[u8], binding: &Binding, registry: &One) -> &'static str {
        let pki = PKI.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            RegionPki::open(dir.path(), &"nairobi".parse().unwrap(), &[], NOW).unwrap()
        });
        match consider(asked, binding, pki, registry, NOW).await {
            Verdict::Renewed(..) => "renewed",
            Verdict::Enrolled(..) => "enrolled",
            Verdict::Refused(refusal) => refusal.code(),
        }
    }

    #[tokio::test]
    async fn a_renewal_that_was_overheard_is_worth_nothing_on_another_connection() {
        let key = AuthorKey::from_secret(&[5; 32]);
        let record = NodeRecord {
            site: "NBO-1".parse().unwrap(),
            author_public_key: *key.public().as_bytes(),
            revoked: false,
        };
        let registry = One(record.clone());
        let asked = request(&key, &[1; 32]);
        assert_eq!(told(&asked, &[1; 32], &registry).await, "renewed");
        assert_eq!(told(&asked, &[2; 32], &registry).await, "proof-invalid");
        // Every place of the request counts: spoiled, it is refused, and nothing breaks.
        for at in 0..asked.len() {
            let mut spoiled = asked.clone();
            spoiled[at] ^= 0x55;
            let said = told(&spoiled, &[1; 32], &registry).await;
            assert!(["proof-invalid", "malformed", "node-unknown"].contains(&said), "{at}: {said}");
        }
        let stranger = request(&AuthorKey::from_secret(&[6; 32]), &[1; 32]);
        assert_eq!(told(&stranger, &[1; 32], &registry).await, "other-author-key");
        // What a session or a blob stream says is nothing here.
        let bye = Bye { reason: ByeReason::Done, detail: String::new() };
        assert_eq!(told(&Frame::Bye(bye).encode(), &[1; 32], &registry).await, "malformed");
        let revoked = One(NodeRecord { revoked: true, ..record });
        assert_eq!(told(&asked, &[1; 32], &revoked).await, "node-revoked");
    }
}
