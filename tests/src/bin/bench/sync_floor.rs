//! The floor under a sync: a SQLite file read in frames of 2,000 entries, carried over QUIC with
//! mutual TLS on loopback, each chain of hashes verified, merged into one Postgres table, and
//! acknowledged after the commit. It keeps no records, knows no node and resumes nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use edge_node::store::read_only;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Endpoint, RecvStream, SendStream, ServerConfig};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use shared_model::log::{Chain, EntryBytes, Epoch};
use tokio::sync::Semaphore;
use tokio_postgres::{Client, NoTls, Statement};

use crate::machine::cpu_of;
use crate::sync_100k::Cost;

/// As the real session has them.
const FRAME_ENTRIES: i64 = 2_000;
const WINDOW_FRAMES: usize = 4;
const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;
const NAME: &str = "floor";

/// Carries every entry of the log in `database` over.
///
/// # Errors
/// When the file, the link or Postgres fails, or a chain does not hold.
pub(crate) async fn carry(
    database: &Path,
    postgres: &tokio_postgres::Config,
) -> anyhow::Result<Cost> {
    let (client, connection) = postgres.connect(NoTls).await?;
    let database_link = tokio::spawn(connection);
    client
        .batch_execute(
            "CREATE TABLE log (epoch int8, seq int8, hash bytea NOT NULL, bytes bytea NOT NULL,
             PRIMARY KEY (epoch, seq))",
        )
        .await?;
    let (server, dialler) = endpoints()?;
    let address = server.local_addr()?;
    let begun = (Instant::now(), cpu_of(std::process::id()));
    let taking = tokio::spawn(take_in(server, client));
    let connection = dialler.connect(address, NAME)?.await?;
    let (send, receive) = connection.open_bi().await?;
    send_all(database.to_owned(), send, receive).await?;
    let cost = Cost {
        wall: begun.0.elapsed(),
        cpu: cpu_of(std::process::id()).saturating_sub(begun.1),
        bytes: connection.stats().udp_tx.bytes,
    };
    connection.close(0_u32.into(), b"");
    taking.await??;
    database_link.await??;
    Ok(cost)
}

/// Sends frame after frame, at most some unacknowledged; returns once all are acknowledged.
async fn send_all(
    database: PathBuf,
    mut send: SendStream,
    mut receive: RecvStream,
) -> anyhow::Result<()> {
    let window = Arc::new(Semaphore::new(WINDOW_FRAMES));
    let freed = Arc::clone(&window);
    let acknowledged = tokio::spawn(async move {
        let mut frames = 0_u64;
        let mut ack = [0; 8];
        while receive.read_exact(&mut ack).await.is_ok() {
            frames += 1;
            freed.add_permits(1);
        }
        frames
    });
    let (mut after, mut sent) = ((0, 0), 0_u64);
    loop {
        let database = database.clone();
        let read = tokio::task::spawn_blocking(move || read_frame(&database, after));
        let Some((frame, last)) = read.await?? else { break };
        window.acquire().await?.forget();
        send.write_all(&u32::try_from(frame.len())?.to_be_bytes()).await?;
        send.write_all(&frame).await?;
        (after, sent) = (last, sent + 1);
    }
    send.finish()?;
    ensure!(acknowledged.await? == sent, "not every frame was acknowledged");
    Ok(())
}

type Place = (i64, i64);

fn read_frame(database: &Path, after: Place) -> anyhow::Result<Option<(Vec<u8>, Place)>> {
    Ok(read_only(database, |db| {
        let mut statement = db.prepare_cached(
            "SELECT epoch, seq, bytes FROM log WHERE (epoch, seq) > (?1, ?2)
             ORDER BY node, epoch, seq LIMIT ?3",
        )?;
        let mut rows = statement.query((after.0, after.1, FRAME_ENTRIES))?;
        let (mut frame, mut last) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            frame.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes());
            frame.extend_from_slice(bytes);
            last = Some((row.get(0)?, row.get(1)?));
        }
        Ok(last.map(|last| (frame, last)))
    })?)
}

async fn take_in(server: Endpoint, client: Client) -> anyhow::Result<()> {
    let connection = server.accept().await.context("nobody dialled")?.await?;
    let (mut send, mut receive) = connection.accept_bi().await?;
    let insert = client
        .prepare(
            "INSERT INTO log SELECT * FROM unnest($1::int8[], $2::int8[], $3::bytea[], $4::bytea[])
             ON CONFLICT DO NOTHING",
        )
        .await?;
    let mut chain = Chain::start(Epoch(1));
    let mut length = [0; 4];
    while receive.read_exact(&mut length).await.is_ok() {
        let length = u32::from_be_bytes(length) as usize;
        ensure!(length <= FRAME_BYTES_MAX, "a frame of {length} bytes");
        let mut frame = vec![0; length];
        receive.read_exact(&mut frame).await?;
        merge(&client, &insert, &mut chain, &frame).await?;
        send.write_all(&chain.seq.0.to_be_bytes()).await?;
    }
    send.finish()?;
    connection.closed().await;
    Ok(())
}

async fn merge(
    client: &Client,
    insert: &Statement,
    chain: &mut Chain,
    mut frame: &[u8],
) -> anyhow::Result<()> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = frame.split_first_chunk::<4>() {
        let (bytes, rest) = rest
            .split_at_checked(u32::from_be_bytes(*length) as usize)
            .context("a frame ends early")?;
        let entry = EntryBytes::parse(bytes.to_vec())?;
        chain.push(&entry)?;
        entries.push(entry);
        frame = rest;
    }
    let position = |entry: &EntryBytes| entry.entry().position;
    let epochs: Vec<i64> = entries.iter().map(|entry| position(entry).epoch.0.into()).collect();
    let seqs = entries.iter().map(|entry| i64::try_from(position(entry).seq.0));
    let seqs = seqs.collect::<Result<Vec<i64>, _>>()?;
    let hashes: Vec<_> = entries.iter().map(EntryBytes::hash).collect();
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.as_bytes().as_slice()).collect();
    let bodies: Vec<&[u8]> = entries.iter().map(EntryBytes::as_bytes).collect();
    client.execute(insert, &[&epochs, &seqs, &hashes, &bodies]).await?;
    Ok(())
}

/// One identity of its own, known to both ends.
struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn identity() -> anyhow::Result<Identity> {
    let key = rcgen::KeyPair::generate()?;
    let certificate = rcgen::CertificateParams::new(vec![NAME.to_owned()])?.self_signed(&key)?;
    Ok(Identity {
        certificate: certificate.der().clone(),
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    })
}

fn endpoints() -> anyhow::Result<(Endpoint, Endpoint)> {
    let (hub, depot) = (identity()?, identity()?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let only = |certificate: &CertificateDer<'static>| {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).map(|()| Arc::new(roots))
    };
    let depots = only(&depot.certificate)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(depots, Arc::clone(&provider)).build()?;
    let server_tls = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![hub.certificate.clone()], hub.key)?;
    let client_tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(only(&hub.certificate)?)
        .with_client_auth_cert(vec![depot.certificate], depot.key)?;
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(server_tls)?));
    let server = Endpoint::server(server, loopback)?;
    let mut dialler = Endpoint::client(loopback)?;
    let client = QuicClientConfig::try_from(client_tls)?;
    dialler.set_default_client_config(ClientConfig::new(Arc::new(client)));
    Ok((server, dialler))
}
