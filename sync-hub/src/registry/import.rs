//! Taking a bundle into the registry: every hash and every bound is checked, and whose signature it
//! has is the operator's word against the file's.

use std::path::Path;
use std::str::FromStr;

use model_bundle::folder::{self, MANIFEST_FILE, SIGNATURE_FILE};
use model_bundle::{Part, PinnedKeys, PublicKey, Sha256Hash, Verified};
use shared_model::blob::BlobId;
use shared_model::time::Timestamp;

use super::blobs;
use super::keys::ensure_keys;
use crate::store::{HubStore, StoreError};

/// Whose bundles the operator takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The key that everybody has; it shows that the bytes are whole, not who made them.
    Development,
    Key(PublicKey),
}

impl FromStr for Signer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "development" {
            return Ok(Self::Development);
        }
        text.parse().map(Self::Key).map_err(|_| {
            "is no key; remedy: write 64 lower-case hex digits, or development".to_owned()
        })
    }
}

impl Signer {
    fn key(self) -> PublicKey {
        match self {
            Self::Development => PublicKey::development(),
            Self::Key(key) => key,
        }
    }
}

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub model: String,
    pub version: u32,
    pub manifest: BlobId,
    pub signer: PublicKey,
    pub bundle_bytes: u64,
    /// The same bundle was there before.
    pub again: bool,
}

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the bundle is not sound")]
    Unsound(#[from] model_bundle::Refused),
    #[error(
        "the bundle is signed by {key}, which is no key of this region; remedy: if you know whose \
         it is, name it with --signer"
    )]
    SignerUnknown { key: PublicKey },
    #[error(
        "version {version} of {model} is in the registry with another manifest; remedy: give the \
         bundle a higher version"
    )]
    VersionTaken { model: String, version: u32 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl From<tokio_postgres::Error> for ImportError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Takes a bundle in. The same bundle twice is one.
///
/// # Errors
/// [`ImportError`]; then nothing was changed.
pub async fn import(
    store: &HubStore,
    bundle: &Path,
    signer: Option<Signer>,
    who: &str,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let keys = ensure_keys(store, now).await?;
    let of_region = [keys.current, keys.next].map(|key| PublicKey::from_bytes(*key.as_bytes()));
    let path = bundle.to_owned();
    let read = tokio::task::spawn_blocking(move || read(&path, signer, of_region)).await;
    let read = read.map_err(|error| StoreError::Broken(error.to_string()))??;
    keep(store, &read, who, now).await
}

struct Read {
    verified: Verified,
    manifest: Vec<u8>,
    key: PublicKey,
}

fn read(
    bundle: &Path,
    signer: Option<Signer>,
    of_region: [PublicKey; 2],
) -> Result<Read, ImportError> {
    let [current, next] = of_region;
    let claimed = claimed_key(bundle)?;
    let named = signer.map(Signer::key);
    if named != Some(claimed) && !of_region.contains(&claimed) {
        return Err(ImportError::SignerUnknown { key: claimed });
    }
    let pinned = match named.filter(|named| *named == claimed) {
        Some(named) => PinnedKeys { current: named, next: None },
        None => PinnedKeys { current, next: Some(next) },
    };
    let verified = folder::read(bundle, &pinned)?;
    let manifest = std::fs::read(bundle.join(MANIFEST_FILE)).map_err(anyhow::Error::from)?;
    if Sha256Hash::of(&manifest) != verified.sha256() {
        return Err(anyhow::anyhow!("{MANIFEST_FILE} changed while it was read").into());
    }
    Ok(Read { verified, manifest, key: claimed })
}

/// The key that the signature's file names; whether the signature is good is found out later.
fn claimed_key(bundle: &Path) -> Result<PublicKey, ImportError> {
    let unreadable = |reason: String| {
        ImportError::Unsound(model_bundle::Refused::Unreadable {
            part: SIGNATURE_FILE.to_owned(),
            reason,
        })
    };
    let path = bundle.join(SIGNATURE_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
    let file: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let key = file["key"].as_str().and_then(|key| key.parse().ok());
    key.ok_or_else(|| unreadable("names no key".to_owned()))
}

async fn keep(
    store: &HubStore,
    read: &Read,
    who: &str,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let (verified, manifest) = (&read.verified, read.verified.manifest());
    let (model, version) = (manifest.id.as_str(), manifest.version.0);
    let blob = BlobId::from_bytes(*verified.sha256().as_bytes());
    let files: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let imported = Imported {
        model: model.to_owned(),
        version,
        manifest: blob,
        signer: read.key,
        bundle_bytes: files + read.manifest.len() as u64,
        again: false,
    };
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let known = tx
        .query_opt(
            "SELECT manifest FROM model_version WHERE model = $1 AND version = $2",
            &[&model, &i64::from(version)],
        )
        .await?;
    if let Some(known) = known {
        if known.get::<_, &[u8]>(0) != blob.as_bytes() {
            return Err(ImportError::VersionTaken { model: model.to_owned(), version });
        }
        return Ok(Imported { again: true, ..imported });
    }
    blobs::put(&tx, blob, &read.manifest).await?;
    for file in &manifest.files {
        let id = BlobId::from_bytes(*file.sha256.as_bytes());
        blobs::put(&tx, id, verified.bytes(file.name)).await?;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let reference = verified.bytes(Part::Reference);
    tx.execute(
        "INSERT INTO model_version (model, version, manifest, manifest_text, card, reference,
             manifest_bytes, bundle_bytes, signer, imported_by, imported_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &model,
            &i64::from(version),
            &blob.as_bytes().as_slice(),
            &text(&read.manifest),
            &text(verified.bytes(Part::Card)),
            &(!reference.is_empty()).then(|| text(reference)),
            &i64::try_from(read.manifest.len()).unwrap_or(i64::MAX),
            &imported.bundle_bytes.cast_signed(),
            &read.key.as_bytes().as_slice(),
            &who,
            &now.ms(),
        ],
    )
    .await?;
    tx.commit().await?;
    store.tell_changed();
    Ok(imported)
}
