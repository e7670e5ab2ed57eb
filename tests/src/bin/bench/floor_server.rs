//! The floor under a depot: a bare handler with the depot's own commit discipline. It takes the
//! same request over the same TLS, hands it to one writer thread, which commits whatever waits
//! together (WAL, `synchronous=FULL`) and then answers. It decides nothing and checks nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_server::tls_rustls::RustlsConfig;
use rusqlite::{Connection, TransactionBehavior};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::sync::{mpsc, oneshot};

/// Of the writer's queue and of one commit: the same as the depot's.
const QUEUE_MAX: usize = 1_024;
const COMMIT_JOBS_MAX: usize = 256;
/// Checkpoints: begun at so many pages, left to the writer at so few, after at most so many passes.
const CHECKPOINT_PAGES: i64 = 4_000;
const REST_PAGES_MAX: i64 = 1_000;
const PASSES_MAX: usize = 4;
/// What one order writes: its log entry, its record, its note for the hub.
const LOG_BYTES: usize = 300;
const DOCUMENT_BYTES: usize = 1_024;
const CHANGE_BYTES: usize = 200;

type Job = (Bytes, oneshot::Sender<u64>);

/// Serves until the process is ended; says where on standard output.
///
/// # Errors
/// When it cannot start.
pub(crate) fn serve(folder: &Path) -> anyhow::Result<()> {
    let (jobs, queue) = mpsc::channel(QUEUE_MAX);
    let path = folder.join("floor.sqlite");
    let db = open(&path)?;
    db.execute_batch(
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
         CREATE TABLE document (id BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT;
         CREATE TABLE change (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;",
    )?;
    std::thread::Builder::new()
        .name("floor-writer".to_owned())
        .spawn(move || write_all(db, queue, &path))?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(listen(folder, jobs))
}

async fn listen(folder: &Path, jobs: mpsc::Sender<Job>) -> anyhow::Result<()> {
    let key = rcgen::KeyPair::generate()?;
    let certificate =
        rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])?.self_signed(&key)?;
    std::fs::write(folder.join("floor.pem"), certificate.pem())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    listener.set_nonblocking(true)?;
    announce(listener.local_addr()?);
    let app = Router::new().route("/api/v1/commands/{name}", post(take)).with_state(jobs);
    let tls = RustlsConfig::from_config(Arc::new(tls));
    axum_server::from_tcp_rustls(listener, tls)?.serve(app.into_make_service()).await?;
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the bench reads the address here")]
fn announce(address: SocketAddr) {
    println!("floor serves {address}");
}

async fn take(State(jobs): State<mpsc::Sender<Job>>, body: Bytes) -> Response {
    let (answer, wait) = oneshot::channel();
    if jobs.try_send((body, answer)).is_err() {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    match wait.await {
        Ok(seq) => {
            let body =
                format!(r#"{{"entry":{{"seq":{seq}}},"reply":{{"number":"NBO-1-{seq:06}"}}}}"#);
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// As the depot opens its store.
fn open(path: &Path) -> anyhow::Result<Connection> {
    #[expect(clippy::disallowed_methods, reason = "the floor sets the pragmas of the store")]
    let db = Connection::open(path)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "cache_size", -16_000)?;
    Ok(db)
}

fn write_all(mut db: Connection, mut queue: mpsc::Receiver<Job>, path: &Path) {
    let (wake, little_left) = checkpoints(path.to_owned());
    let mut seq = 0;
    while let Some(first) = queue.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < COMMIT_JOBS_MAX
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
        if let Err(error) = commit(&mut db, &jobs, &mut seq) {
            fail(&error);
            return;
        }
        let first = seq + 1 - jobs.len() as u64;
        for (seq, (_, answer)) in (first..).zip(jobs) {
            let _ = answer.send(seq);
        }
        if little_left.swap(false, Ordering::AcqRel) {
            copy(&db);
        }
        if pages_to_copy(&db) >= CHECKPOINT_PAGES {
            let _ = wake.try_send(());
        }
    }
}

#[allow(clippy::print_stderr, reason = "the floor has no log")]
fn fail(error: &anyhow::Error) {
    eprintln!("the floor cannot write: {error:#}");
}

fn commit(db: &mut Connection, jobs: &[Job], seq: &mut u64) -> anyhow::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (body, _) in jobs {
        *seq += 1;
        let at = body.windows(9).position(|bytes| bytes == b"\"order\":\"").context("no order")?;
        let id = body.get(at + 9..at + 45).context("no id")?;
        let id = uuid::Uuid::try_parse_ascii(id)?;
        let mut filled = body.repeat(1 + DOCUMENT_BYTES / body.len().max(1));
        filled.truncate(DOCUMENT_BYTES);
        let sql = i64::try_from(*seq)?;
        transaction
            .prepare_cached("INSERT INTO log (seq, bytes) VALUES (?1, ?2)")?
            .execute((sql, &filled[..LOG_BYTES]))?;
        transaction
            .prepare_cached("INSERT INTO document (id, body) VALUES (?1, ?2)")?
            .execute((id.as_bytes(), &filled))?;
        transaction
            .prepare_cached("INSERT INTO change (seq, bytes) VALUES (?1, ?2)")?
            .execute((sql, &filled[..CHANGE_BYTES]))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Checkpoints beside the writer, as the depot has them.
fn checkpoints(path: PathBuf) -> (SyncSender<()>, Arc<AtomicBool>) {
    let (wake, woken) = sync_channel(1);
    let little_left = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&little_left);
    std::thread::spawn(move || {
        let Ok(db) = open(&path) else { return };
        while woken.recv().is_ok() {
            for _ in 0..PASSES_MAX {
                copy(&db);
                if pages_to_copy(&db) <= REST_PAGES_MAX {
                    tell.store(true, Ordering::Release);
                    break;
                }
            }
        }
    });
    (wake, little_left)
}

fn copy(db: &Connection) {
    let _ = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

fn pages_to_copy(db: &Connection) -> i64 {
    db.prepare_cached("PRAGMA wal_checkpoint(NOOP)")
        .and_then(|mut look| {
            look.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
        })
        .unwrap_or(0)
}
