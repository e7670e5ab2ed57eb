//! A whole hub: its own database, its doors, its console; started, stopped and started again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::Ipv4Addr;

use axum::Router;
use axum::routing::get;
use sync_hub::config::HubConfig;
use sync_hub::hub::Hub;
use sync_hub::sync::endpoint::{Congestion, LinkSettings};

fn config(state: &std::path::Path) -> HubConfig {
    HubConfig {
        region: "nairobi".parse().unwrap(),
        entity: "KE".parse().unwrap(),
        state_dir: state.to_owned(),
        names: vec!["127.0.0.1".to_owned()],
        listen_nodes: (Ipv4Addr::LOCALHOST, 0).into(),
        listen_console: (Ipv4Addr::LOCALHOST, 0).into(),
        database: None,
        connections_max: 8,
        link: LinkSettings { congestion: Congestion::Cubic, mtu_discovery: false },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_starts_stops_and_is_the_same_hub_again() {
    let state = tempfile::tempdir().unwrap();
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let console = |parts: sync_hub::hub::ConsoleParts| async move {
            assert_eq!(parts.region.as_str(), "nairobi");
            Ok(Router::new().route("/health", get(|| async { "ok" })))
        };
        let hub = Hub::start(config(state.path()), console).await.unwrap();
        nodes.push(hub.store.identity().node);
        assert_ne!(hub.console.port(), 0);
        assert_eq!(hub.door.addresses, [format!("127.0.0.1:{}", hub.nodes.port())]);
        // The console answers: a TCP connection is taken.
        tokio::net::TcpStream::connect(hub.console).await.unwrap();
        hub.stop().await.unwrap();
    }
    assert_eq!(nodes[0], nodes[1]);
}
