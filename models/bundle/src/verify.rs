//! The way from bytes to a bundle that may be tried: signature, then manifest, then what this node
//! expects, then every file's hash. Each step is a type, so that none can be skipped.

use std::collections::BTreeMap;

use crate::card::Card;
use crate::day::Day;
use crate::golden::{GOLDEN_ROWS_MIN, Golden};
use crate::hash::Sha256Hash;
use crate::histogram::{Histogram, Reference};
use crate::manifest::{FeatureSchema, FileEntry, Kind, Manifest, Part, RuntimeVersion};
use crate::preprocessing::Preprocessing;
use crate::refused::Refused;
use crate::signature::{self, PinnedKeys, PublicKey};

/// What this node is and knows on the day it looks.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The schema whose features this node computes for the model.
    pub schema: &'a FeatureSchema,
    pub runtime: RuntimeVersion,
    pub today: Day,
}

/// A manifest whose bytes a pinned key signed. Its files were not looked at yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    manifest: Manifest,
    bytes: Vec<u8>,
    sha256: Sha256Hash,
    key: PublicKey,
}

impl Signed {
    /// Checks the signature before it parses a byte of the manifest.
    ///
    /// # Errors
    /// Everything that [`Refused`] says of signatures and manifests.
    pub fn open(
        manifest: &[u8],
        signature_file: &[u8],
        pinned: &PinnedKeys,
    ) -> Result<Self, Refused> {
        let bytes_max = crate::manifest::MANIFEST_BYTES_MAX;
        if manifest.len() as u64 > bytes_max {
            let bytes = manifest.len() as u64;
            return Err(Refused::TooLarge { part: "manifest.json".to_owned(), bytes, bytes_max });
        }
        let key = signature::check(manifest, signature_file, pinned)?;
        let (parsed, sha256) = (Manifest::parse(manifest)?, Sha256Hash::of(manifest));
        Ok(Self { manifest: parsed, bytes: manifest.to_vec(), sha256, key })
    }

    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The hash that names this bundle: of the manifest's exact bytes.
    #[must_use]
    pub const fn sha256(&self) -> Sha256Hash {
        self.sha256
    }

    /// Who signed it.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// Whether this node can use it on that day.
    ///
    /// # Errors
    /// [`Refused::SchemaDiffers`], [`Refused::RuntimeTooOld`] or [`Refused::Expired`].
    pub fn check_expected(&self, expected: &Expectation<'_>) -> Result<(), Refused> {
        let Manifest { feature_schema, runtime_min, expires_on, .. } = &self.manifest;
        if feature_schema != expected.schema {
            return Err(Refused::SchemaDiffers {
                expected: expected.schema.name.clone(),
                expected_hash: expected.schema.sha256,
                found: feature_schema.name.clone(),
                found_hash: feature_schema.sha256,
            });
        }
        if *runtime_min > expected.runtime {
            let (needs, has) = (runtime_min.to_string(), expected.runtime.to_string());
            return Err(Refused::RuntimeTooOld { needs, has });
        }
        if *expires_on < expected.today {
            return Err(Refused::Expired { on: *expires_on });
        }
        Ok(())
    }

    /// Takes in every file of the manifest, and reads those that are read here: a bundle whose card or
    /// histogram makes no sense is no bundle. `read` is asked for each file once and may return no more
    /// than the bytes that its entry says.
    ///
    /// # Errors
    /// What `read` says; [`Refused::FileDiffers`]; [`Refused::Malformed`].
    pub fn verify_files(
        self,
        mut read: impl FnMut(&FileEntry) -> Result<Vec<u8>, Refused>,
    ) -> Result<Verified, Refused> {
        let mut files = BTreeMap::new();
        for entry in &self.manifest.files {
            let bytes = read(entry)?;
            if bytes.len() as u64 != entry.bytes || Sha256Hash::of(&bytes) != entry.sha256 {
                return Err(Refused::FileDiffers { part: entry.name.file_name() });
            }
            files.insert(entry.name, bytes);
        }
        let verified = Verified { signed: self, files };
        verified.check_contents()?;
        Ok(verified)
    }
}

/// A bundle whose every byte is vouched for. Whether its network computes what it should is found out by
/// replaying its golden vectors, which takes the runtime.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    signed: Signed,
    files: BTreeMap<Part, Vec<u8>>,
}

impl Verified {
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.signed.manifest
    }

    #[must_use]
    pub const fn sha256(&self) -> Sha256Hash {
        self.signed.sha256
    }

    /// The bytes that were signed.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.signed.bytes
    }

    #[must_use]
    pub const fn signed(&self) -> &Signed {
        &self.signed
    }

    /// The bytes of a file; empty when bundles of this kind have none such.
    #[must_use]
    pub fn bytes(&self, part: Part) -> &[u8] {
        self.files.get(&part).map_or(&[], Vec::as_slice)
    }

    /// # Errors
    /// [`Refused::Malformed`]; not after [`Signed::verify_files`] let it through, save for tables.
    pub fn golden(&self) -> Result<Golden, Refused> {
        Golden::parse(self.bytes(Part::Golden))
    }

    /// # Errors
    /// As for [`Self::golden`].
    pub fn preprocessing(&self) -> Result<Preprocessing, Refused> {
        Preprocessing::parse(self.bytes(Part::Preprocessing))
    }

    /// # Errors
    /// As for [`Self::golden`].
    pub fn reference(&self) -> Result<Reference, Refused> {
        Reference::parse(self.bytes(Part::Reference))
    }

    /// # Errors
    /// As for [`Self::golden`].
    pub fn card(&self) -> Result<Card, Refused> {
        Card::parse(self.bytes(Part::Card))
    }

    fn check_contents(&self) -> Result<(), Refused> {
        self.card()?;
        let golden = self.golden()?;
        if self.manifest().kind == Kind::Tables {
            return Ok(());
        }
        let (preprocessing, reference) = (self.preprocessing()?, self.reference()?);
        if preprocessing.schema() != self.manifest().feature_schema.name {
            return Err(Refused::field("preproc.json", "schema", "is not the manifest's"));
        }
        if golden.rows() < GOLDEN_ROWS_MIN {
            let reason = format!("{} are fewer than {GOLDEN_ROWS_MIN}", golden.rows());
            return Err(Refused::field("golden.bin", "rows", reason));
        }
        let features: Vec<&str> = preprocessing.steps().iter().map(|s| s.name.as_str()).collect();
        let outputs: Vec<&str> = self.manifest().outputs.iter().map(String::as_str).collect();
        let widths = [
            ("features", golden.features(), features.len()),
            ("outputs", golden.outputs(), outputs.len()),
        ];
        let off = widths.into_iter().find(|(_, found, needed)| found != needed);
        if let Some((field, found, needed)) = off {
            let reason = format!("has {found} columns, and {needed} are needed");
            return Err(Refused::field("golden.bin", field, reason));
        }
        let counted =
            |columns: &[Histogram]| columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
        let clipped: Vec<&str> = preprocessing.outputs().iter().map(|o| o.name.as_str()).collect();
        let named = [
            ("preproc.json", "outputs", clipped == outputs),
            ("reference_hist.json", "features", counted(&reference.features) == features),
            ("reference_hist.json", "predictions", counted(&reference.predictions) == outputs),
        ];
        match named.iter().find(|(_, _, same)| !same) {
            Some((part, field, _)) => {
                Err(Refused::field(part, *field, "names other columns than the rest of the bundle"))
            }
            None => Ok(()),
        }
    }
}
