//! A whole hub: its own database, its doors, its console; started, stopped and started again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::get;
use sync_hub::config::HubConfig;
use sync_hub::hub::Hub;
use sync_hub::sync::endpoint::{Congestion, LinkSettings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Free a moment ago: the figures are asked for where the configuration says.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

/// The whole answer to a request for figures.
async fn figures(at: SocketAddr) -> String {
    let mut stream = loop {
        match tokio::net::TcpStream::connect(at).await {
            Ok(stream) => break stream,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

fn config(state: &std::path::Path) -> HubConfig {
    HubConfig {
        region: "nairobi".parse().unwrap(),
        entity: "KE".parse().unwrap(),
        state_dir: state.to_owned(),
        names: vec!["127.0.0.1".to_owned()],
        listen_nodes: (Ipv4Addr::LOCALHOST, 0).into(),
        listen_nodes_tcp: None,
        listen_console: (Ipv4Addr::LOCALHOST, 0).into(),
        listen_metrics: Some(free_address()),
        database: None,
        connections_max: 8,
        partners: None,
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
        let config = config(state.path());
        let metrics = config.listen_metrics.unwrap();
        let hub = Hub::start(config, console).await.unwrap();
        nodes.push(hub.store.identity().node);
        assert_ne!(hub.console.port(), 0);
        assert_eq!(hub.door.addresses, [format!("127.0.0.1:{}", hub.nodes.port())]);
        // The console answers: a TCP connection is taken.
        tokio::net::TcpStream::connect(hub.console).await.unwrap();
        let figures = figures(metrics).await;
        assert!(figures.starts_with("HTTP/1.0 200"), "{figures}");
        assert!(figures.contains("application/openmetrics-text"), "{figures}");
        assert!(figures.contains("omniroute_hub_sessions 0"), "{figures}");
        assert!(figures.contains("omniroute_hub_document_changes_waiting 0"), "{figures}");
        assert!(figures.ends_with("# EOF\n"), "{figures}");
        hub.stop().await.unwrap();
    }
    assert_eq!(nodes[0], nodes[1]);
}
