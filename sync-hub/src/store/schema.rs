//! The schema: brought up to date at the start, by one process at a time. A hub whose schema
//! fails does not start.

use anyhow::{Context as _, ensure};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use std::time::Duration;
use tokio_postgres::NoTls;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Of all processes that share a database, one migrates.
const MIGRATION_LOCK: i64 = 0x6f6d_6e69_726f_7574;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);
/// Acknowledgement means that the disk has it; nothing waits for ever.
const SETTINGS: &str = "-c synchronous_commit=on -c lock_timeout=30s \
                        -c idle_in_transaction_session_timeout=60s -c statement_timeout=120s";

/// The settings every connection of the hub has.
pub(super) fn with_settings(mut config: tokio_postgres::Config) -> tokio_postgres::Config {
    let options = match config.get_options() {
        Some(given) => format!("{given} {SETTINGS}"),
        None => SETTINGS.to_owned(),
    };
    config.options(options).application_name("omniroute sync-hub").connect_timeout(CONNECT_TIMEOUT);
    config
}

pub(super) fn pool(config: tokio_postgres::Config, connections_max: usize) -> anyhow::Result<Pool> {
    let manager = Manager::from_config(
        config,
        NoTls,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    Pool::builder(manager)
        .max_size(connections_max)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(WAIT_TIMEOUT),
            create: Some(CONNECT_TIMEOUT),
            recycle: Some(CONNECT_TIMEOUT),
        })
        .build()
        .context("setting up connections to the database")
}

pub(super) async fn migrate(client: &mut Object) -> anyhow::Result<()> {
    let setting: String = client.query_one("SHOW synchronous_commit", &[]).await?.get(0);
    ensure!(
        setting == "on",
        "the database acknowledges before it has written (synchronous_commit is {setting}); \
         remedy: do not let DATABASE_URL or a pooler change it"
    );
    // Waiting for another process to migrate may take longer than any lock should.
    client.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0").await?;
    client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let outcome = embedded::migrations::runner().run_async(&mut ***client).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    client.batch_execute("RESET lock_timeout; RESET statement_timeout").await?;
    outcome.context(
        "bringing the schema up to date failed; remedy: start the version that wrote this \
         database, or restore its backup",
    )?;
    Ok(())
}
