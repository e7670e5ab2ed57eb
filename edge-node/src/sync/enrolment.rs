//! How this box becomes a node: reads a token, finds the hub it names, proves itself, gets its
//! certificate. `sync-hub` has the other end of the same messages.
//!
//! Nothing is kept here: the caller stores what it gets, or asks again with the same token.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use data_encoding::{Encoding, Specification};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::{Resumption, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use shared_model::id::{EntityCode, NodeId, RegionCode, SiteCode};
use shared_model::time::Timestamp;

use super::dial::dial;
use super::frames::{FrameReceiver, FrameSender};
use super::transport::{Congestion, LinkSettings};
use super::trust::{JudgedTime, PinnedRoot, hub_name, provider, sha256};

const ALPN_ENROL: &[u8] = b"omniroute-enrol/1";
const TOKEN_VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;
/// A grant is a few certificates and addresses.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const PROOF_CONTEXT: &str = "omniroute enrolment proof v1";
/// The region is not known before the grant; the root's hash is what the hub is known by.
const ANY_HUB: &str = "hub.omniroute";

/// Who this box says it is.
pub struct EdgeIdentity<S> {
    pub node: NodeId,
    pub site: SiteCode,
    pub author_public_key: [u8; 32],
    /// Signs with the author key, which stays where it is.
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

/// The hub said no. Asking again does not help before a person did something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the hub refuses: {reason}; remedy: {remedy}")]
pub struct EnrolmentRefused {
    /// A word for programs, such as `token-expired`.
    pub code: String,
    pub reason: String,
    pub remedy: String,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    root_pin: [u8; 32],
    secret: [u8; 16],
    hub_addresses: Vec<String>,
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct EnrolmentRequest {
    #[cbor(n(0), with = "minicbor::bytes")]
    secret: [u8; 16],
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
    Granted(#[n(0)] Grant),
    #[n(1)]
    Refused(#[n(0)] Refused),
}

#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Grant {
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
struct Refused {
    #[n(0)]
    code: String,
    #[n(1)]
    reason: String,
    #[n(2)]
    remedy: String,
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
    let token = Token::read(token)?;
    let key = KeyPair::generate().context("making the box's TLS key")?;
    let csr = CertificateParams::default()
        .serialize_request(&key)?
        .der()
        .to_vec();
    let request = request(&token, identity, csr);

    let tls = tls(&token, JudgedTime::new(now, floor))?;
    let settings = LinkSettings {
        congestion: Congestion::Cubic,
        mtu_discovery: false,
    };
    let hub = dial(&token.hub_addresses, ANY_HUB, tls, settings).await?;
    let exchange = async {
        let (send, receive) = hub.connection.open_bi().await?;
        let mut send = FrameSender::new(send);
        send.send(&minicbor::to_vec(&request)?).await?;
        let mut receive = FrameReceiver::new(receive).limited_to(ANSWER_BYTES_MAX);
        receive
            .recv()
            .await?
            .context("the hub ended without an answer")
    };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, exchange)
        .await
        .context("the hub does not answer; remedy: try again with the same token")??;
    let shown = hub.connection.peer_identity();
    hub.connection.close(quinn::VarInt::from_u32(0), b"");

    let grant = match minicbor::decode(&answer).context("the hub's answer cannot be read")? {
        EnrolmentAnswer::Granted(grant) => grant,
        EnrolmentAnswer::Refused(Refused {
            code,
            reason,
            remedy,
        }) => {
            bail!(EnrolmentRefused {
                code,
                reason,
                remedy
            })
        }
    };
    let shown = shown
        .and_then(|shown| shown.downcast::<Vec<CertificateDer<'static>>>().ok())
        .context("the hub showed no certificate")?;
    accept(grant, &token, &shown, key)
}

fn request<S: Fn(&[u8]) -> [u8; 64]>(
    token: &Token,
    identity: &EdgeIdentity<S>,
    csr: Vec<u8>,
) -> EnrolmentRequest {
    let message = blake3::Hasher::new_derive_key(PROOF_CONTEXT)
        .update(&token.secret)
        .update(&csr)
        .update(identity.node.as_uuid().as_bytes())
        .finalize();
    EnrolmentRequest {
        secret: token.secret,
        node: identity.node,
        site: identity.site.to_string(),
        csr,
        author_public_key: identity.author_public_key,
        signature: (identity.sign)(message.as_bytes()),
    }
}

/// What the hub granted must agree with what the token said and with what the hub showed.
fn accept(
    grant: Grant,
    token: &Token,
    shown: &[CertificateDer<'_>],
    key: KeyPair,
) -> anyhow::Result<Enrolled> {
    ensure!(
        sha256(&grant.root) == token.root_pin,
        "the hub granted another region's root"
    );
    let region: RegionCode = grant.region.parse().context("the hub's region")?;
    let name = ServerName::try_from(hub_name(&region)).context("the hub's name")?;
    let leaf = shown.first().context("the hub showed no certificate")?;
    verify_server_name(&ParsedCertificate::try_from(leaf)?, &name)
        .with_context(|| format!("who answered is not the hub of region {region}"))?;
    ensure!(!grant.chain.is_empty(), "the hub granted no certificate");
    let hub_addresses = if grant.hub_addresses.is_empty() {
        token.hub_addresses.clone()
    } else {
        grant.hub_addresses
    };
    Ok(Enrolled {
        node_certificate_chain_der: grant.chain.into_iter().map(Into::into).collect(),
        tls_key_der: key.serialize_der(),
        root_der: grant.root,
        hub_addresses,
        region,
        site: grant.site.parse().context("the hub's name of the site")?,
        entity: grant
            .entity
            .parse()
            .context("the hub's name of the entity")?,
        hub_node: grant.hub_node,
        hub_author_public_key: grant.hub_author_public_key,
        hub_now: grant.hub_now,
    })
}

fn tls(token: &Token, time: JudgedTime) -> anyhow::Result<rustls::ClientConfig> {
    let verifier = PinnedRoot {
        pin: token.root_pin,
        provider: provider(),
    };
    let mut tls = rustls::ClientConfig::builder_with_details(provider(), Arc::new(time))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN_ENROL.to_vec()];
    tls.resumption = Resumption::disabled();
    Ok(tls)
}

impl Token {
    fn read(text: &str) -> anyhow::Result<Self> {
        const REMEDY: &str = "the token has a typing error; remedy: copy it again from the hub";
        let bytes = token_alphabet().decode(text.as_bytes()).context(REMEDY)?;
        let (body, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().context(REMEDY)?;
        ensure!(
            blake3::hash(body).as_bytes()[..CHECKSUM_BYTES] == *checksum,
            REMEDY
        );
        let (version, rest) = body.split_first().context(REMEDY)?;
        ensure!(
            *version == TOKEN_VERSION,
            "the token is of version {version}; remedy: install the box's newest software"
        );
        Self::read_fields(rest).context("the token is damaged; remedy: issue a new one at the hub")
    }

    fn read_fields(bytes: &[u8]) -> Option<Self> {
        let (root_pin, bytes) = bytes.split_first_chunk()?;
        let (secret, bytes) = bytes.split_first_chunk()?;
        let (count, mut bytes) = bytes.split_first()?;
        let mut hub_addresses = Vec::new();
        for _ in 0..*count {
            let (length, rest) = bytes.split_first()?;
            let (address, rest) = rest.split_at_checked(usize::from(*length))?;
            hub_addresses.push(String::from_utf8(address.to_vec()).ok()?);
            bytes = rest;
        }
        bytes.is_empty().then_some(Self {
            root_pin: *root_pin,
            secret: *secret,
            hub_addresses,
        })
    }
}

/// Crockford's base 32 as a person may type it: any case, with gaps, O for 0 and I or L for 1.
fn token_alphabet() -> Encoding {
    let mut alphabet = Specification::new();
    alphabet
        .symbols
        .push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    alphabet
        .translate
        .from
        .push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    alphabet
        .translate
        .to
        .push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    alphabet.ignore.push_str(" -\t\r\n");
    alphabet.encoding().expect("32 distinct symbols")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sync-hub` writes the same text in its own test: change neither without the other.
    const TEXT: &str = "06NTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQKEDSQ6WVKEDSQ6WVKEDSQ6\
                        WVK8221M7ARHECNW62VBGDHJKMDSM6GSGTC9G5RR2WC1E64X3ED1M6CJR27Q0";

    #[test]
    fn a_token_is_read_as_a_person_types_it() {
        let token = Token::read(TEXT).unwrap();
        assert_eq!(token.root_pin, [0xab; 32]);
        assert_eq!(token.secret, [0xcd; 16]);
        assert_eq!(token.hub_addresses, ["hub.example:7443", "10.0.0.1:7443"]);
        let sloppy = TEXT.to_lowercase().replace('0', "o").replace('1', "l");
        let (start, end) = sloppy.split_at(70);
        assert_eq!(Token::read(&format!(" {start} -\n{end}")).unwrap(), token);
    }

    #[test]
    fn every_single_typing_error_is_caught() {
        for at in 0..TEXT.len() {
            for wrong in ['7', 'K'] {
                let mut typed: Vec<char> = TEXT.chars().collect();
                if typed[at] == wrong {
                    continue;
                }
                typed[at] = wrong;
                let typed: String = typed.into_iter().collect();
                let error = Token::read(&typed).unwrap_err().to_string();
                assert!(error.contains("typing error"), "at {at}: {error}");
            }
            let (start, end) = (&TEXT[..at], &TEXT[at + 1..]);
            assert!(
                Token::read(&format!("{start}{end}")).is_err(),
                "without {at}"
            );
        }
        assert!(Token::read("").is_err());
    }
}
