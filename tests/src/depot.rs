//! A depot as its people run it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Browser, plain_text};
use crate::binaries::{binary, workspace};
use crate::process::{Process, run};
use crate::wait::until;

/// A start includes migrations and a hash; on a busy machine it takes a while.
const START_LONGEST: Duration = Duration::from_secs(60);

/// Where a depot serves its pages; port 0 takes a free one.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    pub bind: IpAddr,
    pub https_port: u16,
    pub http_port: u16,
}

impl Listen {
    pub const LOOPBACK: Self =
        Self { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), https_port: 0, http_port: 0 };
}

/// A depot's folder and, while it runs, its process.
pub struct Depot {
    pub site: String,
    state: PathBuf,
    people: BTreeMap<&'static str, (String, &'static str)>,
    running: Option<Running>,
    /// Put before the binary, such as `faketime`.
    wrapper: Vec<String>,
    listen: Listen,
}

struct Running {
    process: Process,
    https: SocketAddr,
    authority_pem: String,
}

/// Role and PIN of the people every depot of the tests has.
const PEOPLE: &[(&str, &str)] = &[
    ("manager", "4071"),
    ("clerk", "5182"),
    ("cashier", "6293"),
    ("picker", "7304"),
    ("dispatcher", "8415"),
    ("rider", "9526"),
];

impl Depot {
    /// Makes a depot of a shipped profile, with one person of each role.
    #[must_use]
    pub fn create(state: &Path, site: &str) -> Self {
        let profile = workspace()
            .join("firmware-config/profiles")
            .join(format!("{}.toml", site.to_lowercase()));
        let mut depot = Self {
            site: site.to_owned(),
            state: state.to_owned(),
            people: BTreeMap::new(),
            running: None,
            wrapper: Vec::new(),
            listen: Listen::LOOPBACK,
        };
        run(depot.cli("init").arg("--profile").arg(profile));
        for (role, pin) in PEOPLE {
            let said = run(depot.cli("staff").args(["--name", role, "--role", role, "--pin", pin]));
            let staff = said.rsplit(' ').next().expect("an id").trim().to_owned();
            depot.people.insert(role, (staff, pin));
        }
        depot
    }

    /// The same depot from another folder: a copy or a restored backup.
    #[must_use]
    pub fn at(&self, state: &Path) -> Self {
        Self {
            site: self.site.clone(),
            state: state.to_owned(),
            people: self.people.clone(),
            running: None,
            wrapper: Vec::new(),
            listen: Listen::LOOPBACK,
        }
    }

    /// Runs the binary under another command from the next start on.
    pub fn wrap(&mut self, wrapper: &[&str]) {
        self.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
    }

    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// A subcommand on this depot's folder.
    #[must_use]
    pub fn cli(&self, command: &str) -> Command {
        let mut cli = Command::new(binary("edge-node"));
        match command {
            "staff" => cli.args(["staff", "add"]),
            "device" => cli.args(["device", "pair"]),
            "import" => cli.args(["import", "orders"]),
            other => cli.arg(other),
        };
        cli.arg("--state").arg(&self.state).env("OMNIROUTE_LOG", "warn");
        cli
    }

    /// A subcommand of a subcommand on this depot's folder.
    #[must_use]
    pub fn nested(&self, words: &[&str]) -> Command {
        let mut cli = Command::new(binary("edge-node"));
        cli.args(words).arg("--state").arg(&self.state).env("OMNIROUTE_LOG", "warn");
        cli
    }

    pub fn enrol(&self, token: &str) {
        run(self.cli("enrol").args(["--token", token]));
    }

    /// Where it serves from the next start on.
    pub const fn listen(&mut self, listen: Listen) {
        self.listen = listen;
    }

    /// Starts the server on free ports of the loopback address.
    ///
    /// # Panics
    /// When it runs already or does not start.
    pub fn serve(&mut self) {
        self.serve_with(&[]);
    }

    /// The same, with more on its command line.
    ///
    /// # Panics
    /// When it runs already or does not start.
    pub fn serve_with(&mut self, more: &[&str]) {
        assert!(self.running.is_none(), "{} runs", self.site);
        let mut words = self.wrapper.clone();
        words.push(binary("edge-node").display().to_string());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("serve").arg("--state").arg(&self.state);
        let Listen { bind, https_port, http_port } = self.listen;
        command.args(["--bind", &bind.to_string()]);
        command.args(["--https-port", &https_port.to_string()]);
        command.args(["--http-port", &http_port.to_string()]).args(more);
        command.env("OMNIROUTE_LOG", std::env::var("OMNIROUTE_LOG").unwrap_or("error".into()));
        let process = Process::start(command);
        let (https, http) = process.line(START_LONGEST, |line| {
            let https: SocketAddr =
                line.split("https://").nth(1)?.split(' ').next()?.parse().ok()?;
            let http: SocketAddr = line.split("http://").nth(1)?.split('/').next()?.parse().ok()?;
            Some((dialled(https), dialled(http)))
        });
        let authority_pem = plain_text(&format!("http://{http}/ca.pem"));
        self.running = Some(Running { process, https, authority_pem });
    }

    /// Starts on the same port from now on: an open page knows no other.
    pub fn keep_port(&mut self) {
        self.listen.https_port = self.running().https.port();
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the depot runs")
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.running().https)
    }

    /// What its pages' certificate hangs from.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.running().authority_pem
    }

    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.running().process.id()
    }

    /// A browser that has not been paired.
    #[must_use]
    pub fn stranger(&self) -> Browser {
        let running = self.running();
        Browser::new(&self.url(), &running.authority_pem)
    }

    /// The id of the person with a role.
    #[must_use]
    pub fn person(&self, role: &str) -> &str {
        &self.people[role].0
    }

    /// The PIN of the person with a role.
    #[must_use]
    pub fn pin(&self, role: &str) -> &'static str {
        self.people[role].1
    }

    /// A one-time code for a new device.
    #[must_use]
    pub fn pairing_code(&self) -> String {
        run(&mut self.cli("device")).trim().to_owned()
    }

    /// A paired browser in which the person with this role is signed in.
    #[must_use]
    pub fn signed_in(&self, role: &str) -> Browser {
        let browser = self.stranger();
        let code = self.pairing_code();
        let _ = browser.post("/api/v1/device", &json!({"code": code, "name": role})).ok();
        let (staff, pin) = &self.people[role];
        let _ = browser.post("/api/v1/session", &json!({"staff": staff, "pin": pin})).ok();
        browser
    }

    /// SIGKILL.
    pub fn kill9(&mut self) {
        self.running.take().expect("the depot runs").process.kill9();
    }

    /// An orderly stop.
    pub fn stop(&mut self) {
        self.running.take().expect("the depot runs").process.terminate();
    }

    /// `edge-node status --json`.
    #[must_use]
    pub fn status(&self) -> Value {
        let said = run(self.cli("status").arg("--json"));
        serde_json::from_str(&said).expect("JSON")
    }

    /// `edge-node verify`: chains, sums, and the records against the log.
    pub fn verify(&self) {
        run(&mut self.cli("verify"));
    }

    /// Waits until the hub has everything.
    pub fn wait_until_sent(&self, longest: Duration) {
        until("everything is at the hub", longest, || (self.status()["unsent"] == 0).then_some(()));
    }
}

/// How to dial a server that listens on `address`.
fn dialled(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}
