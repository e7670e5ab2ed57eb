//! Problems as JSON: reading and writing the file. The problem's own types know no files.

mod file;
mod reader;
mod writer;

use super::parse;
use crate::problem::{Draft, Refusal, Refusals, Rule};

/// Reads a problem. Profiles that came without matrices have no slices, and the caller fills them in before the check.
///
/// # Errors
/// The first field that is not as it should be, with its path.
pub fn read_problem(text: &str) -> Result<Draft, Refusals> {
    let file = parse(text)?;
    reader::Reader::of(&file).draft()
}

/// The file that [`read_problem`] reads the same draft from, as long as the draft's indices point at something.
///
/// # Errors
/// When they do not.
pub fn write_problem(draft: &Draft) -> Result<String, Refusals> {
    let file = writer::file(draft)
        .ok_or_else(|| Refusal::new(Rule::IndexDangling, "draft", "an index points at nothing"))?;
    serde_json::to_string(&file)
        .map_err(|error| Refusal::new(Rule::ValueWrong, "draft", error).into())
}
