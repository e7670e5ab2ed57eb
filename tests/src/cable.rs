//! The cable between a depot and its hub: a relay of UDP and TCP on the loopback address. Cut, it
//! drops every datagram in both directions, and neither side is told. It may be as thin, far and
//! lossy as a link in the field.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Largest UDP datagram.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Between looks at whether the cable is gone.
const LOOK: Duration = Duration::from_millis(100);
/// Datagrams on their way in one direction; more are lost, as in a router.
const PARCELS_MAX: usize = 16_384;

/// What a link is like, in each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// 0: as fast as the machine.
    pub bits_per_s: u64,
    /// One way: half of a round trip.
    pub delay: Duration,
    /// Datagrams lost of a thousand, at random from the seed.
    pub loss_per_mille: u64,
    /// A datagram that would have to wait longer for its turn is lost.
    pub queue: Duration,
    pub seed: u64,
}

impl Shape {
    /// Nothing is lost, nothing waits.
    pub const NONE: Self = Self {
        bits_per_s: 0,
        delay: Duration::ZERO,
        loss_per_mille: 0,
        queue: Duration::from_secs(1),
        seed: 1,
    };

    /// `round_trip_ms` is there and back; `loss_percent` of each direction.
    #[must_use]
    pub const fn of(bits_per_s: u64, round_trip_ms: u64, loss_percent: u64) -> Self {
        Self {
            bits_per_s,
            delay: Duration::from_millis(round_trip_ms / 2),
            loss_per_mille: 10 * loss_percent,
            ..Self::NONE
        }
    }

    #[must_use]
    pub const fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

/// A relay that runs until dropped.
pub struct Cable {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    hub: SocketAddr,
    cut: AtomicBool,
    cut_down: AtomicBool,
    cut_at_down: AtomicU64,
    udp_blocked: AtomicBool,
    gone: AtomicBool,
    up: Way,
    down: Way,
    outlets: Mutex<HashMap<SocketAddr, Arc<UdpSocket>>>,
    calls: Mutex<Vec<TcpStream>>,
    open_calls: AtomicU64,
}

/// One direction.
struct Way {
    bytes: AtomicU64,
    datagrams: AtomicU64,
    shaping: Mutex<Shaping>,
    parcels: SyncSender<Parcel>,
}

struct Shaping {
    shape: Shape,
    /// When the datagrams before are through.
    free: Instant,
    dice: u64,
}

/// A datagram on its way.
struct Parcel {
    arrives: Instant,
    bytes: Vec<u8>,
    from: Arc<UdpSocket>,
    to: SocketAddr,
}

impl Way {
    fn new() -> (Self, Receiver<Parcel>) {
        let (parcels, arriving) = sync_channel(PARCELS_MAX);
        let shaping = Shaping { shape: Shape::NONE, free: Instant::now(), dice: 1 };
        let (bytes, datagrams) = (AtomicU64::new(0), AtomicU64::new(0));
        (Self { bytes, datagrams, shaping: Mutex::new(shaping), parcels }, arriving)
    }

    fn shape(&self, shape: Shape) {
        let mut shaping = self.shaping.lock().unwrap_or_else(PoisonError::into_inner);
        *shaping = Shaping { shape, free: Instant::now(), dice: shape.seed };
    }

    fn carry(&self, from: &Arc<UdpSocket>, to: SocketAddr, bytes: &[u8]) {
        self.bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        self.datagrams.fetch_add(1, Ordering::SeqCst);
        let arrives = {
            let mut shaping = self.shaping.lock().unwrap_or_else(PoisonError::into_inner);
            if shaping.shape == Shape::NONE {
                let _ = from.send_to(bytes, to);
                return;
            }
            shaping.arrival_of(bytes.len())
        };
        if let Some(arrives) = arrives {
            let parcel = Parcel { arrives, bytes: bytes.to_vec(), from: Arc::clone(from), to };
            let _full = self.parcels.try_send(parcel).is_err();
        }
    }
}

impl Shaping {
    /// When it is through; none when it is lost.
    fn arrival_of(&mut self, bytes: usize) -> Option<Instant> {
        let (now, shape) = (Instant::now(), self.shape);
        let turn = self.free.max(now);
        if turn - now > shape.queue {
            return None;
        }
        let bits = bytes as u64 * 8 * 1_000_000;
        let takes = bits.checked_div(shape.bits_per_s).unwrap_or(0);
        self.free = turn + Duration::from_micros(takes);
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let lost = (mixed ^ (mixed >> 31)) % 1000 < shape.loss_per_mille;
        (!lost).then(|| self.free + shape.delay)
    }
}

impl Cable {
    /// Lays a cable from `address`, where depots dial, to a hub's address.
    ///
    /// # Panics
    /// When the port is taken.
    #[must_use]
    pub fn lay_at(address: SocketAddr, hub: SocketAddr) -> Self {
        let socket = Arc::new(UdpSocket::bind(address).expect("a free port"));
        socket.set_read_timeout(Some(LOOK)).expect("a timeout");
        let address = socket.local_addr().expect("bound");
        let ((up, going_up), (down, going_down)) = (Way::new(), Way::new());
        let shared = Arc::new(Shared {
            hub,
            cut: AtomicBool::new(false),
            cut_down: AtomicBool::new(false),
            cut_at_down: AtomicU64::new(u64::MAX),
            udp_blocked: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            up,
            down,
            outlets: Mutex::new(HashMap::new()),
            calls: Mutex::new(Vec::new()),
            open_calls: AtomicU64::new(0),
        });
        let relay = Arc::clone(&shared);
        std::thread::spawn(move || relay.carry_up(&socket));
        for arriving in [going_up, going_down] {
            let relay = Arc::clone(&shared);
            std::thread::spawn(move || relay.deliver(&arriving));
        }
        // Who has the UDP port need not have the TCP port: then no TCP goes through.
        if let Ok(listener) = TcpListener::bind(address) {
            let relay = Arc::clone(&shared);
            std::thread::spawn(move || relay.take_calls(&listener));
        }
        Self { address, shared }
    }

