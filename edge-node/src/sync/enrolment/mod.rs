//! How this box becomes a node, and stays one: reads a token, finds the hub it names, proves
//! itself, gets its certificate; later has the certificate renewed. `sync-hub` has the other end.
//!
//! Nothing is kept here: the caller stores what it gets, or asks again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::{Resumption, verify_server_name};
use rustls::pki_types::ServerName;
use rustls::server::ParsedCertificate;
use shared_model::enrolment::{
    Answer, Ask, EnrolmentGrant, EnrolmentRefused as Refused, EnrolmentRequest, RenewalGrant,
    RenewalRequest, Token, enrolment_proof, renewal_proof,
};
use shared_model::id::{EntityCode, NodeId, RegionCode, SiteCode};
use shared_model::time::Timestamp;

pub use shared_model::enrolment::SIGNING_CONTEXT;

use super::dial::{Dial, Dialled, Way};
use super::transport::{Congestion, LinkConfig, LinkSettings};
use super::trust::{JudgedTime, PinnedRoot, hub_name, provider, sha256};
use crate::judged_time::judged;
use sync_link::call::Call;

const ALPN_ENROL: &[u8] = b"omniroute-enrol/1";
/// A grant is a few certificates and addresses.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const BINDING_LABEL: &[u8] = b"omniroute renewal";
/// The region is not known before the grant; the root's hash is what the hub is known by.
const ANY_HUB: &str = "hub.omniroute";
/// Renewed at any contact from this age on, a certificate of ninety days outlasts eighty out of
/// reach.
const RENEW_AFTER_MS: i64 = 8 * 24 * 60 * 60 * 1000;
/// One of a shorter life is renewed when this part of it has passed.
const RENEW_AFTER_PART: i64 = 3;

/// Who this box says it is.
pub struct EdgeIdentity<S> {
    pub node: NodeId,
    pub site: SiteCode,
    pub author_public_key: [u8; 32],
    /// Signs with the author key, which stays where it is, under [`SIGNING_CONTEXT`].
    pub sign: S,
}

/// What makes the box a node. Belongs into private storage: it holds the TLS key.
pub struct Enrolled {
    pub node_certificate_chain_der: Vec<Vec<u8>>,
    /// PKCS #8.
    pub tls_key_der: Vec<u8>,
    pub root_der: Vec<u8>,
    pub hub_addresses: Vec<String>,
    pub region: RegionCode,
    pub site: SiteCode,
    pub entity: EntityCode,
    pub hub_node: NodeId,
    pub hub_author_public_key: [u8; 32],
    /// What the hub's clock said: an hour known to have passed.
    pub hub_now: Timestamp,
}

/// A fresh certificate for the same node. Belongs into private storage.
pub struct Renewed {
    pub node_certificate_chain_der: Vec<Vec<u8>>,
    /// PKCS #8.
    pub tls_key_der: Vec<u8>,
    pub hub_addresses: Vec<String>,
    /// What the hub's clock said: an hour known to have passed.
    pub hub_now: Timestamp,
}

/// The hub said no. Asking again does not help before a person did something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the hub refuses: {reason}; remedy: {remedy}")]
pub struct EnrolmentRefused {
    /// A word for programs, such as `token-expired`.
    pub code: String,
    pub reason: String,
    pub remedy: String,
}

/// Makes this box a node of the hub that issued `token`. `now` is the box's clock, `floor` an
/// hour known to have passed. When the answer got lost, the same call may be made again.
///
/// # Errors
/// When the token has a typing error, the hub cannot be reached or is not the one the token
/// names, or it refuses (then the error is an [`EnrolmentRefused`]).
pub async fn enrol<S: Fn(&[u8]) -> [u8; 64]>(
    token: &str,
    identity: &EdgeIdentity<S>,
    now: Timestamp,
    floor: Timestamp,
) -> anyhow::Result<Enrolled> {
    let token = Token::from_text(token)?;
    let (key, csr) = key_and_request()?;
    let time = JudgedTime::new(now, floor);
    let hub = call(&token.hub_addresses, token.root_pin, time, Way::UdpFirst).await?;
    let proof = enrolment_proof(&token.secret, &csr, identity.node);
    let request = EnrolmentRequest {
        secret: token.secret,
        node: identity.node,
        site: identity.site.to_string(),
        csr,
        author_public_key: identity.author_public_key,
        signature: (identity.sign)(&proof),
    };
    match ask(&hub.call, &Ask::Enrol(request)).await? {
        Answer::Granted(grant) => accept(grant, &token, &hub.call, &key),
        Answer::Refused(refused) => Err(EnrolmentRefused::from(refused).into()),
        Answer::Renewed(_) => bail!("the hub answered another question"),
    }
}

/// Whether it is time for [`renew`], which any contact with the hub is good for.
#[must_use]
pub fn renewal_is_due(node_certificate_der: &[u8], now: Timestamp, floor: Timestamp) -> bool {
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(node_certificate_der) else {
        return true;
    };
    let validity = parsed.validity();
    let issued_ms = validity.not_before.timestamp().saturating_mul(1000);
    let life_ms = validity.not_after.timestamp().saturating_mul(1000).saturating_sub(issued_ms);
    let renew_after_ms = RENEW_AFTER_MS.min(life_ms / RENEW_AFTER_PART);
    judged(now, floor).ms() >= issued_ms.saturating_add(renew_after_ms)
}

/// When the certificate runs out; none when it cannot be read.
#[must_use]
pub fn leaf_until(node_certificate_der: &[u8]) -> Option<Timestamp> {
    let (_, parsed) = x509_parser::parse_x509_certificate(node_certificate_der).ok()?;
    Some(Timestamp::from_ms(parsed.validity().not_after.timestamp().saturating_mul(1000)))
}

