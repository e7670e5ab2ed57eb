//! Cuts the power of a whole machine while a depot sells: a kernel of its own (User-Mode Linux) with a
//! disk of its own runs the real store on ext4, and is killed with everything it had not yet written.
//! After each cut it is started again and must hold every entry that was acknowledged. Prints JSON.
//!
//! Needs `linux.uml` and `mkfs.ext4` (Debian: user-mode-linux, e2fsprogs); for the control `libeatmydata1`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program answers on its terminal")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use depot_store::{Asker, Hub, Opening, Store, migrate, put_hub, sync_state, verify, write_beside};
use faults::day::{HUB, NODE, author_key, catalogue, code, hub_key, site};
use faults::dice::Dice;
use serde_json::json;
use shared_model::log::Hash;
use shared_model::workflows::{Command as Wish, Kind};
use uuid::Uuid;

/// Says to this program that it is the first process of a machine that is to lose its power.
const INSIDE: &str = "OMNIROUTE_INSIDE";
const DISK_BYTES: u64 = 512 * 1024 * 1024;
/// People who work at once: their commands share commits.
const PEOPLE: usize = 8;
const START_LONGEST: Duration = Duration::from_secs(90);
const ACK_LONGEST: Duration = Duration::from_secs(30);
const LINES_UNREAD_MAX: usize = 1_024;
/// Ignores every request to write through.
const LIAR: &str = "/usr/lib/x86_64-linux-gnu/libeatmydata.so";

/// Whole-kernel power cuts.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long, default_value_t = 20)]
    cuts: u64,
    /// Acknowledgements between two cuts, at least and at most.
    #[arg(long, default_value_t = 300)]
    acks_min: u64,
    #[arg(long, default_value_t = 900)]
    acks_max: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A control: the machine lies about having written; acknowledged entries must be lost.
    #[arg(long)]
    lie: bool,
    /// Where the disk is made; a folder for temporary files unless given.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    if std::env::var_os(INSIDE).is_some() { inside() } else { cut(&Arguments::parse()) }
}

/// What a run of cuts came to.
#[derive(Debug, Default)]
struct Counts {
    cuts: u64,
    acks: u64,
    /// Acknowledged entries that were not there after the next start.
    lost: u64,
    /// Starts at which the machine or the store did not come up.
    unusable: u64,
}

fn cut(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(arguments.acks_min <= arguments.acks_max, "acks_min is above acks_max");
    let folder = arguments.folder.clone();
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("omniroute-power-cuts"));
    fs::create_dir_all(&folder)?;
    let disk = new_disk(&folder)?;
    let (mut dice, mut counts, mut acked) = (Dice::new(arguments.seed), Counts::default(), 0);
    let began = Instant::now();
    while counts.cuts < arguments.cuts {
        let machine = Machine::start(&disk, arguments.lie, false)?;
        let Some(held) = machine.wait_for("READY", START_LONGEST) else {
            counts.unusable += 1;
            ensure!(arguments.lie, "the store did not open after cut {}", counts.cuts);
            drop(machine);
            (_, acked) = (new_disk(&folder)?, 0);
            continue;
        };
        counts.lost += acked - acked.min(held);
        let wanted = arguments.acks_min
            + dice.below((arguments.acks_max - arguments.acks_min + 1) as usize) as u64;
        let (mut count, mut newest) = (0, held);
        while count < wanted {
            let seq = machine.wait_for("ACK", ACK_LONGEST).context("the machine stands still")?;
            newest = newest.max(seq);
            count += 1;
        }
        // What it said before it died counts too.
        for seq in machine.kill() {
            newest = newest.max(seq);
            count += 1;
        }
        acked = newest;
        (counts.cuts, counts.acks) = (counts.cuts + 1, counts.acks + count);
        eprintln!("cut {}: {} acks, {} lost so far", counts.cuts, counts.acks, counts.lost);
    }
    let last = Machine::start(&disk, false, true)?;
    let held = last.wait_for("READY", START_LONGEST);
    counts.lost += held.map_or(0, |held| acked - acked.min(held));
    let sound = last.wait_for("SOUND", 4 * START_LONGEST).is_some();
    drop(last);
    println!(
        "{:#}",
        json!({
            "cuts": counts.cuts, "acks": counts.acks, "acks_lost": counts.lost,
            "unusable": counts.unusable, "verified": sound, "seed": arguments.seed,
            "lie": arguments.lie, "seconds": began.elapsed().as_secs(),
        })
    );
    let broken = counts.lost > 0 || counts.unusable > 0 || !sound;
    ensure!(arguments.lie || !broken, "a promise was broken");
    ensure!(!arguments.lie || broken, "the control lost nothing: the rig shows nothing");
    Ok(())
}

/// An empty disk with a file system.
fn new_disk(folder: &Path) -> anyhow::Result<PathBuf> {
    let disk = folder.join("disk.img");
    let _ = fs::remove_file(&disk);
    fs::File::create(&disk)?.set_len(DISK_BYTES)?;
    let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&disk).status();
    ensure!(made.context("mkfs.ext4")?.success(), "mkfs.ext4 failed");
    Ok(disk)
}

