//! Files of benchmarks and of published solutions, read from text. May not open files, and may not mend them: what is
//! not of its format is refused with line and remedy.
//!
//! All arithmetic that a file's decimals need happens here, by IEEE 754's exactly rounded operations alone, so that every
//! machine reads the same integers.

pub mod lilim;
mod matrix;
mod rounding;
pub mod solomon;
pub mod solution;
pub mod vrplib;

use std::str::FromStr;

pub use rounding::Rounding;

use crate::problem::bounds::FILE_BYTES_MAX;
use crate::problem::{Draft, Refusal, Refusals, Rule};

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// This project's own, see [`crate::json`].
    Json,
    Vrplib,
    Solomon,
    LiLim,
}

impl Format {
    /// Told by the first lines: a brace, a `KEY: value`, a title before `VEHICLE`, or three numbers.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next()?;
        if first.starts_with('{') {
            return Some(Self::Json);
        }
        if first.split_whitespace().count() == 3 && first.split_whitespace().all(is_number) {
            return Some(Self::LiLim);
        }
        if lines.next().is_some_and(|second| second.eq_ignore_ascii_case("VEHICLE")) {
            return Some(Self::Solomon);
        }
        (first.contains(':') || first.ends_with("_SECTION")).then_some(Self::Vrplib)
    }
}

/// Reads a benchmark file of any format but JSON, which holds names and needs [`crate::json`].
///
/// # Errors
/// The first thing that is not of the format, or everything that breaks a rule of problems.
pub fn read(text: &str, rounding: Option<Rounding>) -> Result<Draft, Refusals> {
    match Format::of(text) {
        Some(Format::Vrplib) => vrplib::read(text, rounding),
        Some(Format::Solomon) => solomon::read(text, rounding.unwrap_or(Rounding::Tenths)),
        Some(Format::LiLim) => lilim::read(text, rounding.unwrap_or(Rounding::Thousandths)),
        Some(Format::Json) | None => {
            Err(Refusal::new(Rule::SyntaxBroken, "line 1", "neither VRPLIB, Solomon nor Li & Lim")
                .into())
        }
    }
}

fn is_number(token: &str) -> bool {
    token.parse::<f64>().is_ok_and(f64::is_finite)
}

/// # Errors
/// When the text is larger than is read.
fn bounded(text: &str) -> Result<(), Refusal> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Refusal::new(Rule::FileTooLarge, "file", format_args!("{} bytes", text.len())));
    }
    Ok(())
}

/// Magnitude from which on a decimal of a file is refused: squares and scaled values stay far inside 2^63.
const NUMBER_MAX: f64 = 1e12;

/// A finite number of bearable size.
fn number(token: &str, line: usize) -> Result<f64, Refusal> {
    match token.parse::<f64>() {
        Ok(value) if value.is_finite() && value.abs() <= NUMBER_MAX => Ok(value),
        Ok(_) | Err(_) => Err(refusal(Rule::ValueWrong, line, token)),
    }
}

/// A whole number of the kind asked for.
fn whole<T: FromStr>(token: &str, line: usize) -> Result<T, Refusal> {
    token.parse().map_err(|_| refusal(Rule::ValueWrong, line, token))
}

/// A refusal with its line, counted from 1. What was found is cut short: it may be the whole file.
fn refusal(rule: Rule, line: usize, found: &str) -> Refusal {
    let found: String = found.chars().take(60).collect();
    Refusal::new(rule, format!("line {line}"), found)
}
