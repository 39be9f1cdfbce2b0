//! A smoltcp stack and its face for programs.

use super::queue::Queue;
use super::{ConnectError, ListenError, RecvError, SendError, Socket, SocketHandle, State};
use crate::link::Arrival;
use crate::rng::key;
use crate::trace::Sink;
use crate::wire::{self, WireError};
use crate::world::{HostId, LinkId, World};
use closewait::addr::Endpoint;
use closewait::time::Instant;
use smoltcp::iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketSet};
use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::Instant as Micros;
use smoltcp::wire::{HardwareAddress, IpCidr, IpEndpoint};
use std::cell::Cell;
use std::fmt;

/// An instant on smoltcp's clock: whole microseconds since the start of the world, rounded down.
#[must_use]
pub fn clock(at: Instant) -> Micros {
    Micros::from_micros(i64::try_from(at.as_nanos() / 1_000).unwrap_or(i64::MAX))
}

/// A datagram that the peer sent and that is no packet of this world (ICMP, say). It entered no link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsent {
    /// When.
    pub at: Instant,
    /// Its bytes, from the IP header on.
    pub datagram: Vec<u8>,
    /// Why it is no packet.
    pub why: WireError,
}

thread_local! {
    /// The clock of timestamps: that of the stack which is being polled. smoltcp asks a function without arguments.
    static MILLIS: Cell<u32> = const { Cell::new(0) };
}

/// A smoltcp stack at the end of a link. [`super::run`] drives it; its sockets may be used at any time between
/// two events.
pub struct Smoltcp {
    end: HostId,
    interface: Interface,
    sockets: SocketSet<'static>,
    queue: Queue,
    /// Its time when it was last polled, if it then neither read nor sent anything.
    idle: Option<Micros>,
    unsent: Vec<Unsent>,
}

impl fmt::Debug for Smoltcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states: Vec<_> = self.sockets.iter().map(|(s, _)| self.state(s)).collect();
        f.debug_struct("Smoltcp").field("end", &self.end).field("states", &states).finish_non_exhaustive()
    }
}

impl Smoltcp {
    /// A stack at an end that [`World::add_outside`] made, with its addresses; `link` is the link to it, whose MTU
    /// is the stack's.
    #[must_use]
    pub fn new(world: &World, end: HostId, link: LinkId) -> Self {
        let mut queue = Queue::new(world.link(link).mtu);
        let mut config = Config::new(HardwareAddress::Ip);
        let seed = key(world.seed(), &format!("host {} smoltcp", end.0));
        config.random_seed = seed.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let mut interface = Interface::new(config, &mut queue, clock(world.now()));
        interface.update_ip_addrs(|addresses| {
            for ip in [world.address(end), world.address_v6(end)] {
                let whole = if ip.is_ipv4() { 32 } else { 128 };
                addresses.push(IpCidr::new(ip.into(), whole)).expect("it has room for two");
            }
        });
        let sockets = SocketSet::new(Vec::new());
        Self { end, interface, sockets, queue, idle: None, unsent: Vec::new() }
    }

    /// The end of the link at which it stands.
    #[must_use]
    pub const fn end(&self) -> HostId {
        self.end
    }

    /// A new TCP socket with buffers of these sizes, in bytes.
    pub fn socket(&mut self, receive: usize, send: usize) -> SocketHandle {
        let buffer = |bytes| SocketBuffer::new(vec![0; bytes]);
        self.sockets.add(Socket::new(buffer(receive), buffer(send)))
    }

    /// Waits for one connection to a port, of either family. There is no backlog: a socket is one connection.
    ///
    /// # Errors
    /// The socket's own.
    pub fn listen(&mut self, s: SocketHandle, port: u16) -> Result<(), ListenError> {
        self.with(s, |socket| socket.listen(port))
    }

    /// Connects from a port of its own, from the address of the remote end's family.
    ///
    /// # Errors
    /// The socket's own.
    pub fn connect(&mut self, s: SocketHandle, port: u16, to: Endpoint) -> Result<(), ConnectError> {
        let socket = self.sockets.get_mut::<Socket>(s);
        socket.connect(self.interface.context(), IpEndpoint::new(to.ip.into(), to.port), port)
    }

