//! What became of a file: for a person, as JSON, and as a CSV of the lines to mend.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

use super::gathering::ImportedOrder;
use super::problem::{LineProblem, Reason};

/// Problems of each reason kept for the person who reads the report; all of them are in the CSV.
const SHOWN_OF_EACH_MAX: usize = 2;

/// The account of one file. Every line read is taken in, already known, or refused:
/// `lines_read = lines_in + lines_known + Σ refused`, once the whole file is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub file: String,
    pub lines_read: u64,
    pub orders_in: u64,
    pub lines_in: u64,
    /// Orders that an earlier import took in. They are left as they are.
    pub orders_known: u64,
    pub lines_known: u64,
    pub orders_refused: u64,
    pub refused: BTreeMap<Reason, u64>,
    /// The first problems met of each reason.
    pub problems: Vec<LineProblem>,
}

impl Report {
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            lines_read: 0,
            orders_in: 0,
            lines_in: 0,
            orders_known: 0,
            lines_known: 0,
            orders_refused: 0,
            refused: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    pub fn order_in(&mut self, order: &ImportedOrder) {
        self.orders_in += 1;
        self.lines_in += order.lines.len() as u64;
    }

    pub fn order_known(&mut self, order: &ImportedOrder) {
        self.orders_known += 1;
        self.lines_known += order.lines.len() as u64;
    }

    /// An order read well and refused by the depot; its lines count as refused.
    pub fn order_refused(&mut self, order: &ImportedOrder, problem: &LineProblem) {
        self.orders_refused += 1;
        self.count(problem, order.lines.len() as u64);
    }

    pub fn line_refused(&mut self, problem: &LineProblem) {
        self.count(problem, 1);
    }

    fn count(&mut self, problem: &LineProblem, lines: u64) {
        *self.refused.entry(problem.reason).or_default() += lines;
        let alike = self.problems.iter().filter(|shown| shown.reason == problem.reason).count();
        if alike < SHOWN_OF_EACH_MAX {
            self.problems.push(problem.clone());
        }
    }

    #[must_use]
    pub fn lines_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        writeln!(f, "  lines read      {:>9}", self.lines_read)?;
        writeln!(f, "  orders taken in {:>9}  ({} lines)", self.orders_in, self.lines_in)?;
        writeln!(
            f,
            "  already known   {:>9}  ({} lines, left as they are)",
            self.orders_known, self.lines_known
        )?;
        writeln!(f, "  lines refused   {:>9}", self.lines_refused())?;
        for (reason, lines) in &self.refused {
            writeln!(f, "    {:<20} {lines:>7}  {}", reason.as_str(), reason.remedy())?;
        }
        if !self.problems.is_empty() {
            writeln!(f, "  the first of each:")?;
        }
        for problem in &self.problems {
            writeln!(f, "    {problem}")?;
        }
        Ok(())
    }
}

/// Writes the refused lines as CSV: `line,field,value,reason,problem,remedy`.
pub struct ProblemsCsv<W: Write>(csv::Writer<W>);

impl<W: Write> ProblemsCsv<W> {
    /// # Errors
    /// When `sink` refuses the heading.
    pub fn new(sink: W) -> csv::Result<Self> {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(["line", "field", "value", "reason", "problem", "remedy"])?;
        Ok(Self(writer))
    }

    /// # Errors
    /// When `sink` refuses it.
    pub fn write(&mut self, problem: &LineProblem) -> csv::Result<()> {
        let line = problem.line.to_string();
        let (value, said) = (harmless(&problem.value), harmless(&problem.problem));
        self.0.write_record([
            &line,
            problem.field,
            &value,
            problem.reason.as_str(),
            &said,
            &problem.remedy,
        ])
    }

    /// # Errors
    /// When `sink` refuses what is still held back.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A value from a stranger's file, opened in a spreadsheet, must stay text: not a formula. Negative
/// numbers are only numbers.
fn harmless(value: &str) -> String {
    let number = value
        .strip_prefix('-')
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if value.starts_with(['=', '+', '-', '@']) && !number {
        format!("'{value}")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u64, value: &str, reason: Reason) -> LineProblem {
        LineProblem::new(line, "Quantity", value, reason)
    }

    #[test]
    fn the_report_counts_by_reason_and_shows_the_first() {
        let mut report = Report::new("orders.csv");
        report.lines_read = 40;
        for line in 2..22 {
            report.line_refused(&problem(line, "-1", Reason::NegativeQuantity));
        }
        report.line_refused(&problem(30, "six", Reason::BadQuantity));
        let text = report.to_string();
        assert!(text.contains("negative_quantity         20"), "{text}");
        assert!(text.contains("line 3, Quantity \"-1\": goods are sold"), "{text}");
        assert!(text.contains("line 30, Quantity \"six\": this is no whole number"), "{text}");
        assert!(!text.contains("line 4,"), "{text}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["refused"]["negative_quantity"], 20);
        assert_eq!(json["problems"][0]["line"], 2);
    }

    #[test]
    fn the_csv_of_problems_holds_no_formula() {
        let mut sink = Vec::new();
        let mut csv = ProblemsCsv::new(&mut sink).unwrap();
        csv.write(&problem(3, "=1+1", Reason::BadQuantity)).unwrap();
        csv.write(&problem(4, "-6.0", Reason::NegativeQuantity)).unwrap();
        csv.finish().unwrap();
        let text = String::from_utf8(sink).unwrap();
        assert!(
            text.starts_with(
                "line,field,value,reason,problem,remedy\n3,Quantity,'=1+1,bad_quantity,"
            ),
            "{text}"
        );
        assert!(text.contains("\n4,Quantity,-6.0,negative_quantity,"), "{text}");
    }
}
