//! Reading one table of a TOML file so that every fault is found in one go: each method notes what is
//! wrong and goes on with nothing.

use std::str::FromStr;

use toml::{Table, Value};

use crate::problem::ProfileProblem;

/// A table, where it stands, and the faults found so far in the whole file.
pub(crate) struct Section<'t, 'p> {
    path: String,
    table: Option<&'t Table>,
    problems: &'p mut Vec<ProfileProblem>,
}

impl<'t, 'p> Section<'t, 'p> {
    /// `table` is `None` when it was missing, which is noted already.
    pub(crate) fn new(
        path: String,
        table: Option<&'t Table>,
        known: &[&str],
        problems: &'p mut Vec<ProfileProblem>,
    ) -> Self {
        let mut section = Self { path, table, problems };
        for key in
            table.into_iter().flat_map(Table::keys).filter(|key| !known.contains(&key.as_str()))
        {
            section.fault(
                key,
                "is unknown",
                &format!("take it out, or write one of {}", known.join(", ")),
            );
        }
        section
    }

    pub(crate) fn fault(&mut self, key: &str, problem: &str, remedy: &str) {
        let key =
            if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.problems.push(ProfileProblem {
            key,
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    fn value(&mut self, key: &str, remedy: &str) -> Option<&'t Value> {
        let value = self.table?.get(key);
        if value.is_none() {
            self.fault(key, "is missing", remedy);
        }
        value
    }

    /// A table inside this one.
    pub(crate) fn table(&mut self, key: &str) -> Option<&'t Table> {
        let remedy = format!("add a section [{key}]");
        let value = self.value(key, &remedy)?;
        let table = value.as_table();
        if table.is_none() {
            self.fault(key, "is no section", &remedy);
        }
        table
    }

    /// A list, of one item at least and `count_max` at most.
    pub(crate) fn list(&mut self, key: &str, count_max: usize) -> Option<&'t [Value]> {
        let remedy = format!("give a list of 1 to {count_max}");
        let list = self.value(key, &remedy)?.as_array();
        match list {
            Some(list) if (1..=count_max).contains(&list.len()) => Some(list),
            Some(_) | None => {
                self.fault(key, "is no list of the right length", &remedy);
                None
            }
        }
    }

    pub(crate) fn text(&mut self, key: &str) -> Option<&'t str> {
        let remedy = "give text in quotes";
        let text = self.value(key, remedy)?.as_str();
        if text.is_none() {
            self.fault(key, "is no text", remedy);
        }
        text
    }

    /// Text of a type that says itself what is wrong with it: "…; remedy: …".
    pub(crate) fn parsed<T: FromStr>(&mut self, key: &str) -> Option<T>
    where
        T::Err: ToString,
    {
        let text = self.text(key)?;
        text.parse().map_err(|error: T::Err| self.fault_said(key, text, &error.to_string())).ok()
    }

    /// A fault in the words of the core, which end in their remedy.
    pub(crate) fn fault_said(&mut self, key: &str, value: &str, said: &str) {
        let (problem, remedy) =
            said.split_once("; remedy: ").unwrap_or((said, "see the profiles shipped"));
        self.fault(key, &format!("\"{value}\" {problem}"), remedy);
    }

    /// One of a fixed set, by its name.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        key: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.text(key)?;
        let found = all.iter().copied().find(|one| name(*one) == text);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
            self.fault(
                key,
                &format!("\"{text}\" is not known here"),
                &format!("use {}", names.join(", ")),
            );
        }
        found
    }

    pub(crate) fn integer(&mut self, key: &str, least: i64, most: i64) -> Option<i64> {
        let remedy = format!("give a whole number from {least} to {most}");
        let value = self.value(key, &remedy)?.as_integer();
        match value {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(_) | None => {
                self.fault(key, "is no such number", &remedy);
                None
            }
        }
    }

    pub(crate) fn yes_or_no(&mut self, key: &str) -> Option<bool> {
        let remedy = "write true or false";
        let value = self.value(key, remedy)?.as_bool();
        if value.is_none() {
            self.fault(key, "is neither yes nor no", remedy);
        }
        value
    }
}
