//! The cable between a depot and its hub: a UDP relay on the loopback address. Cut, it drops every
//! datagram in both directions, and neither side is told.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Largest UDP datagram.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Between looks at whether the cable is gone.
const LOOK: Duration = Duration::from_millis(100);

/// A relay that runs until dropped.
pub struct Cable {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    hub: SocketAddr,
    cut: AtomicBool,
    cut_down: AtomicBool,
    gone: AtomicBool,
    up_bytes: AtomicU64,
    down_bytes: AtomicU64,
    /// Bytes carried down at which it parts by itself.
    parts_at_bytes: AtomicU64,
    outlets: Mutex<HashMap<SocketAddr, Arc<UdpSocket>>>,
}

impl Cable {
    /// Lays a cable from `address`, where depots dial, to a hub's QUIC address.
    ///
    /// # Panics
    /// When the port is taken.
    #[must_use]
    pub fn lay_at(address: SocketAddr, hub: SocketAddr) -> Self {
        let socket = Arc::new(UdpSocket::bind(address).expect("a free port"));
        socket.set_read_timeout(Some(LOOK)).expect("a timeout");
        let address = socket.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            hub,
            cut: AtomicBool::new(false),
            cut_down: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            up_bytes: AtomicU64::new(0),
            down_bytes: AtomicU64::new(0),
            parts_at_bytes: AtomicU64::new(u64::MAX),
            outlets: Mutex::new(HashMap::new()),
        });
        let relay = Arc::clone(&shared);
        std::thread::spawn(move || relay.carry_up(&socket));
        Self { address, shared }
    }

    /// Where the depot dials.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::SeqCst);
    }

    /// Only what the hub says is lost; what depots say still arrives.
    pub fn cut_down(&self) {
        self.shared.cut_down.store(true, Ordering::SeqCst);
    }

    /// Parts in both directions once so many more bytes went down: in the middle of something large.
    pub fn cut_after_down(&self, bytes: u64) {
        let carried = self.shared.down_bytes.load(Ordering::SeqCst);
        self.shared.parts_at_bytes.store(carried + bytes, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.shared.parts_at_bytes.store(u64::MAX, Ordering::SeqCst);
        self.shared.cut.store(false, Ordering::SeqCst);
        self.shared.cut_down.store(false, Ordering::SeqCst);
    }

    /// Bytes carried up and down so far.
    #[must_use]
    pub fn carried_bytes(&self) -> (u64, u64) {
        let shared = &self.shared;
        (shared.up_bytes.load(Ordering::SeqCst), shared.down_bytes.load(Ordering::SeqCst))
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.shared.gone.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    fn carry_up(self: Arc<Self>, inlet: &Arc<UdpSocket>) {
        let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
        while !self.is_gone() {
            let Ok((bytes, from)) = inlet.recv_from(&mut datagram) else { continue };
            if self.is_cut() {
                continue;
            }
            let outlet = self.outlet(inlet, from);
            self.up_bytes.fetch_add(bytes as u64, Ordering::SeqCst);
            let _ = outlet.send_to(&datagram[..bytes], self.hub);
        }
    }

    /// One socket for each depot, as an address-translating router has one port for each.
    fn outlet(self: &Arc<Self>, inlet: &Arc<UdpSocket>, from: SocketAddr) -> Arc<UdpSocket> {
        let mut outlets = self.outlets.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(outlets.entry(from).or_insert_with(|| {
            let outlet = Arc::new(UdpSocket::bind("127.0.0.1:0").expect("a free port"));
            outlet.set_read_timeout(Some(LOOK)).expect("a timeout");
            let (relay, back, inlet) = (Arc::clone(self), Arc::clone(&outlet), Arc::clone(inlet));
            std::thread::spawn(move || relay.carry_down(&back, &inlet, from));
            outlet
        }))
    }

    fn carry_down(&self, outlet: &UdpSocket, inlet: &UdpSocket, to: SocketAddr) {
        let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
        while !self.is_gone() {
            let Ok((bytes, _)) = outlet.recv_from(&mut datagram) else { continue };
            if !self.is_cut() && !self.cut_down.load(Ordering::SeqCst) {
                let carried = self.down_bytes.fetch_add(bytes as u64, Ordering::SeqCst);
                let _ = inlet.send_to(&datagram[..bytes], to);
                if carried + bytes as u64 >= self.parts_at_bytes.load(Ordering::SeqCst) {
                    self.cut.store(true, Ordering::SeqCst);
                }
            }
        }
    }
}
