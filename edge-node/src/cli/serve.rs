//! `edge-node serve`.

use std::net::{IpAddr, Ipv4Addr};

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use super::StateArgs;
use crate::node::{Node, Running};
use crate::sync::transport::Congestion;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CongestionControl {
    /// Fair to others on a good link.
    Cubic,
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
                CongestionControl::Bbr => Congestion::Bbr,
            },
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
