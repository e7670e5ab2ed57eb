//! How QUIC is tuned for links of the field, at both ends alike: measured by the bench `thin_link`,
//! chosen in `ops/decisions/congestion-control-is-chosen-by-figures.md`.

use std::sync::Arc;
use std::time::Duration;

use quinn::congestion::{BbrConfig, CubicConfig, NewRenoConfig};
use quinn::{TransportConfig, VarInt};

/// A peer that stays silent this long is out of reach; a node keeps the link alive.
const IDLE_TIMEOUT_MS: u32 = 30_000;
/// What a peer may have sent that we have not yet read.
const RECEIVE_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// What we may have sent that the peer has not yet acknowledged.
const SEND_WINDOW_BYTES: u64 = 4 * 1024 * 1024;

/// How the sending rate follows the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Congestion {
    /// Fair to others; slow where packets get lost for other reasons than load.
    #[default]
    Cubic,
    /// The plainest (RFC 9002): every loss halves the rate.
    NewReno,
    /// For links that lose packets while idle.
    Bbr,
}

/// How a link is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSettings {
    pub congestion: Congestion,
    /// Off where a middle box drops large packets without a word, and where every byte is paid.
    pub mtu_discovery: bool,
}

/// The transport of one end. `streams_max` may be opened by the peer; `keep_alive` by whom it
/// concerns that the link stands.
#[must_use]
pub fn transport(
    settings: LinkSettings,
    streams_max: u32,
    keep_alive: Option<Duration>,
) -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(VarInt::from_u32(IDLE_TIMEOUT_MS).into()))
        .keep_alive_interval(keep_alive)
        .max_concurrent_bidi_streams(VarInt::from_u32(streams_max))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .send_window(SEND_WINDOW_BYTES);
    match settings.congestion {
        Congestion::Cubic => {
            config.congestion_controller_factory(Arc::new(CubicConfig::default()));
        }
        Congestion::NewReno => {
            config.congestion_controller_factory(Arc::new(NewRenoConfig::default()));
        }
        Congestion::Bbr => {
            config.congestion_controller_factory(Arc::new(BbrConfig::default()));
        }
    }
    if !settings.mtu_discovery {
        config.mtu_discovery_config(None);
    }
    config
}
