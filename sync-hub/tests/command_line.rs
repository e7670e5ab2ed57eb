//! The binary as an operator uses it: made once, run, asked things beside the running hub and
//! without it, and stopped by a signal.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn hub(state: &Path, command: &[&str]) -> Command {
    let mut hub = Command::new(env!("CARGO_BIN_EXE_sync-hub"));
    hub.args(command).arg("--state").arg(state);
    hub.env_remove("DATABASE_URL").env_remove("OMNIROUTE_HUB_STATE").env_remove("OMNIROUTE_LOG");
    hub
}

fn run(state: &Path, command: &[&str]) -> Output {
    hub(state, command).output().unwrap()
}

fn must(state: &Path, command: &[&str]) -> String {
    let output = run(state, command);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(state: &Path, command: &[&str]) -> String {
    let output = run(state, command);
    assert!(!output.status.success(), "{command:?} was taken");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("remedy: "), "{command:?}: {errors}");
    errors
}

/// A running hub, ended with the test.
struct Running(Child);

impl Running {
    /// Returns when the hub says where its console is.
    fn start(state: &Path) -> (Self, String) {
        let mut child =
            hub(state, &["serve"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (Self(child), line)
    }

    fn stop(&mut self, signal: Signal) -> bool {
        let pid = Pid::from_child(&self.0);
        kill_process(pid, signal).unwrap();
        self.0.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already when the test went well.
        let _ = self.0.kill();
    }
}

fn sites(status: &str) -> Vec<String> {
    let status: Value = serde_json::from_str(status).unwrap();
    let items = status["items"].as_array().unwrap().iter();
    items.map(|item| format!("{} {}", item["site"], item["status"]).replace('"', "")).collect()
}

#[test]
fn a_hub_is_made_run_asked_and_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let (state, password) = (dir.path().join("hub"), dir.path().join("password"));
    std::fs::write(&password, "four wet umbrellas\n").unwrap();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let quic = format!("127.0.0.1:{port}");
    let mut init = vec!["init", "--region", "nairobi", "--entity", "KE", "--name", "127.0.0.1"];
    init.extend(["--quic", &quic, "--https", "127.0.0.1:0", "--admin", "amina"]);
    init.extend(["--admin-password-file", password.to_str().unwrap()]);

    assert!(refused(&state, &["serve"]).contains("sync-hub init"));
    let made = must(&state, &init);
    assert!(!made.contains("umbrellas"), "{made}");
    assert!(refused(&state, &init).contains("already"));

    // Without a running hub.
    assert!(must(&state, &["invite", "--site", "NBO-1"]).trim().len() > 60);
    assert!(refused(&state, &["pay-rider", "--site", "NBO-1", "--rider", "x"]).contains("NBO-1"));

    // Beside a running one.
    let (mut running, line) = Running::start(&state);
    assert!(line.starts_with("Hub nairobi: console https://127.0.0.1:"), "{line}");
    let token: Value =
        serde_json::from_str(&must(&state, &["invite", "--site", "NBO-2", "--json"])).unwrap();
    assert!(token["expires_ms"].as_i64().unwrap() > 0);
    let invited = ["NBO-1 invited", "NBO-2 invited"];
    assert_eq!(sites(&must(&state, &["status", "--json"])), invited);
    let file = dir.path().join("articles.csv");
    std::fs::write(&file, "StockCode,Description,UnitPrice\nA1,LANTERN,2.55\nA2,,x\n").unwrap();
    let import = ["import-catalogue", file.to_str().unwrap(), "--currency", "KES", "--rate", "165"];
    let report = must(&state, &import);
    assert!(report.contains("1 new or changed articles, 1 prices"), "{report}");
    assert!(report.contains("line 3, UnitPrice \"x\""), "{report}");
    assert!(must(&state, &import).contains("0 new or changed articles, 0 prices"));
    let drawn = must(&state, &["admin", "set-password", "--name", "boss"]);
    assert!(drawn.contains("password "), "{drawn}");
    assert_eq!(must(&state, &["admin", "list"]), "amina\nboss\n");
    assert!(must(&state, &["verify"]).contains("Every chain holds"));
    assert!(running.stop(Signal::TERM), "a stop is no failure");

    // And once more, after it.
    let (mut running, _) = Running::start(&state);
    assert!(running.stop(Signal::INT));
    assert_eq!(sites(&must(&state, &["status", "--json"])), invited);
}
