//! A CSV with named columns, read with errors that name line and column. An empty cell is "not known".

use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Lines of one file; beyond them it is not read.
const LINES_MAX: usize = 20_000_000;

/// A file of rows, by column name.
pub(crate) struct Cells {
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
    name: String,
}

/// One row, which knows its line.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    cells: &'a Cells,
    at: usize,
}

impl Cells {
    pub(crate) fn read(path: &Path, needed: &[&str]) -> Result<Self> {
        let name = path.display().to_string();
        let mut reader =
            csv::Reader::from_path(path).with_context(|| format!("{name} cannot be opened"))?;
        let columns: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        for column in needed {
            if !columns.iter().any(|known| known == column) {
                bail!("{name} has no column `{column}`; remedy: add it, empty where not known");
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            if rows.len() == LINES_MAX {
                bail!("{name} has more than {LINES_MAX} lines; remedy: cut it");
            }
            rows.push(record.with_context(|| format!("{name} is no sound CSV"))?);
        }
        Ok(Self { columns, rows, name })
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        (0..self.rows.len()).map(|at| Line { cells: self, at })
    }
}

impl<'a> Line<'a> {
    /// The cell's text; `None` when it is empty or there is no such column.
    pub(crate) fn text(self, column: &str) -> Option<&'a str> {
        let place = self.cells.columns.iter().position(|known| known == column)?;
        self.cells.rows[self.at].get(place).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(self, column: &str) -> Result<Option<f64>> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => bail!(
                "{}: `{text}` in `{column}` is no number; remedy: a number, or nothing",
                self.place()
            ),
        }
    }

    pub(crate) fn needed(self, column: &str) -> Result<f64> {
        self.number(column)?.with_context(|| {
            format!("{}: `{column}` is empty; remedy: leave the line out", self.place())
        })
    }

    pub(crate) fn needed_text(self, column: &str) -> Result<&'a str> {
        self.text(column).with_context(|| {
            format!("{}: `{column}` is empty; remedy: leave the line out", self.place())
        })
    }

    fn place(self) -> String {
        format!("{} line {}", self.cells.name, self.at + 2)
    }
}
