//! HTTPS on the LAN without the internet: the site's own authority and the depot's certificate.
//!
//! Phones and tills install the authority once, so it may speak only for names that mean
//! something on this LAN: whoever steals its key cannot pass for anybody's bank.

mod authority;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use shared_model::id::SiteCode;
use shared_model::time::Timestamp;
use web_rim::ca::SiteAuthority;
use web_rim::kept_key::{self, KeyAndCertificate};

use crate::judged_time::judged;
use authority::Authority;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Telephones refuse certificates of 826 days and more.
const LEAF_DAYS: i64 = 397;
/// The certificate is made anew when fewer days than this are left.
const RENEW_DAYS_LEFT: i64 = 30;
/// Phones may be a day behind the depot.
const SKEW_DAYS: i64 = 1;

/// What the depot shows on its HTTPS port, kept in `<state dir>/tls`.
pub struct SiteTls {
    folder: PathBuf,
    site: SiteCode,
    /// The names and addresses in the certificate; each written in one way only, sorted.
    hosts: Vec<String>,
    authority: Authority,
    config: RustlsConfig,
}

impl SiteTls {
    /// Opens the site's authority, making it at the first start, and the depot's certificate,
    /// making it whenever it is missing, for other hosts, or near its end.
    ///
    /// `now` is the box's clock and `floor` an hour known to have passed, as in
    /// `judged_time`.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the authority may not speak for one of `hosts`.
    pub fn open(
        state_dir: &Path,
        site: &SiteCode,
        hosts: &[String],
        now: Timestamp,
        floor: Timestamp,
    ) -> anyhow::Result<Self> {
        let folder = state_dir.join("tls");
        kept_key::private_folder(&folder)?;
        let hosts = with_own_names(hosts);
        let authority = Authority::open(&folder, site, &hosts)?;
        authority.refuse_foreign_hosts(&hosts, &folder)?;
        let leaf = leaf(&folder, site, &hosts, &authority, judged(now, floor))?;
        let config = RustlsConfig::from_config(server_config(&leaf, &authority)?);
        Ok(Self { folder, site: site.clone(), hosts, authority, config })
    }

    /// For `axum_server::bind_rustls`; follows [`SiteTls::refresh`].
    #[must_use]
    pub fn server_config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Makes the certificate anew when it nears its end, and has new connections shown it. To be
    /// called now and then while the depot runs, as some run for years.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn refresh(&self, now: Timestamp, floor: Timestamp) -> anyhow::Result<()> {
        let leaf =
            leaf(&self.folder, &self.site, &self.hosts, &self.authority, judged(now, floor))?;
        self.config.reload_from_config(server_config(&leaf, &self.authority)?);
        Ok(())
    }

    /// What phones and tills install.
    #[must_use]
    pub fn authority(&self) -> SiteAuthority {
        let der = self.authority.certificate.to_vec();
        SiteAuthority {
            name: self.site.to_string(),
            pem: kept_key::pem("CERTIFICATE", &der),
            fingerprint: kept_key::fingerprint_text(&der),
            der,
        }
    }

    /// The names and addresses the depot's certificate is for.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }
}

/// The hosts given and the box itself, so that its own browser needs no other name.
fn with_own_names(hosts: &[String]) -> Vec<String> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut all: Vec<String> = hosts.iter().chain(&own).map(|host| one_spelling(host)).collect();
    all.sort();
    all.dedup();
    all
}

fn one_spelling(host: &str) -> String {
    host.parse().map_or_else(|_| host.to_ascii_lowercase(), |address: IpAddr| address.to_string())
}

fn leaf(
    folder: &Path,
    site: &SiteCode,
    hosts: &[String],
    authority: &Authority,
    now: Timestamp,
) -> anyhow::Result<KeyAndCertificate> {
    let path = folder.join("site-with-key.pem");
    if let Some(kept) = KeyAndCertificate::load(&path)?
        && is_good(&kept.certificate, hosts, authority, now)
    {
        return Ok(kept);
    }
    let made = issue(site, hosts, authority, now)?;
    ensure!(
        is_good(&made.certificate, hosts, authority, now),
        "a certificate for {hosts:?} would not be accepted; remedy: check the names and addresses"
    );
    made.keep(&path)?;
    tracing::info!(?hosts, "made a certificate for the depot's pages");
    Ok(made)
}

fn issue(
    site: &SiteCode,
    hosts: &[String],
    authority: &Authority,
    now: Timestamp,
) -> anyhow::Result<KeyAndCertificate> {
    let mut params = CertificateParams::new(hosts)
        .with_context(|| format!("one of {hosts:?} is neither a name nor an address"))?;
    params.distinguished_name.push(DnType::CommonName, format!("OmniRoute depot {site}"));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(after_days(now, -SKEW_DAYS));
    params.not_after = epoch + since_epoch(after_days(now, LEAF_DAYS));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(authority::random_serial()?);
    let key = KeyPair::generate().context("making the depot's TLS key")?;
    let certificate =
        params.signed_by(&key, &authority.issuer).context("signing the depot's certificate")?;
    Ok(KeyAndCertificate { key: key.into(), certificate: certificate.into() })
}

/// What a browser that installed the authority would check, now and a while from now; and that
/// the names are these and no more.
fn is_good(
    certificate: &CertificateDer<'_>,
    hosts: &[String],
    authority: &Authority,
    now: Timestamp,
) -> bool {
    let mut roots = RootCertStore::empty();
    let (Ok(()), Ok(parsed)) =
        (roots.add(authority.certificate.clone()), ParsedCertificate::try_from(certificate))
    else {
        return false;
    };
    let algorithms = provider().signature_verification_algorithms.all;
    let holds_at = |time| {
        let time = UnixTime::since_unix_epoch(since_epoch(time));
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], time, algorithms).is_ok()
    };
    let names = |host: &String| {
        ServerName::try_from(host.as_str())
            .is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
    };
    hosts.iter().all(names)
        && authority::names_count(certificate) == Some(hosts.len())
        && holds_at(now)
        && holds_at(after_days(now, RENEW_DAYS_LEFT))
}

fn server_config(
    leaf: &KeyAndCertificate,
    authority: &Authority,
) -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let chain = vec![leaf.certificate.clone(), authority.certificate.clone()];
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, leaf.key.clone_key())
        .context("using the depot's certificate")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn after_days(from: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_ms(from.ms().saturating_add(days * DAY_MS))
}

fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(time.ms()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
