//! What an operator chooses: a file, and over it what a command line gave. Read once into typed
//! values; an unknown key is refused.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use shared_model::id::{EntityCode, RegionCode};

use crate::partners;
use crate::sync::endpoint::{Congestion, LinkSettings};

const NODES_PORT: u16 = 7443;
const CONSOLE_PORT: u16 = 8443;
const CONNECTIONS_MAX: usize = 16;
const STREAM_BYTES_MAX: usize = 64;

/// A hub's configuration, whole and checked.
#[derive(Debug, Clone)]
pub struct HubConfig {
    pub region: RegionCode,
    pub entity: EntityCode,
    pub state_dir: PathBuf,
    /// How the hub is reached, without ports.
    pub names: Vec<String>,
    pub listen_nodes: SocketAddr,
    /// Where nodes dial in over TCP as well, beside the TCP port of `listen_nodes`.
    pub listen_nodes_tcp: Option<SocketAddr>,
    pub listen_console: SocketAddr,
    /// Where figures are read by a monitoring system, without a password; none: nowhere.
    pub listen_metrics: Option<SocketAddr>,
    /// None: the hub runs its own.
    pub database: Option<tokio_postgres::Config>,
    pub connections_max: usize,
    pub link: LinkSettings,
    /// Where partners hear of what happens; none: nowhere.
    pub partners: Option<partners::Settings>,
}