/// Has the node's certificate replaced. Works also with one that has run out, since the author
/// key is what proves the node. `over_tcp` when that is the way that worked last.
///
/// # Errors
/// When the hub cannot be reached or is not the region's, or it refuses (then the error is an
/// [`EnrolmentRefused`]).
pub async fn renew<S: Fn(&[u8]) -> [u8; 64]>(
    config: &LinkConfig,
    identity: &EdgeIdentity<S>,
    over_tcp: bool,
) -> anyhow::Result<Renewed> {
    let (key, csr) = key_and_request()?;
    let time = JudgedTime::new(config.now, config.clock_floor);
    let way = if over_tcp { Way::TcpFirst } else { Way::UdpFirst };
    let hub = call(&config.hub_addresses, sha256(&config.root_der), time, way).await?;
    require_hub_of(&config.region, &hub.call)?;
    let mut binding = [0; 32];
    if !hub.call.export(&mut binding, BINDING_LABEL) {
        bail!("the connection gives no keying material");
    }
    let proof = renewal_proof(&binding, &csr, identity.node);
    let request = RenewalRequest {
        node: identity.node,
        csr,
        author_public_key: identity.author_public_key,
        signature: (identity.sign)(&proof),
    };
    let RenewalGrant { chain, hub_addresses, hub_now } =
        match ask(&hub.call, &Ask::Renew(request)).await? {
            Answer::Renewed(grant) => grant,
            Answer::Refused(refused) => return Err(EnrolmentRefused::from(refused).into()),
            Answer::Granted(_) => bail!("the hub answered another question"),
        };
    ensure!(!chain.is_empty(), "the hub granted no certificate");
    Ok(Renewed {
        node_certificate_chain_der: chain.into_iter().map(Into::into).collect(),
        tls_key_der: key.serialize_der(),
        hub_addresses: or_else_known(hub_addresses, &config.hub_addresses),
        hub_now,
    })
}

fn key_and_request() -> anyhow::Result<(KeyPair, Vec<u8>)> {
    let key = KeyPair::generate().context("making the box's TLS key")?;
    let csr = CertificateParams::default().serialize_request(&key)?.der().to_vec();
    Ok((key, csr))
}

async fn call(
    hub_addresses: &[String],
    root_pin: [u8; 32],
    time: JudgedTime,
    way: Way,
) -> anyhow::Result<Dialled> {
    let settings = LinkSettings { congestion: Congestion::Cubic, mtu_discovery: false };
    let dial = Dial {
        addresses: hub_addresses.to_vec(),
        server_name: ANY_HUB.to_owned(),
        tls: tls(root_pin, time)?,
        settings,
    };
    Ok(dial.by(way).await?)
}

async fn ask(call: &Call, question: &Ask) -> anyhow::Result<Answer> {
    let exchange = async {
        let (mut send, receive) = call.open().await?;
        send.send(&minicbor::to_vec(question)?).await?;
        let mut receive = receive.limited_to(ANSWER_BYTES_MAX);
        receive.recv().await?.context("the hub ended without an answer")
    };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, exchange)
        .await
        .context("the hub does not answer; remedy: try again with the same token")??;
    call.close(0, "");
    minicbor::decode(&answer).context("the hub's answer cannot be read")
}

impl From<Refused> for EnrolmentRefused {
    fn from(told: Refused) -> Self {
        Self { code: told.code, reason: told.reason, remedy: told.remedy }
    }
}

/// What the hub granted must agree with what the token said and with what the hub showed.
fn accept(
    grant: EnrolmentGrant,
    token: &Token,
    call: &Call,
    key: &KeyPair,
) -> anyhow::Result<Enrolled> {
    ensure!(sha256(&grant.root) == token.root_pin, "the hub granted another region's root");
    let region: RegionCode = grant.region.parse().context("the hub's region")?;
    require_hub_of(&region, call)?;
    ensure!(!grant.chain.is_empty(), "the hub granted no certificate");
    Ok(Enrolled {
        node_certificate_chain_der: grant.chain.into_iter().map(Into::into).collect(),
        tls_key_der: key.serialize_der(),
        root_der: grant.root,
        hub_addresses: or_else_known(grant.hub_addresses, &token.hub_addresses),
        region,
        site: grant.site.parse().context("the hub's name of the site")?,
        entity: grant.entity.parse().context("the hub's name of the entity")?,
        hub_node: grant.hub_node,
        hub_author_public_key: grant.hub_author_public_key,
        hub_now: grant.hub_now,
    })
}

fn or_else_known(told: Vec<String>, known: &[String]) -> Vec<String> {
    if told.is_empty() { known.to_vec() } else { told }
}

/// The handshake has proved that the region's root signed what was shown; this proves for whom.
fn require_hub_of(region: &RegionCode, call: &Call) -> anyhow::Result<()> {
    let shown = call.peer_chain();
    let leaf = shown.first().context("the hub showed no certificate")?;
    let name = ServerName::try_from(hub_name(region)).context("the hub's name")?;
    verify_server_name(&ParsedCertificate::try_from(leaf)?, &name)
        .with_context(|| format!("who answered is not the hub of region {region}"))
}

fn tls(root_pin: [u8; 32], time: JudgedTime) -> anyhow::Result<rustls::ClientConfig> {
    let verifier = PinnedRoot { pin: root_pin, provider: provider() };
    let mut tls = rustls::ClientConfig::builder_with_details(provider(), Arc::new(time))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN_ENROL.to_vec()];
    tls.resumption = Resumption::disabled();
    Ok(tls)
}
