//! The layout of a VRPLIB file: `KEY: value` lines and `…_SECTION`s of numbers. May not know what they mean.

use std::collections::BTreeMap;

use super::super::{number, refusal};
use crate::problem::{Refusal, Rule};

const WORDS: [&str; 16] = [
    "NAME",
    "COMMENT",
    "TYPE",
    "DIMENSION",
    "VEHICLES",
    "CAPACITY",
    "SERVICE_TIME",
    "EDGE_WEIGHT_TYPE",
    "EDGE_WEIGHT_FORMAT",
    "NODE_COORD_TYPE",
    "DISPLAY_DATA_TYPE",
    "VEHICLES_FIXED_COST",
    "VEHICLES_MAX_DISTANCE",
    "VEHICLES_MAX_DURATION",
    "VEHICLES_MAX_RELOADS",
    "VEHICLES_UNIT_DISTANCE_COST",
];

const SECTIONS: [&str; 20] = [
    "NODE_COORD_SECTION",
    "DEMAND_SECTION",
    "LINEHAUL_SECTION",
    "BACKHAUL_SECTION",
    "DEPOT_SECTION",
    "SERVICE_TIME_SECTION",
    "TIME_WINDOW_SECTION",
    "RELEASE_TIME_SECTION",
    "PRIZE_SECTION",
    "PICKUP_AND_DELIVERY_SECTION",
    "EDGE_WEIGHT_SECTION",
    "CAPACITY_SECTION",
    "VEHICLES_ALLOWED_CLIENTS_SECTION",
    "VEHICLES_DEPOT_SECTION",
    "VEHICLES_FIXED_COST_SECTION",
    "VEHICLES_MAX_DISTANCE_SECTION",
    "VEHICLES_MAX_DURATION_SECTION",
    "VEHICLES_MAX_RELOADS_SECTION",
    "VEHICLES_RELOAD_DEPOT_SECTION",
    "VEHICLES_UNIT_DISTANCE_COST_SECTION",
];

/// Numbers of a section with the row borders.
#[derive(Debug, Default)]
struct Section {
    line: usize,
    numbers: Vec<f64>,
    /// Where each row begins in `numbers`, with its line.
    rows: Vec<(usize, usize)>,
}

/// A parsed file.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    words: BTreeMap<String, (usize, String)>,
    sections: BTreeMap<String, Section>,
}

/// A section whose rows are numbered 1, 2, …, with the numbers cut off.
pub(super) struct Columns<'a> {
    name: &'a str,
    section: &'a Section,
}

impl Sheet {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut sheet = Self::default();
        let mut open: Option<(String, Section)> = None;
        for (at, line) in text.lines().enumerate() {
            let (at, line) = (at + 1, line.trim());
            if line.is_empty() {
                continue;
            }
            if line == "EOF" {
                break;
            }
            if let Some((name, value)) = line.split_once(':').filter(|_| begins_with_letter(line)) {
                sheet.close(open.take());
                sheet.word_found(name.trim(), value.trim(), at)?;
            } else if begins_with_letter(line) {
                sheet.close(open.take());
                open = Some((
                    sheet.section_name(line, at)?,
                    Section { line: at, ..Section::default() },
                ));
            } else {
                let Some((_, section)) = &mut open else {
                    return Err(refusal(Rule::SyntaxBroken, at, line));
                };
                section.rows.push((section.numbers.len(), at));
                for token in line.split_whitespace() {
                    section.numbers.push(number(token, at)?);
                }
            }
        }
        sheet.close(open);
        Ok(sheet)
    }

    fn close(&mut self, section: Option<(String, Section)>) {
        self.sections.extend(section);
    }

    fn word_found(&mut self, name: &str, value: &str, line: usize) -> Result<(), Refusal> {
        if !WORDS.contains(&name) {
            return Err(refusal(Rule::FieldUnknown, line, name));
        }
        match self.words.insert(name.to_owned(), (line, value.to_owned())) {
            None => Ok(()),
            // The X set repeats nothing, but other files have several lines of comment.
            Some(_) if name == "COMMENT" => Ok(()),
            Some(_) => Err(refusal(Rule::FieldRepeated, line, name)),
        }
    }

    fn section_name(&self, line: &str, at: usize) -> Result<String, Refusal> {
        let name = line.trim_end_matches(':').trim();
        if !SECTIONS.contains(&name) {
            return Err(refusal(Rule::FieldUnknown, at, name));
        }
        if self.sections.contains_key(name) {
            return Err(refusal(Rule::FieldRepeated, at, name));
        }
        Ok(name.to_owned())
    }

    pub(super) fn missing(&self, name: &str) -> Refusal {
        Refusal::new(Rule::FieldMissing, name, "")
    }

    pub(super) fn has(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        self.words.get(name).map(|(line, value)| number(value, *line)).transpose()
    }

    /// A count from 1 to `most`.
    pub(super) fn count(&self, name: &str, most: usize) -> Result<Option<usize>, Refusal> {
        let Some((line, value)) = self.words.get(name) else { return Ok(None) };
        match value.parse::<usize>() {
            Ok(count) if count > most => Err(refusal(Rule::ListTooLong, *line, value)),
            Ok(count) if count > 0 => Ok(Some(count)),
            Ok(_) | Err(_) => Err(refusal(Rule::ValueWrong, *line, value)),
        }
    }

    /// All numbers of a section, whatever its rows.
    pub(super) fn list(&self, name: &str) -> Result<Option<&[f64]>, Refusal> {
        Ok(self.sections.get(name).map(|section| section.numbers.as_slice()))
    }

    /// A section of `count` rows, numbered from 1 in order.
    pub(super) fn columns<'a>(
        &'a self,
        name: &'a str,
        count: usize,
    ) -> Result<Option<Columns<'a>>, Refusal> {
        let Some(section) = self.sections.get(name) else { return Ok(None) };
        if section.rows.len() != count {
            let found = format!("{} rows of {count}", section.rows.len());
            return Err(refusal(Rule::FieldMissing, section.line, &found));
        }
        Ok(Some(Columns { name, section }))
    }
}

impl<'a> Columns<'a> {
    /// The numbers of a row behind its own number; any count.
    pub(super) fn any(&self, row: usize) -> Result<&'a [f64], Refusal> {
        let (begin, line) = self.section.rows[row];
        let end = self.section.rows.get(row + 1).map_or(self.section.numbers.len(), |next| next.0);
        let numbers = &self.section.numbers[begin..end];
        #[expect(clippy::cast_precision_loss, reason = "rows are far fewer than 2^52")]
        let expected = (row + 1) as f64;
        match numbers.split_first() {
            Some((&index, rest)) if index == expected => Ok(rest),
            Some((index, _)) => {
                let found = format!("{}: row {index}, expected {expected}", self.name);
                Err(refusal(Rule::ValueWrong, line, &found))
            }
            None => Err(refusal(Rule::FieldMissing, line, self.name)),
        }
    }

    /// The numbers of a row behind its own number, exactly `width` of them.
    pub(super) fn row(&self, row: usize, width: usize) -> Result<&'a [f64], Refusal> {
        let numbers = self.any(row)?;
        if numbers.len() != width {
            let found = format!("{}: {} numbers of {width}", self.name, numbers.len());
            return Err(refusal(Rule::ValueWrong, self.section.rows[row].1, &found));
        }
        Ok(numbers)
    }
}

fn begins_with_letter(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_alphabetic())
}