/// What a command line gave of it; what is given here goes before the file.
#[derive(Clone, Default)]
pub struct HubArgs {
    /// Configuration file (TOML).
    pub config: Option<PathBuf>,
    pub region: Option<RegionCode>,
    pub entity: Option<EntityCode>,
    pub state_dir: Option<PathBuf>,
    pub names: Vec<String>,
    pub listen_nodes: Option<SocketAddr>,
    pub listen_console: Option<SocketAddr>,
    pub listen_metrics: Option<SocketAddr>,
    /// It may hold a password.
    pub partners_url: Option<String>,
    /// It may hold a password.
    pub database_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    region: Option<RegionCode>,
    entity: Option<EntityCode>,
    state_dir: Option<PathBuf>,
    names: Option<Vec<String>>,
    #[serde(default)]
    listen: ListenTable,
    #[serde(default)]
    database: DatabaseTable,
    #[serde(default)]
    link: LinkTable,
    #[serde(default)]
    partners: PartnersTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenTable {
    nodes: Option<SocketAddr>,
    nodes_tcp: Option<SocketAddr>,
    console: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseTable {
    url: Option<String>,
    connections_max: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkTable {
    congestion: Option<CongestionName>,
    mtu_discovery: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnersTable {
    url: Option<String>,
    authority: Option<PathBuf>,
    stream: Option<String>,
    #[serde(default)]
    begin: partners::Begin,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CongestionName {
    Cubic,
    NewReno,
    Bbr,
}

impl HubConfig {
    /// Reads the file that the arguments name, if any, and puts the arguments over it.
    ///
    /// # Errors
    /// When the file cannot be read, holds an unknown key, or something is missing.
    pub fn load(args: &HubArgs) -> anyhow::Result<Self> {
        let file = match &args.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        Self::merge(args, file)
    }

    fn merge(args: &HubArgs, file: File) -> anyhow::Result<Self> {
        let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let names =
            if args.names.is_empty() { file.names.unwrap_or_default() } else { args.names.clone() };
        ensure!(
            !names.is_empty(),
            "no name of this hub is given; remedy: name how nodes reach it with --name or `names`"
        );
        let url = args.database_url.clone().or(file.database.url);
        let database = url.map(|url| database(&url)).transpose()?;
        let connections_max = file.database.connections_max.unwrap_or(CONNECTIONS_MAX);
        ensure!(
            (4..=512).contains(&connections_max),
            "database.connections_max is {connections_max}; remedy: choose 4 to 512"
        );
        let congestion = match file.link.congestion {
            Some(CongestionName::Bbr) => Congestion::Bbr,
            Some(CongestionName::NewReno) => Congestion::NewReno,
            Some(CongestionName::Cubic) | None => Congestion::Cubic,
        };
        let region = given(args.region.clone().or(file.region), "region")?;
        Ok(Self {
            partners: partners(args, file.partners, &region)?,
            region,
            entity: given(args.entity.clone().or(file.entity), "entity")?,
            state_dir: given(args.state_dir.clone().or(file.state_dir), "state_dir")?,
            names,
            listen_nodes: args
                .listen_nodes
                .or(file.listen.nodes)
                .unwrap_or_else(|| any(NODES_PORT)),
            listen_nodes_tcp: file.listen.nodes_tcp,
            listen_console: args
                .listen_console
                .or(file.listen.console)
                .unwrap_or_else(|| any(CONSOLE_PORT)),
            listen_metrics: args.listen_metrics.or(file.listen.metrics),
            database,
            connections_max,
            link: LinkSettings {
                congestion,
                mtu_discovery: file.link.mtu_discovery.unwrap_or(true),
            },
        })
    }
}

fn partners(
    args: &HubArgs,
    table: PartnersTable,
    region: &RegionCode,
) -> anyhow::Result<Option<partners::Settings>> {
    let Some(url) = args.partners_url.clone().or(table.url) else { return Ok(None) };
    let region = region.as_str().to_uppercase();
    let stream = table.stream.unwrap_or_else(|| format!("OMNIROUTE-{region}"));
    let sound = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_';
    ensure!(
        !stream.is_empty() && stream.len() <= STREAM_BYTES_MAX && stream.chars().all(sound),
        "partners.stream is no name of a stream; remedy: up to {STREAM_BYTES_MAX} letters, digits, - and _"
    );
    Ok(Some(partners::Settings { url, authority: table.authority, stream, begin: table.begin }))
}

fn given<T>(value: Option<T>, key: &str) -> anyhow::Result<T> {
    let option = key.replace('_', "-");
    value.with_context(|| {
        format!("{key} is not given; remedy: set it in the file or with --{option}")
    })
}

/// The text of a failed reading may show the url: the password is not repeated.
fn database(url: &str) -> anyhow::Result<tokio_postgres::Config> {
    url.parse().map_err(|_| {
        anyhow::anyhow!(
            "DATABASE_URL is no address of a database; remedy: write it as \
             postgres://user@host/database"
        )
    })
}

fn read(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("reading the configuration {}", path.display()))?;
    parse(&text).with_context(|| format!("in the configuration {}", path.display()))
}

fn parse(text: &str) -> anyhow::Result<File> {
    Ok(toml::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../config.example.toml");

    fn load(text: &str, args: &HubArgs) -> anyhow::Result<HubConfig> {
        HubConfig::merge(args, parse(text)?)
    }

    #[test]
    fn the_example_is_a_configuration_and_states_the_defaults() {
        let config = load(EXAMPLE, &HubArgs::default()).unwrap();
        assert_eq!(config.region.as_str(), "nairobi");
        assert!(config.database.is_none());
        let spelt_out = EXAMPLE
            .replace("# nodes =", "nodes =")
            .replace("# console =", "console =")
            .replace("# connections_max", "connections_max")
            .replace("# congestion", "congestion")
            .replace("# mtu_discovery", "mtu_discovery");
        let same = load(&spelt_out, &HubArgs::default()).unwrap();
        assert_eq!(same.listen_nodes, config.listen_nodes);
        assert_eq!(same.listen_console, config.listen_console);
        assert_eq!(same.connections_max, config.connections_max);
        assert_eq!(same.link, config.link);
    }

    #[test]
    fn arguments_go_before_the_file() {
        let args = HubArgs {
            region: Some("mombasa".parse().unwrap()),
            database_url: Some("postgres://hub:secret@db/omniroute".to_owned()),
            ..HubArgs::default()
        };
        let config = load(EXAMPLE, &args).unwrap();
        assert_eq!(config.region.as_str(), "mombasa");
        assert_eq!(config.database.unwrap().get_dbname(), Some("omniroute"));
    }

    #[test]
    fn what_is_unknown_missing_or_wrong_is_named() {
        let says = |text: &str, args: &HubArgs| {
            let error = load(text, args).expect_err("refused");
            format!("{error:#}")
        };
        let args = HubArgs::default();
        assert!(says("regoin = \"x\"", &args).contains("regoin"));
        assert!(says("[listen]\nnode = \"0.0.0.0:1\"", &args).contains("node"));
        assert!(says("names = [\"a\"]", &args).contains("region"));
        assert!(says("region = \"nairobi\"", &args).contains("--name"));
        let secret = HubArgs {
            database_url: Some("postgres://hub:secret@:not-a-port:/".to_owned()),
            ..HubArgs::default()
        };
        assert!(!says(EXAMPLE, &secret).contains("secret"));
    }
}
