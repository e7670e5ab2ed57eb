//! The PostgreSQL process itself: its options, its start, its signals, and what an earlier hub
//! left running. It knows no path but those it is given.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::binaries::Binaries;
use super::place::{Place, SOCKET_PORT};

/// Recovery after a power cut replays at most `max_wal_size`; a slow disk may take minutes.
const READY_WAIT: Duration = Duration::from_secs(300);
/// A fast shutdown writes one checkpoint.
const FAST_STOP_WAIT: Duration = Duration::from_secs(60);
const IMMEDIATE_STOP_WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);
/// The log starts anew past this size, keeping one older file.
const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// How much of the log is shown when the start fails.
const LOG_TAIL_BYTES: usize = 1500;

/// Durable before fast; small enough for a box of 2 GB that also runs the hub.
const SETTINGS: [&str; 22] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=64MB",
    "work_mem=8MB",
    "maintenance_work_mem=64MB",
    "wal_buffers=8MB",
    "max_wal_size=1GB",
    "checkpoint_timeout=15min",
    "max_connections=48",
    "jit=off",
    // Parallel workers need /dev/shm, which containers keep small, and cores, which we have few of.
    "max_parallel_workers_per_gather=0",
    "max_parallel_maintenance_workers=0",
    "logging_collector=off",
    "log_destination=stderr",
    // The log starts anew only with the database, which may run for years.
    "log_checkpoints=off",
    "log_line_prefix=%m [%p] ",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
];

/// A running postmaster that this process started.
pub(super) struct Postmaster {
    child: Child,
}

impl Postmaster {
    /// Starts it and waits until it answers.
    pub(super) fn start(binaries: &Binaries, place: &Place) -> anyhow::Result<Self> {
        let log = open_log(&place.log)?;
        let mut command = quiet_command(&binaries.postgres(), place);
        command.arg("-D").arg(&place.data).arg("-k").arg(&place.socket);
        command.arg("-p").arg(SOCKET_PORT.to_string());
        command.arg("-c").arg(format!("cluster_name={}", place.name));
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        command.stdout(log.try_clone()?).stderr(log);
        let child = command
            .spawn()
            .with_context(|| format!("starting {}", binaries.postgres().display()))?;
        let mut postmaster = Self { child };
        match postmaster.wait_until_ready(place) {
            Ok(()) => Ok(postmaster),
            Err(error) => {
                postmaster.stop_immediate();
                Err(error)
            }
        }
    }

    fn wait_until_ready(&mut self, place: &Place) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WAIT;
        while Instant::now() < deadline {
            if let Some(status) = self.exited() {
                bail!(
                    "PostgreSQL ended at once ({status}); its log {} ends:\n{}",
                    place.log.display(),
                    tail(&place.log)
                );
            }
            if is_ready(&place.data, self.child.id()) {
                return Ok(());
            }
            pause();
        }
        bail!(
            "PostgreSQL is not ready after {} s; see {}",
            READY_WAIT.as_secs(),
            place.log.display()
        )
    }

    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends sessions, writes a checkpoint, exits.
    pub(super) fn stop_fast(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::INT);
        if self.wait_for_exit(FAST_STOP_WAIT).is_some() {
            return Ok(());
        }
        self.stop_immediate();
        bail!(
            "PostgreSQL took longer than {} s to stop and was ended; it recovers at the next start",
            FAST_STOP_WAIT.as_secs()
        )
    }

    /// Exits without a checkpoint, as after a power cut. Committed work is in the log of writes.
    pub(super) fn stop_immediate(&mut self) {
        self.signal(Signal::QUIT);
        if self.wait_for_exit(IMMEDIATE_STOP_WAIT).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[cfg(test)]
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&mut self, signal: Signal) {
        if self.exited().is_none() {
            let _ = kill_process(Pid::from_child(&self.child), signal);
        }
    }

    fn wait_for_exit(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.exited() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            pause();
        }
    }
}

/// Waits a moment before looking again.
#[allow(clippy::disallowed_methods, reason = "blocking by contract, and Drop cannot await")]
pub(super) fn pause() {
    std::thread::sleep(POLL);
}

/// A command under the cluster's account, with nothing of the caller's settings or terminal.
pub(super) fn quiet_command(program: &Path, place: &Place) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    command.env_clear().env("TZ", "UTC").env("LC_ALL", "C").stdin(Stdio::null());
    for kept in ["PATH", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    // The caller's folder may be closed to the account; and Ctrl-C in a terminal is for the hub,
    // which then stops the database last.
    command.current_dir(&place.home).process_group(0);
    place.account.lend(&mut command);
    command
}

/// Ends what an earlier hub left running on this cluster, and clears its stale pid file. The
/// caller holds the cluster's lock, so no living hub needs those processes.
pub(super) fn end_leftovers(place: &Place) -> anyhow::Result<()> {
    let deadline = Instant::now() + FAST_STOP_WAIT;
    let orphan = postmaster_pid(&place.data);
    let mut asked = false;
    loop {
        let running = processes_of(&place.name);
        if running.is_empty() {
            break;
        }
        if Instant::now() >= deadline {
            bail!(
                "an earlier database of this hub does not end (process {}); remedy: end it with kill",
                running[0].as_raw_nonzero()
            );
        }
        if !asked {
            tracing::warn!(processes = running.len(), "stopping the database an earlier hub left");
            asked = true;
            match orphan.filter(|pid| running.contains(pid)) {
                Some(postmaster) => kill_process(postmaster, Signal::INT)?,
                // Without their postmaster the backends end by themselves, idle ones when asked.
                None => running.iter().for_each(|pid| {
                    let _ = kill_process(*pid, Signal::TERM);
                }),
            }
        }
        pause();
    }
    // Its number may by now be another program's, which PostgreSQL would take for a postmaster.
    match std::fs::remove_file(place.data.join("postmaster.pid")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("removing the stale postmaster.pid")
        }
        _ => Ok(()),
    }
}

/// Processes of the cluster called `name`: it stands in the postmaster's arguments and in the
/// titles of its children. Titles can be read without any right over the process.
fn processes_of(name: &str) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let of_cluster = |pid: &Pid| {
        let title = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero()));
        title.is_ok_and(|title| is_title_of(&String::from_utf8_lossy(&title), name))
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
        .filter(of_cluster)
        .collect()
}

fn is_title_of(title: &str, name: &str) -> bool {
    let first = title.split('\0').next().unwrap_or_default();
    let is_child = title.starts_with(&format!("postgres: {name}: "));
    let is_postmaster =
        first.ends_with("/postgres") && title.contains(&format!("cluster_name={name}\0"));
    is_child || is_postmaster
}

fn postmaster_pid(data: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// The eighth line of the pid file says whether connections are taken; `pg_ctl -w` reads the same.
fn is_ready(data: &Path, pid: u32) -> bool {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    if std::fs::metadata(path).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
        let _ = std::fs::rename(path, path.with_extension("log.old"));
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))
}

fn tail(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let from = bytes.len().saturating_sub(LOG_TAIL_BYTES);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_processes_of_this_cluster_are_taken_for_its_own() {
        let name = "omniroute-0011";
        assert!(is_title_of("postgres: omniroute-0011: checkpointer \0\0", name));
        assert!(is_title_of("/usr/bin/postgres\0-c\0cluster_name=omniroute-0011\0-c\0x=y\0", name));
        assert!(!is_title_of("postgres: omniroute-00112: checkpointer\0", name));
        assert!(!is_title_of("postgres: checkpointer\0", name));
        assert!(!is_title_of("grep\0cluster_name=omniroute-0011\0", name));
    }
}
