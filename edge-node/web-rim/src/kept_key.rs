//! Keys and certificates on disk: private, whole or absent.
//!
//! It knows no protocol and no name; what a certificate says is for its owner to decide.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use data_encoding::BASE64;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

/// Kept in one file, so that a crash never leaves a certificate without its key.
pub struct KeyAndCertificate {
    pub key: PrivateKeyDer<'static>,
    pub certificate: CertificateDer<'static>,
}

impl KeyAndCertificate {
    /// What is kept at `path`, or nothing when there is nothing.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let key = PrivateKeyDer::from_pem_slice(&text)
            .with_context(|| format!("no key in {}", path.display()))?;
        let certificate = CertificateDer::from_pem_slice(&text)
            .with_context(|| format!("no certificate in {}", path.display()))?;
        Ok(Some(Self { key, certificate }))
    }

    /// For the owner's eyes only.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, path: &Path) -> anyhow::Result<()> {
        let key = pem("PRIVATE KEY", self.key.secret_der());
        write(path, &(key + &pem("CERTIFICATE", &self.certificate)), 0o600)
    }
}

/// Keeps what anybody may read.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_public(path: &Path, text: &str) -> anyhow::Result<()> {
    write(path, text, 0o644)
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("creating {}", folder.display()))?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("making {} private", folder.display()))
}

/// The SHA-256 of a certificate as a browser shows it: `AB:CD:…`.
#[must_use]
pub fn fingerprint_text(certificate: &[u8]) -> String {
    let digest = Sha256::digest(certificate);
    let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// RFC 7468: base64 in lines of 64.
///
/// # Panics
/// Never: base64 is ASCII.
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Under another name first: a crash leaves the old file or the new one.
fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let written = (|| {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(mode)
            .open(&unfinished)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    })();
    written.with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_comes_back_and_only_its_owner_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pair.pem");
        assert!(KeyAndCertificate::load(&path).unwrap().is_none());
        let pair = KeyAndCertificate {
            key: PrivateKeyDer::Pkcs8(vec![7; 100].into()),
            certificate: vec![9; 100].into(),
        };
        pair.keep(&path).unwrap();
        let kept = KeyAndCertificate::load(&path).unwrap().unwrap();
        assert_eq!(kept.key.secret_der(), pair.key.secret_der());
        assert_eq!(kept.certificate, pair.certificate);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "something else").unwrap();
        assert!(KeyAndCertificate::load(&path).is_err());
    }
}
