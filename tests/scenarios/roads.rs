//! `edge-node roads` at the command line: a whole extract becomes a graph and a map; one that was cut
//! on the way, or is empty, is refused in words, and what was built before stays.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use system_tests::binaries::binary;
use system_tests::process::run;

const CENTRE: &str = "-1.286,36.817";
const BLOCKS: &str = "12";

fn roads(words: &[&str]) -> Command {
    let mut command = Command::new(binary("edge-node"));
    command.arg("roads").args(words).env_remove("OMNIROUTE_STATE");
    command
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// What a command says that does not do it.
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{command:?} was done");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn roads_are_built_of_a_whole_extract_and_kept_when_the_next_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let (extract, out) = (folder.path().join("town.osm.pbf"), folder.path().join("roads"));
    run(roads(&["town", "--centre", CENTRE, "--blocks", BLOCKS]).arg(&extract));
    let build = ["build", text(&extract), "--out", text(&out)];
    let report = run(roads(&build).arg("--json"));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert!(report["segments"].as_u64() > Some(200), "{report}");
    assert_eq!(report["profiles"].as_array().map(Vec::len), Some(3), "{report}");
    let said = run(&mut roads(&build));
    assert!(said.contains("OpenStreetMap contributors, ODbL"), "{said}");
    let graph = std::fs::read(out.join("roads.graph")).expect("the graph");
    let way = ["route", "--out", text(&out), "--from=-1.2865,36.8165", "--to=-1.2835,36.8195"];
    let route = run(roads(&way).arg("--json"));
    let route: Value = serde_json::from_str(&route).expect("JSON");
    assert!(route["metres"].as_u64() > Some(300) && route["estimate"] == false, "{route}");

    let whole = std::fs::read(&extract).expect("the extract");
    for (bytes, reason) in [
        (&whole[..whole.len() / 2], "ends in the middle of a block"),
        (&whole[..0], "is no OpenStreetMap .osm.pbf file"),
        (&b"<osm version='0.6'>"[..], "is no OpenStreetMap .osm.pbf file"),
    ] {
        std::fs::write(&extract, bytes).expect("a file");
        let said = refused(&mut roads(&build));
        assert!(said.contains(reason) && said.contains("remedy"), "{said}");
        let kept = std::fs::read(out.join("roads.graph")).expect("the graph");
        assert!(kept == graph, "what was built before stays");
    }
    let nowhere = refused(&mut roads(&["build", text(&extract)]));
    assert!(nowhere.contains("--state or --out"), "{nowhere}");
    let missing = folder.path().join("none.osm.pbf");
    let said = refused(&mut roads(&["build", text(&missing), "--out", text(&out)]));
    assert!(said.contains("none.osm.pbf"), "{said}");
}
