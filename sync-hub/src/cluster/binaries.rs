//! Finds an installed PostgreSQL that the hub can run. It installs and downloads nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// Oldest major version the hub's schema is written for.
const MAJOR_MIN: u32 = 15;

/// Names the folder that holds `postgres` and `initdb`, when the search would find another one.
const FOLDER_VARIABLE: &str = "OMNIROUTE_PG_BIN";

const REMEDY: &str = "remedy: install PostgreSQL 15 or newer (on Debian: apt-get install postgresql), \
     or name the folder of its binaries in OMNIROUTE_PG_BIN, or give the hub a DATABASE_URL";

/// Where to look. Read once from the environment, so that the search itself is a plain function.
pub(super) struct Places {
    named: Option<PathBuf>,
    path: OsString,
    installed_under: PathBuf,
}

impl Places {
    pub(super) fn from_environment() -> Self {
        Self {
            named: std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from),
            path: std::env::var_os("PATH").unwrap_or_default(),
            installed_under: PathBuf::from("/usr/lib/postgresql"),
        }
    }

    /// A folder named by a person is the only one; otherwise `PATH` first, then what the
    /// distribution installed.
    fn folders(&self) -> Vec<PathBuf> {
        if let Some(named) = &self.named {
            return vec![named.clone()];
        }
        let mut folders: Vec<PathBuf> = std::env::split_paths(&self.path).collect();
        if let Ok(entries) = std::fs::read_dir(&self.installed_under) {
            folders.extend(entries.flatten().map(|entry| entry.path().join("bin")));
        }
        folders
    }
}

/// One installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The newest one, or the one of the major version that wrote an existing cluster.
    pub(super) fn find(places: &Places, written_by: Option<u32>) -> anyhow::Result<Self> {
        let mut found: Vec<Self> =
            places.folders().iter().filter_map(|folder| Self::in_folder(folder)).collect();
        // Stable: among equals the earlier place wins.
        found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
        let chosen = match written_by {
            Some(major) => found.iter().find(|binaries| binaries.major == major),
            None => found.first().filter(|binaries| binaries.major >= MAJOR_MIN),
        };
        match (chosen, written_by) {
            (Some(binaries), _) => Ok(binaries.clone()),
            (None, Some(major)) => bail!(
                "the hub's cluster was written by PostgreSQL {major}, which is not installed; \
                 remedy: install postgresql-{major}, or move the cluster with pg_upgrade"
            ),
            (None, None) if found.is_empty() => bail!("PostgreSQL is not installed; {REMEDY}"),
            (None, None) => {
                bail!("the installed PostgreSQL is older than {MAJOR_MIN}; {REMEDY}")
            }
        }
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        // Links are followed: initdb looks for its share files beside where it really is.
        let folder = folder.join("postgres").canonicalize().ok()?.parent()?.to_owned();
        if !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { folder, major })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }
}

/// The major version that wrote the cluster in `data`, if there is one.
pub(super) fn written_by(data: &Path) -> anyhow::Result<Option<u32>> {
    let file = data.join("PG_VERSION");
    match std::fs::read_to_string(&file) {
        Ok(text) => {
            Ok(Some(text.trim().parse().with_context(|| format!("reading {}", file.display()))?))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
    }
}

/// `postgres (PostgreSQL) 15.13 (Debian …)`, but also `17beta1` and `18devel`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_binary_prints_them() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("sh: not found"), None);
    }

    #[test]
    fn missing_binaries_are_refused_with_a_remedy() {
        let empty = tempfile::tempdir().unwrap();
        let places =
            Places { named: None, path: OsString::new(), installed_under: empty.path().to_owned() };
        let error = Binaries::find(&places, None).unwrap_err().to_string();
        assert!(error.contains("apt-get install postgresql"), "{error}");
        let named = Places { named: Some(empty.path().to_owned()), ..Places::from_environment() };
        assert!(Binaries::find(&named, None).is_err(), "a named folder is the only place");
    }

    #[test]
    fn a_cluster_is_only_opened_by_the_version_that_wrote_it() {
        let error = Binaries::find(&Places::from_environment(), Some(9)).unwrap_err().to_string();
        assert!(error.contains("install postgresql-9"), "{error}");
    }
}
