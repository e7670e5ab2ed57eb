//! `manifest.json`: what a bundle says of itself. Reading checks every bound; it trusts nobody: that the
//! bytes are signed was found out before (`verify`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::hash::Sha256Hash;
use crate::reading;
use crate::refused::Refused;

pub const FORMAT: u32 = 1;
pub const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
pub const OUTPUTS_MAX: usize = 16;
pub const SCORES_MAX: usize = 256;
pub const BATCH_MAX: u32 = 1_024;
pub const BATCH_PLANS_MAX: usize = 8;
const NAME_BYTES_MAX: usize = 64;
const PART: &str = "manifest.json";

/// What a model is called: lower-case letters, digits and hyphens, 1 to 32 of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

/// Not a model's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a model's id is 1 to 32 lower-case letters, digits and inner hyphens")]
pub struct NotAModelId;

impl ModelId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelId {
    type Err = NotAModelId;

    fn from_str(text: &str) -> Result<Self, NotAModelId> {
        let sound = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAModelId) }
    }
}

impl TryFrom<String> for ModelId {
    type Error = NotAModelId;

    fn try_from(text: String) -> Result<Self, NotAModelId> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Grows by at least one with every publication of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A version of the program that runs models, `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuntimeVersion {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

/// Not a version of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a runtime version is written as major.minor.patch")]
pub struct NotARuntimeVersion;

impl FromStr for RuntimeVersion {
    type Err = NotARuntimeVersion;

    fn from_str(text: &str) -> Result<Self, NotARuntimeVersion> {
        let mut numbers = text.splitn(3, '.').map(|number| {
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| number.parse().ok()).flatten().ok_or(NotARuntimeVersion)
        });
        let mut next = || numbers.next().unwrap_or(Err(NotARuntimeVersion));
        Ok(Self { major: next()?, minor: next()?, patch: next()? })
    }
}

impl TryFrom<String> for RuntimeVersion {
    type Error = NotARuntimeVersion;

    fn try_from(text: String) -> Result<Self, NotARuntimeVersion> {
        text.parse()
    }
}

impl From<RuntimeVersion> for String {
    fn from(version: RuntimeVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for RuntimeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// How the answer is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Trees,
    Dense,
    Recurrent,
    /// No network: a table that is looked up.
    Tables,
}

impl Kind {
    /// The files that a bundle of this kind has, no more and no fewer.
    #[must_use]
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Trees | Self::Dense | Self::Recurrent => {
                &[Part::Network, Part::Preprocessing, Part::Reference, Part::Golden, Part::Card]
            }
            Self::Tables => &[Part::Tables, Part::Golden, Part::Card],
        }
    }
}

/// A file of a bundle, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    #[serde(rename = "model.onnx")]
    Network,
    #[serde(rename = "tables.cbor")]
    Tables,
    #[serde(rename = "preproc.json")]
    Preprocessing,
    #[serde(rename = "reference_hist.json")]
    Reference,
    #[serde(rename = "golden.bin")]
    Golden,
    #[serde(rename = "card.json")]
    Card,
}

impl Part {
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Network => "model.onnx",
            Self::Tables => "tables.cbor",
            Self::Preprocessing => "preproc.json",
            Self::Reference => "reference_hist.json",
            Self::Golden => "golden.bin",
            Self::Card => "card.json",
        }
    }
}

/// One file that the manifest vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    pub name: Part,
    pub sha256: Sha256Hash,
    pub bytes: u64,
}

/// Which features go in: their schema's name, and the hash of its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSchema {
    pub name: String,
    pub sha256: Sha256Hash,
}

/// How far a replayed golden vector may be off: `|found − expected| ≤ absolute + relative · |expected|`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

/// What it was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingWindow {
    pub from: Day,
    pub until: Day,
    pub rows: u64,
    pub seed: u64,
}

/// A model's score on a slice of the evaluation, beside the baseline's on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    pub slice: String,
    /// With its unit last: `rmse_s`, `mase`, `coverage_q90`.
    pub metric: String,
    pub model: f64,
    pub baseline: f64,
    pub baseline_name: String,
}

/// Everything a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub id: ModelId,
    pub version: Version,
    pub kind: Kind,
    pub files: Vec<FileEntry>,
    pub runtime_min: RuntimeVersion,
    pub feature_schema: FeatureSchema,
    /// The columns of the one output tensor, in order.
    pub outputs: Vec<String>,
    /// Rows for which a plan is compiled, ascending.
    pub batch_plans: Vec<u32>,
    pub tolerance: Tolerance,
    pub trained: TrainingWindow,
    pub scores: Vec<Score>,
    /// The last day on which it may be used.
    pub expires_on: Day,
}

impl Manifest {
    /// # Errors
    /// [`Refused::TooLarge`] or [`Refused::Malformed`], naming the field.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let manifest: Self = reading::typed(PART, bytes, MANIFEST_BYTES_MAX)?;
        if manifest.format != FORMAT {
            return Err(wrong("format", format!("is {}, and {FORMAT} is known", manifest.format)));
        }
        manifest.check_files()?;
        manifest.check_plans()?;
        manifest.check_numbers()?;
        manifest.check_texts()?;
        Ok(manifest)
    }

    /// What the manifest says of a file of this bundle.
    #[must_use]
    pub fn file(&self, part: Part) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.name == part)
    }

    fn check_files(&self) -> Result<(), Refused> {
        let mut found: Vec<Part> = self.files.iter().map(|file| file.name).collect();
        let mut needed = self.kind.parts().to_vec();
        found.sort_unstable();
        needed.sort_unstable();
        if found != needed {
            let names: Vec<&str> = needed.iter().map(|part| part.file_name()).collect();
            return Err(wrong("files", format!("are not exactly {}", names.join(", "))));
        }
        if let Some(file) = self.files.iter().find(|file| file.bytes > FILE_BYTES_MAX) {
            return Err(Refused::TooLarge {
                part: file.name.file_name().to_owned(),
                bytes: file.bytes,
                bytes_max: FILE_BYTES_MAX,
            });
        }
        Ok(())
    }

    fn check_plans(&self) -> Result<(), Refused> {
        if self.kind == Kind::Tables && self.batch_plans.is_empty() {
            return Ok(());
        }
        let plans = &self.batch_plans;
        if plans.is_empty() || plans.len() > BATCH_PLANS_MAX {
            return Err(wrong("batch_plans", format!("1 to {BATCH_PLANS_MAX} are allowed")));
        }
        if !plans.is_sorted_by(|a, b| a < b) || plans[0] == 0 || plans[plans.len() - 1] > BATCH_MAX
        {
            return Err(wrong("batch_plans", format!("must ascend within 1 to {BATCH_MAX}")));
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Refused> {
        let Tolerance { relative, absolute } = self.tolerance;
        if !(0.0..=0.01).contains(&relative) || !absolute.is_finite() || absolute < 0.0 {
            return Err(wrong("tolerance", "relative is 0 to 0.01, absolute not negative"));
        }
        if self.version.0 == 0 {
            return Err(wrong("version", "starts at 1"));
        }
        if self.trained.until < self.trained.from || self.expires_on < self.trained.until {
            return Err(wrong("trained", "from, until and expires_on must not go back"));
        }
        let outputs_min = usize::from(self.kind != Kind::Tables);
        if !(outputs_min..=OUTPUTS_MAX).contains(&self.outputs.len()) {
            return Err(wrong("outputs", format!("1 to {OUTPUTS_MAX} are allowed")));
        }
        if self.scores.len() > SCORES_MAX {
            return Err(wrong("scores", format!("more than {SCORES_MAX}")));
        }
        Ok(())
    }

    fn check_texts(&self) -> Result<(), Refused> {
        let scored = self
            .scores
            .iter()
            .flat_map(|score| [&score.slice, &score.metric, &score.baseline_name]);
        let named = self.outputs.iter().chain([&self.feature_schema.name]).chain(scored);
        for text in named {
            if text.is_empty() || text.len() > NAME_BYTES_MAX || text.chars().any(char::is_control)
            {
                return Err(wrong(
                    "names",
                    format!("`{}` is not 1 to {NAME_BYTES_MAX} bytes of text", text.escape_debug()),
                ));
            }
        }
        let mut outputs: Vec<&String> = self.outputs.iter().collect();
        outputs.sort_unstable();
        outputs.dedup();
        if outputs.len() != self.outputs.len() {
            return Err(wrong("outputs", "a name is there twice"));
        }
        Ok(())
    }
}

fn wrong(field: &str, reason: impl Into<String>) -> Refused {
    Refused::field(PART, field, reason)
}
