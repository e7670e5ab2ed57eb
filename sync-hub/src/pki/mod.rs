//! The region's own certificate authority: its root, the hub's certificates and the nodes'.
//!
//! It decides what a certificate says and keeps the keys; it decides nobody's admission.

mod leaf;
mod peer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use shared_model::id::{NodeId, RegionCode};
use shared_model::time::Timestamp;
use web_rim::ca::SiteAuthority;
use web_rim::kept_key::{self, KeyAndCertificate};

use leaf::{Leaf, Purpose};

pub use peer::{NotANode, node_of};

/// TLS runs on ring here; nothing relies on a provider set for the whole process.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The SHA-256 of a certificate: how a root is pinned and a node's certificate is remembered.
#[must_use]
pub fn fingerprint(certificate: &[u8]) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

/// The name every node of a region asks for when it dials its hub, whatever address it dials.
#[must_use]
pub fn hub_name(region: &RegionCode) -> String {
    format!("hub.{region}.omniroute")
}

/// The root's certificate without its key.
const ROOT_CERTIFICATE: &str = "root-certificate.pem";

/// What a hub keeps in `<state dir>/pki`.
pub struct RegionPki {
    folder: PathBuf,
    region: RegionCode,
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    sync: Leaf,
    console: Leaf,
}

impl RegionPki {
    /// Opens the region's keys, making the root at the first start and the hub's certificates
    /// whenever they are missing, name other hosts than `hosts`, or near their end.
    ///
    /// # Errors
    /// When the keys cannot be read or written, a host is no name, or the root is another region's.
    pub fn open(
        state_dir: &Path,
        region: &RegionCode,
        hosts: &[String],
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let folder = state_dir.join("pki");
        kept_key::private_folder(&folder)?;
        let root = match KeyAndCertificate::load(&folder.join("root-with-key.pem"))? {
            Some(root) => root,
            None => make_root(&folder, region)?,
        };
        let key = KeyPair::try_from(&root.key).context("reading the root's key")?;
        let issuer = Issuer::from_ca_cert_der(&root.certificate, key)
            .context("reading the root's certificate")?;
        refuse_another_region(&root.certificate, region)?;
        let hosts = leaf::hosts_and_local(hosts);
        let mut names = vec![hub_name(region)];
        names.extend(hosts.iter().cloned());
        let open = |purpose, names: &[String]| {
            Leaf::open(&folder, purpose, names, &issuer, &root.certificate, now)
        };
        let sync = open(Purpose::Sync, &names)?;
        let console = open(Purpose::Console, &hosts)?;
        let region = region.clone();
        Ok(Self { folder, region, root: root.certificate, issuer, sync, console })
    }

    /// Signs a node's certificate for the key in `csr`. Nothing else of the request is taken over:
    /// what the certificate says is ours to say.
    ///
    /// # Errors
    /// When the request is not one, or its key did not sign it.
    pub fn sign_node_leaf(
        &self,
        node: NodeId,
        csr: &[u8],
        now: Timestamp,
    ) -> anyhow::Result<CertificateDer<'static>> {
        leaf::sign_node(&self.issuer, node, csr, now)
    }

    #[must_use]
    pub fn region(&self) -> &RegionCode {
        &self.region
    }

    #[must_use]
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// What a person carries to a new node, so that it knows its hub.
    #[must_use]
    pub fn root_pin(&self) -> [u8; 32] {
        fingerprint(&self.root)
    }

    /// The root's certificate alone, for a browser: holds no secret.
    #[must_use]
    pub fn root_file(&self) -> PathBuf {
        self.folder.join(ROOT_CERTIFICATE)
    }

    /// The certificate shown to nodes, root included: a new node knows the root only by its hash.
    #[must_use]
    pub fn sync_chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.sync.certificate.clone(), self.root.clone()]
    }

    #[must_use]
    pub fn sync_key(&self) -> PrivateKeyDer<'static> {
        self.sync.key.clone_key()
    }

    /// What a person installs to open the console.
    #[must_use]
    pub fn authority(&self) -> SiteAuthority {
        SiteAuthority {
            name: self.region.to_string(),
            pem: kept_key::pem("CERTIFICATE", &self.root),
            der: self.root.to_vec(),
            fingerprint: kept_key::fingerprint_text(&self.root),
        }
    }

    /// HTTPS for the console.
    ///
    /// # Errors
    /// When the key does not fit the certificate.
    pub fn console_tls(&self) -> anyhow::Result<RustlsConfig> {
        let chain = vec![self.console.certificate.clone(), self.root.clone()];
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, self.console.key.clone_key())
            .context("setting up HTTPS for the console")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(RustlsConfig::from_config(Arc::new(config)))
    }
}

fn make_root(folder: &Path, region: &RegionCode) -> anyhow::Result<KeyAndCertificate> {
    tracing::info!(%region, "making the region's root certificate");
    let key = KeyPair::generate().context("making the root's key")?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, root_name(region));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Fixed, not counted from now: a hub whose clock was wrong on its first day has a good root.
    (params.not_before, params.not_after) =
        (rcgen::date_time_ymd(2024, 1, 1), rcgen::date_time_ymd(2054, 1, 1));
    params.serial_number = Some(leaf::random_serial()?);
    let certificate = params.self_signed(&key).context("signing the root")?;
    kept_key::keep_public(&folder.join(ROOT_CERTIFICATE), &certificate.pem())?;
    let root = KeyAndCertificate { key: key.into(), certificate: certificate.der().clone() };
    root.keep(&folder.join("root-with-key.pem"))?;
    Ok(root)
}

fn root_name(region: &RegionCode) -> String {
    format!("OmniRoute region {region}")
}

fn refuse_another_region(root: &CertificateDer<'_>, region: &RegionCode) -> anyhow::Result<()> {
    let (_, root) = x509_parser::parse_x509_certificate(root).context("reading the root")?;
    let named = root.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    if named != Some(&root_name(region)) {
        bail!(
            "the keys here are those of {}, not of region {region}; remedy: start the hub with the \
             region it was made for, or with another state directory",
            named.unwrap_or("an unnamed authority")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
