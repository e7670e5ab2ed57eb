//! What the figures were measured on, and what processes have used of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

/// The kernel counts processor time in hundredths of a second on every Linux that is supported.
const TICK: Duration = Duration::from_millis(10);

/// Where and when: stands at the head of the figures.
#[must_use]
pub(crate) fn described() -> Value {
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "processor": processor(),
        "load_at_start": load(),
        "date": said(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])),
        "commit": said(Command::new("git").args(["rev-parse", "--short", "HEAD"])),
    })
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Processes that wanted a core in the last minute: above 1 the machine was not quiet.
pub(crate) fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.current_dir(system_tests::binaries::workspace()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Processor time of a process and everything it started, ended children included.
#[must_use]
pub(crate) fn cpu_of(process: u32) -> Duration {
    let mut parents = BTreeMap::new();
    let mut ticks = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some((id, parent, used)) = stat(&entry.path()) else { continue };
        parents.insert(id, parent);
        ticks.insert(id, used);
    }
    let is_of = |mut id: u32| loop {
        match (id == process, parents.get(&id)) {
            (true, _) => break true,
            (false, Some(&parent)) if parent != id => id = parent,
            (false, _) => break false,
        }
    };
    let used: u32 = ticks.iter().filter(|(id, _)| is_of(**id)).map(|(_, used)| used).sum();
    TICK * used
}

/// Id, parent and ticks used, from `/proc/<id>/stat`.
fn stat(folder: &std::path::Path) -> Option<(u32, u32, u32)> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // The name in parentheses may hold anything, spaces and parentheses too.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
    // From `proc(5)`: 4 is the parent, 14 to 17 user and system time, own and of ended children.
    let used = number(11)? + number(12)? + number(13)? + number(14)?;
    Some((id, number(1)?, used))
}

/// Resident memory of one process, in bytes.
#[must_use]
pub(crate) fn resident_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let me = std::process::id();
        assert!(resident_bytes(me).is_some_and(|bytes| bytes > 100_000));
        assert!(cpu_of(1) >= cpu_of(me), "everything comes from the first process");
        assert!(described()["cores"].as_u64().is_some_and(|cores| cores > 0));
    }
}
