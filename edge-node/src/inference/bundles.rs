//! A bundle's way from its announcement to a model that may run: is all of it here, is it signed by
//! a pinned key, does this node compute its features, does the network answer as in training.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use features::discover;
use features::schema::Schema;
use inference::RUNTIME_VERSION;
use model_bundle::manifest::{FeatureSchema, FileEntry};
use model_bundle::{
    Day, Expectation, Manifest, Part, PinnedKeys, PublicKey, Refused, Sha256Hash, Signed, Verified,
};
use shared_model::blob::BlobId;
use shared_model::inference::{Held, ModelKeys, PublishedModel};

use super::blobs::{BlobError, Blobs};

/// How a bundle stands.
#[derive(Debug, Clone)]
pub enum Bundle {
    /// These blobs are still to come.
    Missing(Vec<Wanted>),
    /// Every byte is here and vouched for.
    Whole(Arc<Verified>),
}

/// A blob that is needed, and how large the manifest says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub blob: BlobId,
    pub bytes: u64,
}

/// Why a bundle is not used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The bundle's fault, for good.
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error("its manifest names model {named} version {version}, and it was announced as another")]
    OtherModel { named: String, version: u32 },
    #[error("this node computes no features called {name}; remedy: update the node")]
    SchemaUnknown { name: String },
    /// The disk's: later it may be different.
    #[error("{0}")]
    Blob(#[from] BlobError),
}

impl Unusable {
    /// Whether trying again later may help.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Blob(_))
    }
}

/// Keys that are pinned, as the bundle's reader takes them.
#[must_use]
pub fn pinned(keys: &ModelKeys) -> PinnedKeys {
    PinnedKeys {
        current: PublicKey::from_bytes(*keys.current.as_bytes()),
        next: Some(PublicKey::from_bytes(*keys.next.as_bytes())),
    }
}

/// The key that signed a version when it was put in use; it may have been rotated since.
#[must_use]
pub fn key_of(published: &PublishedModel) -> PinnedKeys {
    PinnedKeys { current: PublicKey::from_bytes(*published.key.as_bytes()), next: None }
}

/// A bundle as far as it is here, checked: signature, manifest, schema, day, and every file's hash.
///
/// # Errors
/// [`Unusable`].
pub fn gather(
    blobs: &Blobs,
    published: &PublishedModel,
    keys: &PinnedKeys,
    today: Day,
) -> Result<Bundle, Unusable> {
    if !blobs.holds(published.manifest) {
        let bytes = published.manifest_bytes;
        return Ok(Bundle::Missing(vec![Wanted { blob: published.manifest, bytes }]));
    }
    let manifest = match blobs.read(published.manifest) {
        Err(BlobError::Damaged { blob }) => {
            let bytes = published.manifest_bytes;
            return Ok(Bundle::Missing(vec![Wanted { blob, bytes }]));
        }
        read => read?,
    };
    let signed = Signed::open(&manifest, &signature_file(published), keys)?;
    check_named(signed.manifest(), published)?;
    check_expected(&signed, today)?;
    let missing: Vec<Wanted> = signed
        .manifest()
        .files
        .iter()
        .map(|file| Wanted { blob: blob_of(file), bytes: file.bytes })
        .filter(|wanted| !blobs.holds(wanted.blob))
        .collect();
    if !missing.is_empty() {
        return Ok(Bundle::Missing(missing));
    }
    let mut lost = Vec::new();
    let verified = signed.verify_files(|file| match blobs.read(blob_of(file)) {
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            if matches!(error, BlobError::Damaged { .. }) {
                lost.push(Wanted { blob: blob_of(file), bytes: file.bytes });
            }
            let part = file.name.file_name().to_owned();
            Err(Refused::Unreadable { part, reason: error.to_string() })
        }
    });
    match verified {
        Ok(verified) => Ok(Bundle::Whole(Arc::new(verified))),
        Err(_) if !lost.is_empty() => Ok(Bundle::Missing(lost)),
        Err(Refused::Unreadable { reason, .. }) => {
            Err(BlobError::Disk(std::io::Error::other(reason)).into())
        }
        Err(refused) => Err(refused.into()),
    }
}

fn check_named(manifest: &Manifest, published: &PublishedModel) -> Result<(), Unusable> {
    if manifest.id.as_str() == published.model.as_str() && manifest.version.0 == published.version {
        return Ok(());
    }
    Err(Unusable::OtherModel { named: manifest.id.to_string(), version: manifest.version.0 })
}

/// Whether this node computes the features that the bundle was trained on, can run it, and may do
/// so today.
///
/// # Errors
/// [`Unusable`].
pub fn check_expected(signed: &Signed, today: Day) -> Result<(), Unusable> {
    let name = &signed.manifest().feature_schema.name;
    let schema =
        Schema::named(name).ok_or_else(|| Unusable::SchemaUnknown { name: name.clone() })?;
    let sha256 = schema.sha256().parse::<Sha256Hash>().expect("a hash is 64 hexadecimal digits");
    let schema = FeatureSchema { name: schema.name.to_owned(), sha256 };
    let expected = Expectation { schema: &schema, runtime: RUNTIME_VERSION, today };
    Ok(signed.check_expected(&expected)?)
}

/// Whether the tables of a bundle that is looked up and not run can be read.
///
/// # Errors
/// [`Refused::Malformed`].
pub fn check_tables(bundle: &Verified) -> Result<(), Refused> {
    let part = Part::Tables.file_name();
    let field = "tables".to_owned();
    if bundle.manifest().feature_schema.name != discover::SCHEMA.name {
        let reason = "this node looks up no tables of these features".to_owned();
        return Err(Refused::Malformed { part, field, reason });
    }
    match discover::Table::decode(bundle.bytes(Part::Tables)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Refused::Malformed { part, field, reason: error.to_string() }),
    }
}

/// Every blob of a bundle whose manifest is here; the manifest alone while it is not.
#[must_use]
pub fn blobs_of(blobs: &Blobs, manifest: BlobId) -> Vec<BlobId> {
    let mut all = vec![manifest];
    if blobs.holds(manifest)
        && let Ok(bytes) = blobs.read(manifest)
        && let Ok(manifest) = Manifest::parse(&bytes)
    {
        all.extend(manifest.files.iter().map(blob_of));
    }
    all
}

/// What a life remembers of a bundle.
#[must_use]
pub fn held(verified: &Verified) -> Held {
    let manifest = verified.manifest();
    let last = manifest.expires_on.days_since_1970();
    Held {
        version: manifest.version.0,
        manifest: BlobId::from_bytes(*verified.sha256().as_bytes()),
        // It may be used on its last day.
        expires_day: u32::try_from(last.saturating_add(1)).unwrap_or(0),
    }
}

fn blob_of(file: &FileEntry) -> BlobId {
    BlobId::from_bytes(*file.sha256.as_bytes())
}

/// The file that travels in the announcement and not as a blob: the region's own signature.
fn signature_file(published: &PublishedModel) -> Vec<u8> {
    let key = HEXLOWER.encode(published.key.as_bytes());
    let signature = HEXLOWER.encode(&published.manifest_signature[..]);
    format!("{{\"key\":\"{key}\",\"signature\":\"{signature}\"}}\n").into_bytes()
}
