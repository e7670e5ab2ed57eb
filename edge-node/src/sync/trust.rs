//! By what a hub is known: the region's root, and a time that cannot be earlier than the truth.
//!
//! A box whose clock battery died wakes in 1970, when no certificate was valid. It judges by an
//! hour that is known to have passed, and never by the web's authorities.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use shared_model::id::RegionCode;
use shared_model::time::Timestamp;

use crate::judged_time::judged;

/// TLS runs on ring here; nothing relies on a provider set for the whole process.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The name to expect of the hub, whatever address was dialled.
pub(super) fn hub_name(region: &RegionCode) -> String {
    format!("hub.{region}.omniroute")
}

/// The hour by which certificates are judged during one handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JudgedTime(Timestamp);

impl JudgedTime {
    pub(super) fn new(now: Timestamp, floor: Timestamp) -> Self {
        Self(judged(now, floor))
    }
}

impl TimeProvider for JudgedTime {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from(self.0.ms()).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(Duration::from_millis(ms)))
    }
}

/// Knows a hub by the hash of its region's root, carried to the box by a person.
///
/// The name is not checked, as the region is not yet known: a certificate of this root that may
/// serve is a hub's, because nodes get none that may.
#[derive(Debug)]
pub(super) struct PinnedRoot {
    pub(super) pin: [u8; 32],
    pub(super) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedRoot {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let root = others
            .iter()
            .find(|certificate| sha256(certificate) == self.pin)
            .ok_or(CertificateError::UnknownIssuer)?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(leaf)?,
            &roots,
            others,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
