//! What is wrong with a profile.

use std::fmt;

/// One fault: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileProblem {
    /// As in the file, such as `lan.https_port` or `bins[2].code`; empty when the file is no TOML.
    pub key: String,
    pub problem: String,
    pub remedy: String,
}

impl fmt::Display for ProfileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; remedy: {}", self.problem, self.remedy)
    }
}

impl std::error::Error for ProfileProblem {}