    /// Where the depot dials.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on both directions are like this. TCP is not shaped.
    pub fn shape(&self, shape: Shape) {
        self.shared.up.shape(shape);
        self.shared.down.shape(Shape { seed: shape.seed ^ 0xd0, ..shape });
    }

    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::SeqCst);
        self.shared.hang_up();
    }

    /// Only what the hub says is lost; what depots say still arrives.
    pub fn cut_down(&self) {
        self.shared.cut_down.store(true, Ordering::SeqCst);
    }

    /// Parts by itself once so many more bytes have come down.
    pub fn cut_after_down(&self, bytes: u64) {
        let at = self.shared.down.bytes.load(Ordering::SeqCst) + bytes;
        self.shared.cut_at_down.store(at, Ordering::SeqCst);
    }

    /// No datagram gets through, as behind many a firewall; TCP does.
    pub fn block_udp(&self, blocked: bool) {
        self.shared.udp_blocked.store(blocked, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.shared.cut_at_down.store(u64::MAX, Ordering::SeqCst);
        self.shared.cut.store(false, Ordering::SeqCst);
        self.shared.cut_down.store(false, Ordering::SeqCst);
    }

    /// Bytes handed to the cable, up and down, so far: what was lost on it is paid for too.
    #[must_use]
    pub fn carried_bytes(&self) -> (u64, u64) {
        let shared = &self.shared;
        (shared.up.bytes.load(Ordering::SeqCst), shared.down.bytes.load(Ordering::SeqCst))
    }

    /// Datagrams up and down so far.
    #[must_use]
    pub fn datagrams(&self) -> (u64, u64) {
        let shared = &self.shared;
        (shared.up.datagrams.load(Ordering::SeqCst), shared.down.datagrams.load(Ordering::SeqCst))
    }

    /// TCP connections that go through it now.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.shared.open_calls.load(Ordering::SeqCst)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.shared.gone.store(true, Ordering::SeqCst);
        self.shared.hang_up();
        // The listener is waiting for somebody.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    fn drops_udp(&self) -> bool {
        self.is_cut() || self.udp_blocked.load(Ordering::SeqCst)
    }

    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    fn carry_up(self: Arc<Self>, inlet: &Arc<UdpSocket>) {
        let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
        while !self.is_gone() {
            let Ok((bytes, from)) = inlet.recv_from(&mut datagram) else { continue };
            if self.drops_udp() {
                continue;
            }
            let outlet = self.outlet(inlet, from);
            self.up.carry(&outlet, self.hub, &datagram[..bytes]);
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

    fn carry_down(&self, outlet: &UdpSocket, inlet: &Arc<UdpSocket>, to: SocketAddr) {
        let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
        while !self.is_gone() {
            let Ok((bytes, _)) = outlet.recv_from(&mut datagram) else { continue };
            if !self.drops_udp() && !self.cut_down.load(Ordering::SeqCst) {
                self.down.carry(inlet, to, &datagram[..bytes]);
            }
            let carried = self.down.bytes.load(Ordering::SeqCst);
            if carried >= self.cut_at_down.load(Ordering::SeqCst) {
                self.cut_at_down.store(u64::MAX, Ordering::SeqCst);
                self.cut.store(true, Ordering::SeqCst);
            }
        }
    }

    /// Hands over what is on its way when it arrives. What is on a cable that is cut is lost.
    fn deliver(&self, arriving: &Receiver<Parcel>) {
        while !self.is_gone() {
            let parcel = match arriving.recv_timeout(LOOK) {
                Ok(parcel) => parcel,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            while let Some(wait) = parcel.arrives.checked_duration_since(Instant::now()) {
                std::thread::park_timeout(wait.max(Duration::from_micros(50)));
            }
            if !self.drops_udp() {
                let _ = parcel.from.send_to(&parcel.bytes, parcel.to);
            }
        }
    }

    fn take_calls(self: Arc<Self>, listener: &TcpListener) {
        while !self.is_gone() {
            let Ok((near, _)) = listener.accept() else { continue };
            if self.is_cut() || self.is_gone() {
                continue;
            }
            let Ok(far) = TcpStream::connect(self.hub) else { continue };
            let (Ok(near_back), Ok(far_back)) = (near.try_clone(), far.try_clone()) else {
                continue;
            };
            {
                let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
                calls.extend([near.try_clone(), far.try_clone()].into_iter().flatten());
            }
            self.open_calls.fetch_add(1, Ordering::SeqCst);
            let relay = Arc::clone(&self);
            std::thread::spawn(move || relay.pass(near, far, true));
            let relay = Arc::clone(&self);
            std::thread::spawn(move || relay.pass(far_back, near_back, false));
        }
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream, up: bool) {
        let mut bytes = vec![0; DATAGRAM_BYTES_MAX];
        while let Ok(read) = from.read(&mut bytes) {
            if read == 0 || self.is_gone() || to.write_all(&bytes[..read]).is_err() {
                break;
            }
            let way = if up { &self.up } else { &self.down };
            way.bytes.fetch_add(read as u64, Ordering::SeqCst);
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        if up {
            self.open_calls.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn hang_up(&self) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        for call in calls.drain(..) {
            let _ = call.shutdown(Shutdown::Both);
        }
    }
}
