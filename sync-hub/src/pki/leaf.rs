//! Certificates that end a chain: the hub's two, and every node's.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, Issuer,
    KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use shared_model::id::NodeId;
use shared_model::time::Timestamp;

use super::peer::{self, node_uri};
use web_rim::kept_key::KeyAndCertificate;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Browsers on telephones refuse certificates of 826 days and more.
const HUB_LEAF_DAYS: i64 = 397;
/// The hub's certificates are made anew when fewer days than this are left.
const RENEW_DAYS_LEFT: i64 = 30;
/// A node that has not met its hub for this long needs a person.
const NODE_LEAF_DAYS: i64 = 90;
/// Hubs of one region may differ by this much in what day it is.
const SKEW_DAYS: i64 = 1;

/// What a certificate of the hub is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Shown to nodes, whose clocks may stand at their software's build: valid since long ago.
    Sync,
    /// Shown to browsers, which limit how long a certificate is valid.
    Console,
}

impl Purpose {
    fn file(self) -> &'static str {
        match self {
            Self::Sync => "sync-with-key.pem",
            Self::Console => "console-with-key.pem",
        }
    }
}

/// One of the hub's own certificates.
pub(super) struct Leaf {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Leaf {
    pub(super) fn open(
        folder: &Path,
        purpose: Purpose,
        names: &[String],
        issuer: &Issuer<'_, KeyPair>,
        root: &CertificateDer<'_>,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let path = folder.join(purpose.file());
        if let Some(kept) = KeyAndCertificate::load(&path)?
            && is_good(&kept.certificate, names, root, now)
        {
            return Ok(Self { certificate: kept.certificate, key: kept.key });
        }
        let made = make(purpose, names, issuer, now)?;
        made.keep(&path)?;
        Ok(Self { certificate: made.certificate, key: made.key })
    }
}

fn make(
    purpose: Purpose,
    names: &[String],
    issuer: &Issuer<'_, KeyPair>,
    now: Timestamp,
) -> anyhow::Result<KeyAndCertificate> {
    let mut params = CertificateParams::new(names)
        .with_context(|| format!("a host among {names:?} is neither a name nor an address"))?;
    let subject = names.first().map_or("hub", String::as_str);
    params.distinguished_name.push(DnType::CommonName, subject);
    set_validity(&mut params, after_days(now, -SKEW_DAYS), after_days(now, HUB_LEAF_DAYS));
    if purpose == Purpose::Sync {
        params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(random_serial()?);
    let key = KeyPair::generate().context("making the hub's key")?;
    let certificate = params.signed_by(&key, issuer).context("signing the hub's certificate")?;
    Ok(KeyAndCertificate { key: key.into(), certificate: certificate.into() })
}

/// Signed by this root, for these names, now and for a while yet.
fn is_good(
    certificate: &CertificateDer<'_>,
    names: &[String],
    root: &CertificateDer<'_>,
    now: Timestamp,
) -> bool {
    let mut roots = RootCertStore::empty();
    let (Ok(()), Ok(parsed)) =
        (roots.add(root.clone().into_owned()), ParsedCertificate::try_from(certificate))
    else {
        return false;
    };
    let algorithms = super::provider().signature_verification_algorithms.all;
    let holds_at = |time| {
        let time = UnixTime::since_unix_epoch(since_epoch(time));
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], time, algorithms).is_ok()
    };
    peer::names_in(certificate) == Some(sorted(names))
        && holds_at(now)
        && holds_at(after_days(now, RENEW_DAYS_LEFT))
}

pub(super) fn sign_node(
    issuer: &Issuer<'_, KeyPair>,
    node: NodeId,
    csr: &[u8],
    now: Timestamp,
) -> anyhow::Result<CertificateDer<'static>> {
    let request =
        CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(csr))
            .context("reading the request for a certificate")?;
    let mut params = CertificateParams::new([format!("{node}.node.omniroute")])?;
    params.subject_alt_names.push(SanType::URI(node_uri(node).try_into()?));
    params.distinguished_name.push(DnType::CommonName, node.to_string());
    set_validity(&mut params, after_days(now, -SKEW_DAYS), after_days(now, NODE_LEAF_DAYS));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // Not for a server: a node's certificate must not pass for the hub's.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(random_serial()?);
    let certificate =
        params.signed_by(&request.public_key, issuer).context("signing the node's certificate")?;
    Ok(certificate.into())
}

/// Unforeseeable, and never the same twice under one root.
pub(super) fn random_serial() -> anyhow::Result<SerialNumber> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("drawing a serial number")?;
    // Positive, and without a leading zero byte.
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// The hosts given, and the machine itself.
pub(super) fn hosts_and_local(hosts: &[String]) -> Vec<String> {
    let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    // An address is written in one way only, or it would never equal the one in the certificate.
    let spelt = |host: &String| host.parse().map_or(host.clone(), |ip: IpAddr| ip.to_string());
    let mut all: Vec<String> = Vec::new();
    for host in hosts.iter().map(spelt).chain(local) {
        if !all.contains(&host) {
            all.push(host);
        }
    }
    all
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}

fn after_days(from: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_ms(from.ms().saturating_add(days * DAY_MS))
}

fn set_validity(params: &mut CertificateParams, from: Timestamp, until: Timestamp) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(from);
    params.not_after = epoch + since_epoch(until);
}

fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(time.ms()).unwrap_or(0))
}
