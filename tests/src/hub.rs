//! The regional hub as its operator runs it, with a Postgres of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::api::Browser;
use crate::binaries::binary;
use crate::cable::Cable;
use crate::process::{Process, run};

/// A start includes the database's and its migrations.
const START_LONGEST: Duration = Duration::from_secs(90);
/// Where the hub itself listens; the cable's end for depots is on the usual loopback address.
const BEHIND_THE_CABLE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
pub const ADMIN: &str = "admin";
/// A password of the tests: long enough, and not a secret.
pub const PASSWORD: &str = "harambee-7-njia-kuu";

/// A hub's folder and, while it runs, its process.
pub struct Hub {
    state: PathBuf,
    nodes: SocketAddr,
    partners_url: Option<String>,
    running: Option<(Process, u16)>,
}

impl Hub {
    /// Makes and starts a hub for Nairobi that depots reach over a cable.
    #[must_use]
    pub fn create_behind_a_cable(state: &Path) -> (Self, Cable) {
        let port = free_port();
        let mut hub = Self {
            state: state.to_owned(),
            nodes: SocketAddr::from((BEHIND_THE_CABLE, port)),
            partners_url: None,
            running: None,
        };
        let cable = Cable::lay_at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), hub.nodes);
        let password = state.with_extension("password");
        std::fs::write(&password, PASSWORD).expect("a file");
        let mut init = hub.cli("init");
        init.args(["--region", "nairobi", "--entity", "KE", "--name", "127.0.0.1"]);
        init.args(["--quic", &hub.nodes.to_string(), "--https", "127.0.0.1:0"]);
        init.args(["--admin", ADMIN, "--admin-password-file"]).arg(&password);
        run(&mut init);
        hub.serve();
        (hub, cable)
    }

    /// A subcommand on this hub's folder.
    #[must_use]
    pub fn cli(&self, command: &str) -> Command {
        let mut cli = Command::new(binary("sync-hub"));
        cli.arg(command).arg("--state").arg(&self.state).env("OMNIROUTE_LOG", "warn");
        cli.env_remove("DATABASE_URL");
        cli
    }

    /// A subcommand of a subcommand on this hub's folder.
    #[must_use]
    pub fn nested(&self, words: &[&str]) -> Command {
        let mut cli = Command::new(binary("sync-hub"));
        cli.args(words).arg("--state").arg(&self.state).env("OMNIROUTE_LOG", "warn");
        cli.env_remove("DATABASE_URL");
        cli
    }

    /// # Panics
    /// When it runs already or does not start.
    pub fn serve(&mut self) {
        assert!(self.running.is_none(), "the hub runs");
        let mut command = self.cli("serve");
        command.env("OMNIROUTE_LOG", std::env::var("OMNIROUTE_LOG").unwrap_or("error".into()));
        if let Some(url) = &self.partners_url {
            command.env("OMNIROUTE_HUB_PARTNERS_URL", url);
        }
        let process = Process::start(command);
        let console = process.line(START_LONGEST, |line| {
            line.split("https://").nth(1)?.split('/').next()?.rsplit(':').next()?.parse().ok()
        });
        self.running = Some((process, console));
    }

    /// From its next start on it hands events on to partners.
    pub fn hand_on_to(&mut self, url: &str) {
        self.partners_url = Some(url.to_owned());
    }

    /// SIGKILL: the hub's database goes on without it, as it would.
    pub fn kill9(&mut self) {
        self.running.take().expect("the hub runs").0.kill9();
    }

    pub fn stop(&mut self) {
        self.running.take().expect("the hub runs").0.terminate();
    }

    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.running.as_ref().expect("the hub runs").0.id()
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.running.as_ref().expect("the hub runs").1)
    }

    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// A one-time token for a depot.
    #[must_use]
    pub fn invite(&self, site: &str) -> String {
        run(self.cli("invite").args(["--site", site])).trim().to_owned()
    }

    /// Publishes the articles and prices of a file of orders.
    pub fn import_catalogue(&self, file: &Path, rate: &str) {
        let mut import = self.cli("import-catalogue");
        run(import.arg(file).args(["--currency", "KES", "--rate", rate]));
    }

    /// The console, signed in.
    ///
    /// # Panics
    /// When the sign-in fails.
    #[must_use]
    pub fn console(&self) -> Browser {
        let root = self.state.join("pki").join("root-certificate.pem");
        let pem = std::fs::read_to_string(&root).expect("the region's root");
        let browser = Browser::new(&self.url(), &pem);
        let signed = browser.post("/api/v1/session", &json!({"name": ADMIN, "password": PASSWORD}));
        let _ = signed.ok();
        browser
    }

    /// `sync-hub verify`.
    pub fn verify(&self) {
        run(&mut self.cli("verify"));
    }
}

impl Drop for Hub {
    /// A killed hub leaves its database running; an orderly start and stop ends it.
    fn drop(&mut self) {
        if let Some((process, _)) = self.running.take() {
            process.terminate();
        }
    }
}

/// A port that is free for UDP and TCP on both ends of the cable.
fn free_port() -> u16 {
    loop {
        let near = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = near.local_addr().expect("bound").port();
        let tcp =
            [Ipv4Addr::LOCALHOST, BEHIND_THE_CABLE].map(|host| TcpListener::bind((host, port)));
        if UdpSocket::bind((BEHIND_THE_CABLE, port)).is_ok() && tcp.iter().all(Result::is_ok) {
            return port;
        }
    }
}