    /// Puts bytes into the send buffer. How many it took.
    ///
    /// # Errors
    /// The socket's own: its half of the connection is not open.
    pub fn send(&mut self, s: SocketHandle, data: &[u8]) -> Result<usize, SendError> {
        self.with(s, |socket| socket.send_slice(data))
    }

    /// Takes what the receive buffer holds; nothing if it is empty.
    ///
    /// # Errors
    /// [`RecvError::Finished`] at the end of the stream; [`RecvError::InvalidState`] if the connection was reset
    /// or never was.
    pub fn recv(&mut self, s: SocketHandle) -> Result<Vec<u8>, RecvError> {
        self.with(s, |socket| {
            let mut data = vec![0; socket.recv_queue()];
            let received = socket.recv_slice(&mut data)?;
            data.truncate(received);
            Ok(data)
        })
    }

    /// Closes its half: FIN after what the send buffer holds.
    pub fn close(&mut self, s: SocketHandle) {
        self.with(s, Socket::close);
    }

    /// Resets the connection.
    pub fn abort(&mut self, s: SocketHandle) {
        self.with(s, Socket::abort);
    }

    /// Timestamps (RFC 7323 section 3), in milliseconds of the world: offered and answered, or not. At first they are
    /// not.
    pub fn set_timestamps(&mut self, s: SocketHandle, on: bool) {
        self.with(s, |socket| socket.set_tsval_generator(on.then_some(|| MILLIS.get())));
    }

    /// Anything else that smoltcp's socket can do; options, say.
    pub fn with<T>(&mut self, s: SocketHandle, f: impl FnOnce(&mut Socket<'static>) -> T) -> T {
        f(self.sockets.get_mut::<Socket>(s))
    }

    /// The state of a socket.
    #[must_use]
    pub fn state(&self, s: SocketHandle) -> State {
        self.sockets.get::<Socket>(s).state()
    }

    /// The socket, to look at.
    #[must_use]
    pub fn look(&self, s: SocketHandle) -> &Socket<'static> {
        self.sockets.get::<Socket>(s)
    }

    /// What it sent that is no packet, in order.
    #[must_use]
    pub fn unsent(&self) -> &[Unsent] {
        &self.unsent
    }

    /// When it wants to be polled next: now, if something arrived; else as smoltcp says. If it did nothing when it was
    /// last polled, its clock moves on before it is polled again.
    pub fn next_deadline(&mut self, now: Instant) -> Option<Instant> {
        if !self.queue.arrived.is_empty() {
            return Some(now);
        }
        // It says 0 for "now".
        let at = self.interface.poll_at(clock(now), &self.sockets)?.total_micros();
        let after = self.idle.map_or(0, |idle| idle.total_micros().saturating_add(1));
        let micros = u64::try_from(at.max(after)).unwrap_or(0);
        Some(Instant::from_nanos(micros.saturating_mul(1_000)).max(now))
    }

    /// Takes what has arrived at its end of the link.
    pub(super) fn take(&mut self, world: &mut World) {
        while let Some(arrival) = world.poll_outside(self.end) {
            match arrival {
                // A packet that a link has carried has bytes.
                Arrival::Packet(packet) => self.queue.arrived.extend(wire::encode(&packet)),
                Arrival::Bytes(datagram) => self.queue.arrived.push_back(datagram),
            }
        }
    }

    /// Reads datagrams one by one, with all that each leads to, meets its deadlines, and hands what it sends to
    /// the world.
    pub(super) fn poll(&mut self, world: &mut World, sink: &mut dyn Sink) {
        let Self { interface, sockets, queue, .. } = self;
        let now = clock(world.now());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a clock that wraps")]
        MILLIS.set(now.total_millis() as u32);
        let nothing_arrived = queue.arrived.is_empty();
        loop {
            let read = interface.poll_ingress_single(now, queue, sockets);
            while interface.poll_egress(now, queue, sockets) != PollResult::None {}
            if matches!(read, PollIngressSingleResult::None) {
                break;
            }
        }
        self.idle = (nothing_arrived && queue.sent.is_empty()).then_some(now);
        for datagram in std::mem::take(&mut self.queue.sent) {
            match wire::decode(&datagram) {
                Ok(packet) => world.send_outside(self.end, packet, sink),
                Err(why) => self.unsent.push(Unsent { at: world.now(), datagram, why }),
            }
        }
    }
}
