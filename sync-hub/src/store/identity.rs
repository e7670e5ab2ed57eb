//! Who the hub is: its node id in the database, its author key in a file beside it, and the
//! incarnation of the database, which changes when somebody restores an older state of it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use deadpool_postgres::{GenericClient, Object};
use shared_model::id::NodeId;
use shared_model::log::{AuthorKey, AuthorPublicKey};
use uuid::Uuid;

use super::error::StoreError;
use super::{Identity, StoreConfig, uuid_v7};

const INCARNATION_CONTEXT: &str = "omniroute hub store incarnation v1";
pub(super) const INCARNATION_BYTES: usize = 16;

/// The timeline is a new one after every recovery to an earlier point; the control file would say
/// so only at its next checkpoint.
const WHERE_WE_ARE: &str = "SELECT seed, system_identifier,
        substring(pg_walfile_name(pg_current_wal_lsn()) for 8) AS timeline
    FROM hub, pg_control_system()";

/// Reads the hub's author key, drawing it at the first start.
pub(super) fn author_key(state_dir: &Path) -> anyhow::Result<AuthorKey> {
    let folder = state_dir.join("secrets");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join("author_key");
    let secret = match std::fs::read(&path) {
        Ok(secret) => secret,
        Err(error) if error.kind() == ErrorKind::NotFound => draw(&path)?,
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let secret: [u8; 32] = secret.as_slice().try_into().with_context(|| {
        format!(
            "{} holds no author key; remedy: restore it from the backup of the state directory",
            path.display()
        )
    })?;
    Ok(AuthorKey::from_secret(&secret))
}

/// Under another name first: a crash leaves no half of a key.
fn draw(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut secret = vec![0; 32];
    getrandom::fill(&mut secret).context("drawing the author key")?;
    let unfinished = path.with_extension("unfinished");
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(&secret)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)?;
        std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    })();
    written.with_context(|| format!("writing {}", path.display()))?;
    Ok(secret)
}

/// Reads who the hub of this database is; the first to ask decides.
pub(super) async fn establish(
    client: &mut Object,
    config: &StoreConfig,
    author_key: AuthorPublicKey,
) -> anyhow::Result<Identity> {
    let mut seed = [0_u8; 16];
    getrandom::fill(&mut seed).context("drawing the store's seed")?;
    let (node, region) = (uuid_v7(), config.region.as_str());
    let key = author_key.as_bytes().as_slice();
    let made = client
        .execute(
            "INSERT INTO hub (node, region, author_key, seed, incarnation)
             VALUES ($1, $2, $3, $4, '') ON CONFLICT DO NOTHING",
            &[&node, &region, &key, &seed.as_slice()],
        )
        .await?;
    if made > 0 {
        let incarnation = incarnation(client).await?;
        client.execute("UPDATE hub SET incarnation = $1", &[&incarnation]).await?;
    }
    let row = client.query_one("SELECT node, region, author_key FROM hub", &[]).await?;
    let (node, known_region): (Uuid, String) = (row.get(0), row.get(1));
    ensure!(
        known_region == region,
        "the database holds region {known_region}, not {region}; remedy: start the hub with its \
         own region, or with another database"
    );
    let known: Vec<u8> = row.get(2);
    ensure!(
        known == key,
        "the database belongs to a hub with another author key; remedy: restore secrets/author_key \
         of that hub into {}",
        config.state_dir.display()
    );
    Ok(Identity {
        node: NodeId::new(node),
        region: config.region.clone(),
        entity: config.entity.clone(),
        author_key,
    })
}

/// Which life of the database this is.
pub(super) async fn incarnation(client: &impl GenericClient) -> Result<Vec<u8>, StoreError> {
    let statement = client.prepare_cached(WHERE_WE_ARE).await?;
    let row = client.query_one(&statement, &[]).await?;
    let (seed, system, timeline): (Vec<u8>, i64, String) = (row.get(0), row.get(1), row.get(2));
    let mut hasher = blake3::Hasher::new_derive_key(INCARNATION_CONTEXT);
    hasher.update(&seed);
    hasher.update(&system.to_be_bytes());
    hasher.update(timeline.as_bytes());
    Ok(hasher.finalize().as_bytes()[..INCARNATION_BYTES].to_vec())
}

/// Counts the lives of the database: a recovery to an earlier point begins the next one.
pub(super) async fn timeline(client: &impl GenericClient) -> Result<u32, StoreError> {
    let statement = client.prepare_cached(WHERE_WE_ARE).await?;
    let row = client.query_one(&statement, &[]).await?;
    let timeline: String = row.get(2);
    u32::from_str_radix(&timeline, 16)
        .map_err(|_| StoreError::Broken(format!("the timeline {timeline} is no number")))
}
