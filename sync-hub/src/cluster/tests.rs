//! A real cluster through a day: made, stopped, killed, orphaned, locked.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::NoTls;

use super::*;

async fn query(cluster: &PrivateCluster, sql: &str) -> Vec<String> {
    let (client, connection) = cluster.connection().connect(NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(sql).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
    messages
        .iter()
        .filter_map(|message| {
            let tokio_postgres::SimpleQueryMessage::Row(row) = message else {
                return None;
            };
            Some(row.get(0)?.to_owned())
        })
        .collect()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        postmaster::pause();
    }
}

impl PrivateCluster {
    /// What a `kill -9` of the hub leaves behind: the lock is free, the postmaster runs on.
    fn abandon(self) -> u32 {
        let mut this = std::mem::ManuallyDrop::new(self);
        this._lock.unlock().unwrap();
        assert!(this.exited().is_none());
        this.postmaster.id()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_outlives_every_kind_of_end() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path();

    let cluster = PrivateCluster::start(state).unwrap();
    query(&cluster, "CREATE TABLE day (n int); INSERT INTO day VALUES (1)").await;
    assert_eq!(query(&cluster, "SHOW synchronous_commit").await, ["on"]);
    assert_eq!(query(&cluster, "SHOW fsync").await, ["on"]);
    assert_eq!(query(&cluster, "SHOW listen_addresses").await, [""]);
    assert_eq!(query(&cluster, "SHOW data_checksums").await, ["on"]);
    assert_eq!(query(&cluster, "SELECT lower('É')").await, ["é"]);
    let second = PrivateCluster::start(state).err().expect("one hub per directory");
    assert!(second.to_string().contains("another hub runs"), "{second}");
    cluster.stop().unwrap();

    let cluster = PrivateCluster::start(state).unwrap();
    query(&cluster, "INSERT INTO day VALUES (2)").await;
    cluster.stop_immediate();

    // The hub is killed: its postmaster runs on and is ended by the next hub.
    let cluster = PrivateCluster::start(state).unwrap();
    query(&cluster, "INSERT INTO day VALUES (3)").await;
    let orphan = cluster.abandon();
    let mut cluster = PrivateCluster::start(state).unwrap();
    assert_ne!(cluster.postmaster.id(), orphan);

    // The postmaster is killed: its pid file and, for a moment, its backends stay.
    query(&cluster, "INSERT INTO day VALUES (4)").await;
    let pid = Pid::from_raw(i32::try_from(cluster.postmaster.id()).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    until("the end of the postmaster", || cluster.exited().is_some());
    drop(cluster);
    let cluster = PrivateCluster::start(state).unwrap();
    assert_eq!(query(&cluster, "SELECT n FROM day ORDER BY n").await, ["1", "2", "3", "4"]);
    cluster.stop().unwrap();
}

#[test]
fn a_pid_file_naming_a_living_stranger_does_not_stop_the_start() {
    let dir = tempfile::tempdir().unwrap();
    PrivateCluster::start(dir.path()).unwrap().stop().unwrap();
    let data = dir.path().join("postgres").join("data");
    std::fs::write(data.join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
    PrivateCluster::start(dir.path()).unwrap().stop().unwrap();
}

#[test]
fn a_half_made_cluster_is_made_anew_and_a_deep_one_gets_a_short_socket() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a".repeat(60)).join("b".repeat(60));
    std::fs::create_dir_all(deep.join("postgres/data.unfinished/base")).unwrap();
    let cluster = PrivateCluster::start(&deep).unwrap();
    assert!(deep.join("postgres/data/PG_VERSION").is_file());
    assert!(!deep.join("postgres/data.unfinished").exists());
    let socket = cluster.place.socket.clone();
    assert!(socket.as_os_str().len() < 100 && socket.join(".s.PGSQL.5432").exists());
    cluster.stop().unwrap();
    std::fs::remove_dir(&socket).unwrap();
}

#[test]
fn a_start_that_fails_shows_what_the_database_said() {
    let dir = tempfile::tempdir().unwrap();
    PrivateCluster::start(dir.path()).unwrap().stop().unwrap();
    let settings = dir.path().join("postgres/data/postgresql.conf");
    std::fs::write(&settings, "no_such_setting = 1\n").unwrap();
    let error = PrivateCluster::start(dir.path()).err().expect("must not start").to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}

#[test]
fn a_state_directory_under_a_closed_folder_still_gets_its_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let closed = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(dir.path(), closed.clone()).unwrap();
    let state = dir.path().join("hub");
    PrivateCluster::start(&state).unwrap().stop().unwrap();
    let cluster = PrivateCluster::start(&state).unwrap();
    let home = cluster.place.home.clone();
    assert_eq!(state.join("postgres").canonicalize().unwrap(), home, "found from where it belongs");
    assert_eq!(std::fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
    cluster.stop().unwrap();
    std::fs::remove_dir_all(home).unwrap();
}
