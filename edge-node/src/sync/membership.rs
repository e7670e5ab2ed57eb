//! What enrolment gave this box, kept in private storage: certificates, the TLS key, the hub.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use shared_model::id::{NodeId, RegionCode};
use shared_model::log::AuthorPublicKey;
use shared_model::time::Timestamp;

use super::enrolment::{Enrolled, Renewed};
use crate::state::read_secret;

/// The box's place in its region.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Membership {
    #[n(0)]
    certificate_chain: Vec<ByteVec>,
    #[n(1)]
    tls_key: ByteVec,
    #[n(2)]
    root: ByteVec,
    #[n(3)]
    pub hub_addresses: Vec<String>,
    #[n(4)]
    pub region: RegionCode,
    #[n(5)]
    pub hub_node: NodeId,
    #[n(6)]
    pub hub_author_key: AuthorPublicKey,
    #[n(7)]
    pub hub_now: Timestamp,
}

impl From<Enrolled> for Membership {
    fn from(enrolled: Enrolled) -> Self {
        Self {
            certificate_chain: byte_vecs(enrolled.node_certificate_chain_der),
            tls_key: enrolled.tls_key_der.into(),
            root: enrolled.root_der.into(),
            hub_addresses: enrolled.hub_addresses,
            region: enrolled.region,
            hub_node: enrolled.hub_node,
            hub_author_key: AuthorPublicKey::from_bytes(enrolled.hub_author_public_key),
            hub_now: enrolled.hub_now,
        }
    }
}

fn byte_vecs(bytes: Vec<Vec<u8>>) -> Vec<ByteVec> {
    bytes.into_iter().map(ByteVec::from).collect()
}

impl Membership {
    #[must_use]
    pub fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.certificate_chain.iter().map(|certificate| certificate.to_vec()).collect()
    }

    #[must_use]
    pub fn tls_key_der(&self) -> Vec<u8> {
        self.tls_key.to_vec()
    }

    #[must_use]
    pub fn root_der(&self) -> Vec<u8> {
        self.root.to_vec()
    }

    /// The same place with a fresh certificate.
    pub fn renew(&mut self, renewed: Renewed) {
        self.certificate_chain = byte_vecs(renewed.node_certificate_chain_der);
        self.tls_key = renewed.tls_key_der.into();
        self.hub_addresses = renewed.hub_addresses;
        self.hub_now = self.hub_now.max(renewed.hub_now);
    }

    /// None before enrolment.
    ///
    /// # Errors
    /// When the file cannot be read, or is open to others.
    pub fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_secret(path)?;
        let read = minicbor::decode(&bytes);
        let unreadable = || format!("{} cannot be read; remedy: enrol again", path.display());
        read.map(Some).ok().with_context(unreadable)
    }

    /// Replaces the file at once: a cut leaves the old or the new one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, path: &Path) -> anyhow::Result<()> {
        let bytes = minicbor::to_vec(self).context("writing to memory")?;
        let fresh = path.with_extension("new");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&fresh)
            .with_context(|| fresh.display().to_string())?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        let folder = path.parent().unwrap_or(path);
        std::fs::File::open(folder)?.sync_all()?;
        Ok(())
    }
}
