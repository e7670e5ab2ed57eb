//! `edge-node serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Args, ValueEnum};
use shared_model::sync::v2;
use tokio::signal::unix::{SignalKind, signal};

use super::StateArgs;
use crate::node::{Node, Running};
use crate::sync::transport::Congestion;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CongestionControl {
    /// Fair to others on a good link.
    Cubic,
    /// The plainest: every loss halves the rate.
    NewReno,
    /// For links that lose packets while idle: satellite, far 2G.
    Bbr,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    state: StateArgs,
    /// The address of the LAN to serve on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    bind: IpAddr,
    /// Instead of the profile's HTTPS port; 0 takes a free one.
    #[arg(long)]
    https_port: Option<u16>,
    /// Instead of the profile's HTTP port, which only hands out the site's CA.
    #[arg(long)]
    http_port: Option<u16>,
    /// How the link to the hub shares its way.
    #[arg(long, value_enum, default_value_t = CongestionControl::Cubic)]
    congestion: CongestionControl,
    /// Offer the hub no later version of the sync protocol.
    #[arg(long, default_value_t = v2::PROTOCOL, value_parser = clap::value_parser!(u16).range(1..=2))]
    protocol_max: u16,
    /// Where UDP is blocked and the hub is reached over TCP: how often to look whether it still is.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    udp_look_s: u64,
    /// The link is paid for by the byte: once so many megabytes (10^6 bytes) went over it in a day (UTC),
    /// models wait for the next one. The log never waits.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    metered_mb_a_day: Option<u64>,
    /// Where figures for Prometheus are served (plain HTTP, no password): keep it on a private address.
    #[arg(long, env = "OMNIROUTE_LISTEN_METRICS", value_name = "ADDRESS")]
    listen_metrics: Option<SocketAddr>,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let running = Running {
            state: self.state.state,
            bind: self.bind,
            https_port: self.https_port,
            http_port: self.http_port,
            congestion: match self.congestion {
                CongestionControl::Cubic => Congestion::Cubic,
                CongestionControl::NewReno => Congestion::NewReno,
                CongestionControl::Bbr => Congestion::Bbr,
            },
            protocol_max: self.protocol_max,
            udp_look: Duration::from_secs(self.udp_look_s),
            listen_metrics: self.listen_metrics,
            day_bytes_max: self.metered_mb_a_day.map(|megabytes| megabytes * 1_000_000),
        };
        // Listened for before anybody can know that it runs: an early stop is an orderly one too.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let node = Node::start(&running).await?;
        println!("{} serves https://{} (CA on http://{}/ca)", node.site, node.https, node.http);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        println!("{} stops", node.site);
        node.stop().await;
        Ok(())
    }
}
