//! Keys and certificates on disk: private, whole or absent.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use data_encoding::BASE64;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The root's certificate without its key.
pub(super) const ROOT_CERTIFICATE: &str = "root-certificate.pem";

/// Kept in one file, so that a crash never leaves a certificate without its key.
pub(super) struct KeyAndCertificate {
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) certificate: CertificateDer<'static>,
}

pub(super) fn private_folder(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("creating {}", folder.display()))?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("making {} private", folder.display()))
}

pub(super) fn load(path: &Path) -> anyhow::Result<Option<KeyAndCertificate>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let key = PrivateKeyDer::from_pem_slice(&text)
        .with_context(|| format!("no key in {}", path.display()))?;
    let certificate = CertificateDer::from_pem_slice(&text)
        .with_context(|| format!("no certificate in {}", path.display()))?;
    Ok(Some(KeyAndCertificate { key, certificate }))
}

pub(super) fn keep(path: &Path, pair: &KeyAndCertificate) -> anyhow::Result<()> {
    let key = pem("PRIVATE KEY", pair.key.secret_der());
    write(path, &(key + &pem("CERTIFICATE", &pair.certificate)), 0o600)
}

pub(super) fn keep_public(path: &Path, text: &str) -> anyhow::Result<()> {
    write(path, text, 0o644)
}

/// RFC 7468: base64 in lines of 64.
fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
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
