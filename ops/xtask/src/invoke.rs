//! Running another program: from the workspace's root, with no standard input, its name in every error.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// One program to run in one folder.
#[derive(Debug)]
pub(crate) struct Invocation {
    shown: String,
    command: Command,
}

impl Invocation {
    /// `line` is split at spaces: none of the arguments given here holds one.
    pub(crate) fn new(folder: &Path, line: &str) -> Self {
        let mut words = line.split_whitespace();
        let program = match words.next() {
            // The cargo that runs this program, not whichever is first in PATH.
            Some("cargo") => std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            Some(other) => other.into(),
            None => "true".into(),
        };
        let mut command = Command::new(program);
        command.args(words).current_dir(folder).stdin(Stdio::null());
        // Set by the cargo that runs this program; a cargo below would take them for its own.
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
            command.env_remove(name);
        }
        Self { shown: line.to_owned(), command }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it with its output shown.
    ///
    /// # Errors
    /// When it is not there, or ends with another status than zero.
    pub(crate) fn run(mut self) -> Result<()> {
        println!("$ {}", self.shown);
        let status =
            self.command.status().with_context(|| format!("cannot start `{}`", self.shown))?;
        if !status.success() {
            bail!("`{}` failed: {status}", self.shown);
        }
        Ok(())
    }

    /// Runs it and takes what it prints on standard output.
    ///
    /// # Errors
    /// As for [`Self::run`]; what it said on standard error is in the error.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self
            .command
            .stderr(Stdio::piped())
            .output()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` failed: {}\n{}", self.shown, output.status, said.trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether it starts and ends well; what it prints is thrown away.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.command.status().is_ok_and(|status| status.success())
    }
}
