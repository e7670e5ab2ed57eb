//! A box whose clock battery died.

use std::path::PathBuf;

use serde_json::json;
use system_tests::api::fresh;
use system_tests::depot::Depot;

/// One article in the catalogue, by way of an imported order.
const ORDER: &str = "1,22423,CAKE STAND,1.0,2011-05-13 08:09:00,12.75,15129.0,Kenya";

#[test]
fn clock_at_1970_still_sells() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = Depot::create(&folder.path().join("nbo-1"), "NBO-1");
    depot.import_lines(ORDER);
    // Not the `faketime` command: it stays between us and the depot, and takes our signals.
    let preload = format!("LD_PRELOAD={}", faketime_library().display());
    depot.wrap(&[
        "env",
        &preload,
        "FAKETIME=@1970-01-02 00:00:00",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]);
    depot.serve();
    // The browser's clock is right; the depot's certificate must satisfy both.
    let manager = depot.signed_in("manager");
    for _ in 0..3 {
        let _ = manager.done("receive-goods", json!({
            "receipt": fresh(), "reference": "battery",
            "lines": [{"article": "22423", "quantity": 5, "bin": "A-01", "unit_cost_minor": 900}],
        }));
    }
    assert_eq!(manager.get("/api/v1/articles/22423")["on_hand"], json!(15));
    assert_eq!(manager.get("/api/v1/sync")["clock_trusted"], json!(false));
    depot.stop();
    depot.verify();
    depot.wrap(&["env"]);
    depot.serve();
    let manager = depot.signed_in("manager");
    let _ = manager.done(
        "move-stock",
        json!({
            "article": "22423", "quantity": 1, "from_bin": "A-01", "to_bin": "A-02",
        }),
    );
    assert_eq!(manager.get("/api/v1/sync")["clock_trusted"], json!(true));
}

/// Debian keeps it in a folder named after the machine's architecture.
pub(crate) fn faketime_library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a Debian system");
    folders
        .filter_map(|folder| Some(folder.ok()?.path().join("faketime/libfaketimeMT.so.1")))
        .find(|library| library.exists())
        .expect("libfaketime is needed; remedy: ./ops/install --for test")
}
