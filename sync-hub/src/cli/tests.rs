//! What the command line takes, and what it refuses with which words.

use clap::CommandFactory as _;

use super::*;

fn refused(arguments: &[&str]) -> String {
    let line = std::iter::once(&"sync-hub").chain(arguments);
    let error = Cli::try_parse_from(line).expect_err("refused");
    error.to_string()
}

fn taken(arguments: &[&str]) {
    let line = std::iter::once(&"sync-hub").chain(arguments);
    if let Err(error) = Cli::try_parse_from(line) {
        panic!("{arguments:?}: {error}");
    }
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn documented_lines_are_taken() {
    let init =
        ["init", "--state", "d", "--region", "nairobi", "--entity", "KE", "--admin", "amina"];
    taken(&[&init[..], &["--name", "hub.example", "10.0.0.5"]].concat());
    taken(&[&init[..], &["--name", "a", "--name", "b", "--quic", "[::]:7443"]].concat());
    taken(&[&init[..], &["--name", "a", "--admin-password-file", "f"]].concat());
    taken(&["serve", "--state", "d"]);
    taken(&["invite", "--state", "d", "--site", "NBO-1", "--json"]);
    taken(&["status", "--state", "d", "--json"]);
    taken(&[
        "import-catalogue",
        "--state",
        "d",
        "f.csv",
        "--currency",
        "KES",
        "--rate",
        "165",
        "--valid-from",
        "2026-01-01",
        "--tax-class",
        "zero-rated",
        "--problems",
        "p.csv",
    ]);
    taken(&[
        "match-statement",
        "--state",
        "d",
        "--site",
        "NBO-1",
        "--slip",
        "77",
        "--amount-minor",
        "100",
        "--fee-minor",
        "3",
    ]);
    taken(&["pay-rider", "--state", "d", "--site", "NBO-1", "--rider", "Otieno"]);
    taken(&["verify", "--state", "d"]);
    taken(&["admin", "set-password", "--state", "d", "--name", "amina"]);
    taken(&["admin", "list", "--state", "d"]);
}

#[test]
fn what_is_wrong_is_named() {
    let init = |key: &'static str, value: &'static str| {
        let mut line = vec![
            ("--state", "d"),
            ("--region", "nairobi"),
            ("--entity", "KE"),
            ("--admin", "amina"),
            ("--name", "hub.example"),
        ];
        line.retain(|(known, _)| *known != key);
        if !value.is_empty() {
            line.push((key, value));
        }
        let flat = line.iter().flat_map(|(key, value)| [*key, *value]);
        refused(&std::iter::once("init").chain(flat).collect::<Vec<_>>())
    };
    assert!(init("--name", "").contains("--name"));
    assert!(init("--region", "Nairobi!").contains("small letters"));
    assert!(init("--entity", "a b").contains("--entity"));
    assert!(init("--admin", "a b").contains("name of a user"));
    assert!(init("--quic", "7443").contains("--quic"));
    assert!(refused(&["invite", "--state", "d", "--site", "NBO 1"]).contains("--site"));
    assert!(refused(&["invite", "--state", "d"]).contains("--site"));
    let import = ["import-catalogue", "--state", "d", "f.csv", "--currency"];
    assert!(refused(&[&import[..], &["EUR"]].concat()).contains("NGN, KES, ZAR or XAF"));
    let rate = refused(&[&import[..], &["KES", "--rate", "0"]].concat());
    assert!(rate.contains("above zero"), "{rate}");
    let day = refused(&[&import[..], &["KES", "--valid-from", "soon"]].concat());
    assert!(day.contains("2026-01-31"), "{day}");
    assert!(
        refused(&["match-statement", "--state", "d", "--site", "A", "--slip", "1"])
            .contains("--amount-minor")
    );
    assert!(refused(&["serve", "--state", "d", "--port", "1"]).contains("--port"));
    assert!(refused(&[]).contains("Usage"));
}
