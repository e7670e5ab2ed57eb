//! Orders from a CSV file: `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country`,
//! one line for each article of an order, in any order of columns. Streams; opens no file and no store.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use shared_model::decimal::Rate;
use shared_model::id::SiteCode;
use shared_model::money::Currency;

use super::gathering::{Gathering, ImportedOrder};
pub use super::line::COLUMNS;
use super::line::{self, Columns, Fields, LINE_BYTES_MAX};
use super::problem::{LineProblem, Reason};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the file does not say about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// Whose orders they are: part of their ids.
    pub site: SiteCode,
    /// The site's currency.
    pub currency: Currency,
    /// From the file's currency to the site's.
    pub rate: Rate,
    /// The file's hours are the site's.
    pub utc_offset_minutes: i32,
}

/// What comes out of a file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Order(Box<ImportedOrder>),
    Problem(LineProblem),
}

/// The file as a whole cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
    #[error("the file is empty; remedy: give a heading with the columns {}", COLUMNS.join(","))]
    Empty,
    #[error("the heading cannot be used: {}", .0.join("; "))]
    Heading(Vec<String>),
}

/// The orders of one file, as it is read.
#[derive(Debug)]
pub struct OrdersCsv<R> {
    lines: Lines<R>,
    fields: Fields,
    columns: Columns,
    conversion: Conversion,
    gathering: Gathering,
    /// One line can close an order and have a problem of its own.
    ready: VecDeque<Item>,
    lines_read: u64,
}

impl<R: BufRead> OrdersCsv<R> {
    /// Reads the heading.
    ///
    /// # Errors
    /// [`OpenError`] when there is none that can be used; nothing is taken in then.
    pub fn open(source: R, conversion: Conversion) -> Result<Self, OpenError> {
        let mut lines = Lines { source, bytes: Vec::new(), number: 0 };
        let mut fields = Fields::new();
        match lines.next()? {
            Line::End => return Err(OpenError::Empty),
            Line::TooLong => {
                return Err(OpenError::Heading(vec![Reason::LineTooLong.problem().to_owned()]));
            }
            Line::Read => {
                let heading = lines.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&lines.bytes);
                if heading.is_empty() {
                    return Err(OpenError::Empty);
                }
                fields.split(heading);
            }
        }
        let columns = Columns::read(&fields).map_err(OpenError::Heading)?;
        let gathering = Gathering::new(conversion.site.clone());
        Ok(Self {
            lines,
            fields,
            columns,
            conversion,
            gathering,
            ready: VecDeque::new(),
            lines_read: 0,
        })
    }

    /// Lines read so far, without the heading and empty ones.
    #[must_use]
    pub const fn lines_read(&self) -> u64 {
        self.lines_read
    }

    /// Reads one line. `false` at the end of the file.
    fn advance(&mut self) -> io::Result<bool> {
        let outcome = match self.lines.next()? {
            Line::End => return Ok(false),
            Line::TooLong => Err(LineProblem::new(self.lines.number, "", "", Reason::LineTooLong)),
            Line::Read if self.lines.bytes.is_empty() => return Ok(true),
            Line::Read => self.take_line(),
        };
        self.lines_read += 1;
        match outcome {
            Ok(None) => {}
            Ok(Some(order)) => self.ready.push_back(Item::Order(Box::new(order))),
            Err(problem) => self.ready.push_back(Item::Problem(problem)),
        }
        Ok(true)
    }

    fn take_line(&mut self) -> Result<Option<ImportedOrder>, LineProblem> {
        self.fields.split(&self.lines.bytes);
        if self.fields.count() != COLUMNS.len() {
            let quotes = self.lines.bytes.iter().filter(|byte| **byte == b'"').count();
            let reason = if quotes % 2 == 1 { Reason::OpenQuote } else { Reason::WrongColumnCount };
            return Err(LineProblem::new(self.lines.number, "", "", reason));
        }
        let row = line::parse(self.lines.number, &self.fields, &self.columns, &self.conversion)?;
        self.gathering.take(row)
    }
}

impl<R: BufRead> Iterator for OrdersCsv<R> {
    /// An error is the disk's or the network's; after one, nothing more comes that can be trusted.
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => {
                    return self.gathering.close().map(|order| Ok(Item::Order(Box::new(order))));
                }
                Err(problem) => return Some(Err(problem)),
            }
        }
    }
}

enum Line {
    Read,
    TooLong,
    End,
}

/// The lines of a source, one at a time, each of bounded length.
#[derive(Debug)]
struct Lines<R> {
    source: R,
    /// The line last read, without its line break.
    bytes: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Line> {
        self.bytes.clear();
        let mut seen_any = false;
        let mut too_long = false;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => continue,
                Err(problem) => return Err(problem),
            };
            if chunk.is_empty() {
                break;
            }
            seen_any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            too_long |= self.bytes.len() + part.len() > LINE_BYTES_MAX;
            if !too_long {
                self.bytes.extend_from_slice(part);
            }
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.source.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !seen_any {
            return Ok(Line::End);
        }
        self.number += 1;
        if self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        Ok(if too_long { Line::TooLong } else { Line::Read })
    }
}

#[cfg(test)]
mod tests;