/// A machine that runs.
struct Machine {
    child: Child,
    lines: Receiver<String>,
}

impl Machine {
    fn start(disk: &Path, lie: bool, then_verify: bool) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let mut command = Command::new("linux.uml");
        command.args(["mem=256M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"]);
        command.args(["quiet", "con=null", "con0=null,fd:1", "panic=1"]);
        command.arg(format!("ubd0={}", disk.display())).arg(format!("init={}", this.display()));
        // What the kernel does not know it hands to the first process as environment.
        command.arg(format!("{INSIDE}={}", if then_verify { "verify" } else { "work" }));
        if lie {
            ensure!(Path::new(LIAR).exists(), "{LIAR} is missing; remedy: install libeatmydata1");
            command.arg(format!("LD_PRELOAD={LIAR}"));
        }
        // Its helper processes die with it.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("linux.uml; remedy: install user-mode-linux")?;
        let stdout = child.stdout.take().context("piped")?;
        let (tell, lines) = sync_channel(LINES_UNREAD_MAX);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// The number behind the next such word; none when the machine ended or is silent for so long.
    fn wait_for(&self, word: &str, longest: Duration) -> Option<u64> {
        loop {
            match self.lines.recv_timeout(longest) {
                Ok(line) => {
                    if let Some(number) = number_behind(&line, word) {
                        return Some(number);
                    }
                    if line.contains("BROKEN") {
                        eprintln!("{line}");
                        return None;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Takes its power away; what it had said until then.
    fn kill(mut self) -> Vec<u64> {
        self.end();
        std::iter::from_fn(|| self.lines.recv().ok())
            .filter_map(|line| number_behind(&line, "ACK"))
            .collect()
    }

    fn end(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.end();
    }
}

fn number_behind(line: &str, word: &str) -> Option<u64> {
    line.trim().strip_prefix(word)?.trim().parse().ok()
}

/// The life of the first process in the machine; it ends with the power.
fn inside() -> anyhow::Result<()> {
    let then_verify = std::env::var(INSIDE).is_ok_and(|asked| asked == "verify");
    if let Err(error) = work(then_verify) {
        say(&format!("BROKEN {error:#}"));
    }
    // The end of the first process is a kernel's panic: wait for the cut instead.
    loop {
        std::thread::park();
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn mount(kind: &str, what: &str, place: &str) -> anyhow::Result<()> {
    let mounted = Command::new("/bin/mount").args(["-t", kind, what, place]).status()?;
    ensure!(mounted.success(), "{what} cannot be mounted");
    Ok(())
}

fn work(then_verify: bool) -> anyhow::Result<()> {
    mount("proc", "proc", "/proc")?;
    mount("ext4", "/dev/ubda", "/mnt")?;
    let database = Path::new("/mnt/depot.sqlite");
    if !database.exists() {
        migrate(database, NODE)?;
        let hub = Hub { node: HUB, author_key: hub_key().public() };
        write_beside(database, |db| put_hub(db, hub))?;
    }
    let opening = Opening { site: site(), author_key: author_key(), process: [7; 16], built_ms: 0 };
    let (store, writer) = Store::open(database, opening)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let held = runtime.block_on(store.read(sync_state))?.head.seq.0;
    if held == 0 {
        let feed = catalogue();
        let position = feed.len() as u64;
        runtime.block_on(store.store_feed(feed, position))?;
    }
    say(&format!("READY {held}"));
    if !then_verify {
        return runtime.block_on(sell(&store, held));
    }
    drop(store);
    let _ = writer.join();
    let scratch = Path::new("/mnt/scratch");
    fs::create_dir_all(scratch)?;
    let found = verify(database, scratch, NODE)?;
    if let Some(fault) = found.faults.first() {
        bail!("{} faults, such as: {fault}", found.faults.len());
    }
    say(&format!("SOUND {}", found.entries));
    Ok(())
}

/// Goods come in until the power goes; each acknowledgement is said.
async fn sell(store: &Store, held: u64) -> anyhow::Result<()> {
    let mut people = tokio::task::JoinSet::new();
    let mut number = u128::from(held) * 64;
    loop {
        while people.len() < PEOPLE {
            number += 1;
            let (store, id) = (store.clone(), number);
            people.spawn(async move { receive(&store, id).await });
        }
        if let Some(done) = people.join_next().await {
            say(&format!("ACK {}", done??));
        }
    }
}

async fn receive(store: &Store, number: u128) -> anyhow::Result<u64> {
    let id =
        |part: u128| Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0002_0000_0000 + 2 * number + part);
    let fields = json!({"id": id(0), "receipt": id(1), "reference": "power", "lines": [
        {"article": code(0), "quantity": 1, "bin": "A-01", "unit_cost_minor": 900}]});
    let kind = Kind::by_name("receive-goods").context("it is a command")?;
    let wish = Wish::parse(kind, &fields).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let hash = *Hash::of(fields.to_string().as_bytes()).as_bytes();
    let answer = store.submit(wish, hash, Asker::NODE).await?;
    Ok(answer.position.seq.0)
}
