//! Whose account PostgreSQL runs under, and what that account must be able to reach.
//!
//! PostgreSQL refuses to run as root, so a hub started as root lends its cluster to an unprivileged
//! account. Nothing outside the hub's own state directory has its rights changed.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// Accounts tried in turn when the hub is root.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// A user and group that are not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// The hub's own account, or, for root, the one that already owns the cluster, or one of
    /// [`CANDIDATES`].
    pub(super) fn choose(data: &Path) -> anyhow::Result<Self> {
        let own = rustix::process::geteuid();
        if !own.is_root() {
            return Ok(Self { uid: own.as_raw(), gid: rustix::process::getegid().as_raw() });
        }
        if let Ok(owned) = std::fs::metadata(data)
            && owned.uid() != 0
        {
            return Ok(Self { uid: owned.uid(), gid: owned.gid() });
        }
        let accounts = std::fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        CANDIDATES.iter().find_map(|name| account_named(&accounts, name)).context(
            "PostgreSQL refuses to run as root and there is neither a user postgres nor nobody; \
             remedy: start the hub as an ordinary user, or add one with: adduser --system postgres",
        )
    }

    /// Makes `command` run as this account. Only root can and needs to change.
    pub(super) fn lend(self, command: &mut Command) {
        if rustix::process::geteuid().is_root() {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// A directory that only this account (and root) may enter.
    pub(super) fn private_dir(self, dir: &Path) -> anyhow::Result<()> {
        let made = std::fs::DirBuilder::new().mode(0o700).create(dir);
        match made {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("creating {}", dir.display())),
        }
        // Not followed: in a shared folder such as /tmp somebody else may have put a link there.
        let found = std::fs::symlink_metadata(dir)?;
        if !found.is_dir() || ![0, self.uid].contains(&found.uid()) {
            bail!(
                "{} belongs to somebody else; remedy: remove it and start the hub again",
                dir.display()
            );
        }
        if found.uid() != self.uid {
            std::os::unix::fs::chown(dir, Some(self.uid), Some(self.gid))
                .with_context(|| format!("giving {} to the database", dir.display()))?;
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
            .with_context(|| format!("making {} private", dir.display()))
    }

    /// The first folder on the way to `dir`, itself included, that this account may not pass.
    pub(super) fn barred_at(self, dir: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = dir.ancestors().collect();
        way.reverse();
        let barred = way.into_iter().find(|folder| !self.passes(folder));
        barred.map(Path::to_owned)
    }

    fn passes(self, folder: &Path) -> bool {
        let Ok(found) = std::fs::metadata(folder) else {
            return false;
        };
        let bit = if found.uid() == self.uid {
            0o100
        } else if found.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        self.uid == 0 || found.mode() & bit != 0
    }
}

/// Lets any account pass through `folder` without seeing what is in it.
pub(super) fn let_pass(folder: &Path) -> anyhow::Result<()> {
    let mode = std::fs::metadata(folder)?.mode() | 0o001;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode & 0o7777))
        .with_context(|| format!("letting the database pass through {}", folder.display()))
}

/// `name:password:uid:gid:…`, as in passwd(5).
fn account_named(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    (uid != 0).then_some(Account { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_passwd_and_root_is_never_one() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/bash\n";
        assert_eq!(account_named(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(account_named(passwd, "post"), None);
        assert_eq!(account_named(passwd, "root"), None);
    }

    #[test]
    fn a_private_folder_bars_the_way_for_others_only() {
        let dir = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(dir.path(), private).unwrap();
        let own = std::fs::metadata(dir.path()).unwrap();
        let stranger = Account { uid: own.uid() + 4711, gid: own.gid() + 4711 };
        let inside = dir.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        assert_eq!(stranger.barred_at(&inside), Some(dir.path().to_owned()));
        let_pass(dir.path()).unwrap();
        assert_eq!(stranger.barred_at(&inside), None);
    }
}
