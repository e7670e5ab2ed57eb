//! Where the private cluster's files are: its home, its data, its log and its socket.
//!
//! It decides paths and makes the folders; it starts nothing.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use super::account::{Account, let_pass};

/// PostgreSQL names its socket after this number. No network port is opened.
pub(super) const SOCKET_PORT: u16 = 5432;

/// `sun_path` holds 108 bytes and the closing zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Where root keeps the cluster of a state directory that no other account can reach.
const ELSEWHERE: &str = "/var/lib/omniroute-hub";

#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Everything of this cluster, and its lock.
    pub(super) home: PathBuf,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    pub(super) socket: PathBuf,
    /// Names this cluster in the titles of its processes, so that a later hub knows them again.
    pub(super) name: String,
    pub(super) account: Account,
}

impl Place {
    pub(super) fn prepare(state_dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(state_dir)
            .with_context(|| format!("creating {}", state_dir.display()))?;
        let state_dir = state_dir
            .canonicalize()
            .with_context(|| format!("resolving {}", state_dir.display()))?;
        let account = Account::choose(&state_dir.join("postgres").join("data"))?;
        let home = home(&state_dir, account)?;
        account.private_dir(&home)?;
        let name = format!("omniroute-{}", digest_of(&home));
        let socket = socket_dir(&home, &name);
        account.private_dir(&socket)?;
        Ok(Self {
            data: home.join("data"),
            log: home.join("postgres.log"),
            home,
            socket,
            name,
            account,
        })
    }
}

/// `<state dir>/postgres`, unless the account cannot get there (a state directory under root's
/// own home): then a folder elsewhere, with a link left in its place.
fn home(state_dir: &Path, account: Account) -> anyhow::Result<PathBuf> {
    let home = state_dir.join("postgres");
    if account.barred_at(state_dir).is_some_and(|folder| folder == state_dir) {
        let_pass(state_dir)?;
    }
    let Some(barrier) = account.barred_at(state_dir) else {
        return Ok(home.canonicalize().unwrap_or(home));
    };
    if home.is_dir() && !home.is_symlink() {
        bail!(
            "the database's account may not pass {}; remedy: chmod o+x {0}, or move the hub's \
             state directory",
            barrier.display()
        );
    }
    let shelter = Path::new(ELSEWHERE);
    std::fs::create_dir_all(shelter).with_context(|| format!("creating {ELSEWHERE}"))?;
    std::fs::set_permissions(shelter, std::fs::Permissions::from_mode(0o711))?;
    let elsewhere = shelter.join(digest_of(state_dir));
    if !home.is_symlink() {
        std::os::unix::fs::symlink(&elsewhere, &home)
            .with_context(|| format!("linking {}", home.display()))?;
    }
    tracing::info!(home = %elsewhere.display(), barrier = %barrier.display(),
        "the database cannot reach the state directory and is kept elsewhere");
    Ok(elsewhere)
}

/// Beside the data when the path is short enough for a socket.
fn socket_dir(home: &Path, name: &str) -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .filter(|dir| !dir.is_empty() && !rustix::process::geteuid().is_root())
        .map(PathBuf::from)
        .filter(|dir| dir.is_dir());
    let nearby = home.join("socket");
    let candidates = [Some(nearby), runtime.map(|dir| dir.join(name))];
    candidates
        .into_iter()
        .flatten()
        .find(|dir| fits_a_socket(dir))
        .unwrap_or_else(|| Path::new("/tmp").join(name))
}

fn fits_a_socket(dir: &Path) -> bool {
    let file = dir.join(format!(".s.PGSQL.{SOCKET_PORT}"));
    file.as_os_str().len() <= SOCKET_PATH_BYTES_MAX
}

/// Sixteen hexadecimal digits that stand for a path.
fn digest_of(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_too_long_for_a_socket_falls_back_to_a_short_one() {
        let short = Path::new("/srv/hub/postgres");
        assert_eq!(socket_dir(short, "omniroute-x"), short.join("socket"));
        let long = PathBuf::from(format!("/srv/{}/postgres", "deep/".repeat(30)));
        let socket = socket_dir(&long, "omniroute-x");
        assert!(fits_a_socket(&socket), "{}", socket.display());
        assert!(socket.ends_with("omniroute-x"));
    }
}
