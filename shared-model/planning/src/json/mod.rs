//! This project's own files: problems in, plans in and out, GeoJSON out. Names here, indices inside. May not check what a
//! problem means: that is [`Draft::check`].
//!
//! Fields unknown, missing or given twice are refused with their path. Times are seconds from midnight of the planned
//! day, `null` in a matrix is *unreachable*, and what may be left out says so with `default`.

mod geojson;
mod problem;
mod report;

pub use geojson::geojson;
pub use problem::{read_problem, write_problem};
pub use report::{read_plan, report};

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::problem::bounds::FILE_BYTES_MAX;
use crate::problem::{Refusal, Refusals, Rule};

/// Reads a file of a known shape, with the path of what is wrong.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Refusal::new(Rule::FileTooLarge, "file", format_args!("{} bytes", text.len())));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        refusal(path, error.inner())
    })?;
    reader.end().map_err(|error| refusal("file".to_owned(), &error))?;
    Ok(read)
}

fn refusal(path: String, error: &serde_json::Error) -> Refusal {
    let says = error.to_string();
    let rule = if !error.is_data() {
        Rule::SyntaxBroken
    } else if says.starts_with("unknown field") {
        Rule::FieldUnknown
    } else if says.starts_with("missing field") {
        Rule::FieldMissing
    } else if says.starts_with("duplicate field") {
        Rule::FieldRepeated
    } else {
        Rule::ValueWrong
    };
    Refusal::new(rule, path, says.chars().take(200).collect::<String>())
}

/// Names of one list, for looking them up.
struct Names<'a>(BTreeMap<&'a str, usize>);

impl<'a> Names<'a> {
    /// Of two equal names the first counts; that there are two is refused by the check of the draft.
    fn of(names: impl Iterator<Item = &'a str>) -> Self {
        let mut known = BTreeMap::new();
        for (at, name) in names.enumerate() {
            known.entry(name).or_insert(at);
        }
        Self(known)
    }

    fn find(&self, name: &str, path: impl FnOnce() -> String) -> Result<usize, Refusals> {
        let unknown = || Refusal::new(Rule::NameUnknown, path(), name).into();
        self.0.get(name).copied().ok_or_else(unknown)
    }
}
