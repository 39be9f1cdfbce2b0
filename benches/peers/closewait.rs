//! This stack, through its Winsock calls.

use crate::heap;
use crate::load::{BUFFER, GREETING, SEND, Sends, Sum, per_second};
use bytes::{Buf, Bytes};
use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::time::Duration;
use closewait::winsock::consts::*;
use closewait::winsock::{Call, CallResult, Handle, Outcome, Value, WsaError};
use closewait_sim::{HostId, LinkConfig, Off, Thread, World};

/// A server, and clients on as many hosts as their ports need.
struct Bench {
    world: World,
    server: Peer,
    clients: Vec<Peer>,
    listener: Handle,
    name: Endpoint,
}

#[derive(Clone, Copy)]
struct Peer {
    host: HostId,
    thread: Thread,
}

/// A connection, the client's end first.
type Pair = (Handle, Handle);

/// Ephemeral ports of a host.
const PORTS: u32 = 40_000;

impl Bench {
    /// With room for so many connections.
    fn new(connections: u32) -> Self {
        let mut world = World::new(1);
        let profile = Profile { ephemeral_ports: 20_000..=65_000, ..Profile::WINDOWS };
        let mut peer = |name: &str| {
            let host = world.add_host(name, profile.clone());
            let (_, thread) = world.spawn_process(host);
            Peer { host, thread }
        };
        let server = peer("server");
        let clients: Vec<_> = (0..=connections / PORTS).map(|n| peer(&format!("client {n}"))).collect();
        for client in &clients {
            world.add_link(client.host, server.host, LinkConfig::IDEAL);
        }
        let name = Endpoint::new(world.address(server.host), 80);
        let mut bench = Self { world, server, clients, listener: Handle(0), name };
        for peer in bench.clients.iter().chain([&bench.server]).copied().collect::<Vec<_>>() {
            bench.done(peer, Call::startup(0x202));
        }
        bench.listener = bench.socket(bench.server);
        bench.done(server, Call::bind(bench.listener, name));
        bench.done(server, Call::Listen { s: bench.listener, backlog: 5 });
        bench
    }

    fn call(&mut self, peer: Peer, call: Call) -> Option<CallResult> {
        match self.world.call(peer.thread, call, &mut Off) {
            Outcome::Returned(returned) => Some(returned.result),
            Outcome::Blocked => None,
        }
    }

    /// A call that neither waits nor fails.
    fn done(&mut self, peer: Peer, call: Call) -> Value {
        self.call(peer, call).expect("it does not wait").expect("it succeeds")
    }

    /// What happens at this very instant.
    fn settle(&mut self) {
        let now = self.world.now();
        self.world.run(Some(now), &mut Off).expect("time has no end here");
    }

    /// A call that waits for the other end.
    fn waits(&mut self, peer: Peer, call: Call) {
        assert_eq!(self.call(peer, call), None, "it waits");
        self.settle();
        let (thread, returned) = self.world.poll_returned().expect("it returns");
        assert_eq!(thread, peer.thread);
        returned.result.expect("it succeeds");
    }

    fn socket(&mut self, peer: Peer) -> Handle {
        let call = Call::Socket { family: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP };
        let Value::Handle(s) = self.done(peer, call) else { panic!("socket returns a handle") };
        s
    }

    fn connect(&mut self, client: Peer) -> Pair {
        let s = self.socket(client);
        self.waits(client, Call::connect(s, self.name));
        let Value::Accepted(t, _) = self.done(self.server, Call::accept(self.listener)) else {
            panic!("accept returns a handle")
        };
        (s, t)
    }

    /// Connections spread over the clients.
    fn connect_many(&mut self, n: u32) -> Vec<(Peer, Pair)> {
        let clients = self.clients.clone();
        (0..n).map(|i| clients[(i / PORTS) as usize]).map(|client| (client, self.connect(client))).collect()
    }

    fn say(&mut self, from: Peer, s: Handle, to: Peer, t: Handle, data: &Bytes) {
        self.done(from, Call::send(s, data.clone()));
        self.settle();
        let Value::Received(heard) = self.done(to, Call::recv(t, 2 * GREETING)) else {
            panic!("recv returns data")
        };
        assert_eq!(heard.len(), GREETING);
    }

    /// The end of the stream, then closesocket.
    fn end(&mut self, peer: Peer, s: Handle) {
        let Value::Received(end) = self.done(peer, Call::recv(s, 1)) else { panic!("recv returns data") };
        assert!(end.is_empty(), "the other end shut down");
    }

    fn lifecycle(&mut self, client: Peer, greeting: &Bytes) {
        let (server, before) = (self.server, self.world.sent());
        let (s, t) = self.connect(client);
        self.say(client, s, server, t, greeting);
        self.say(server, t, client, s, greeting);
        self.close(client, (s, t));
        let sent = self.world.sent() - before;
        assert!(sent >= 9, "{sent} segments");
    }

    /// shutdown and closesocket at both ends, the client first.
    fn close(&mut self, client: Peer, (s, t): Pair) {
        let server = self.server;
        self.done(client, Call::Shutdown { s, how: SD_SEND });
        self.settle();
        self.end(server, t);
        self.done(server, Call::Shutdown { s: t, how: SD_SEND });
        self.done(server, Call::Closesocket { s: t });
        self.settle();
        self.end(client, s);
        self.done(client, Call::Closesocket { s });
    }
}

/// Lifecycles a second, beside idle connections.
pub(crate) fn lifecycle(n: u32, idle: u32) -> f64 {
    let mut bench = Bench::new(idle);
    let _idle = bench.connect_many(idle);
    let client = *bench.clients.last().expect("there is one");
    let greeting = Bytes::from_static(&[7; GREETING]);
    let figure = per_second(f64::from(n), || {
        for _ in 0..n {
            bench.lifecycle(client, &greeting);
            // TIME_WAIT ends.
            bench.world.run(None, &mut Off).expect("time has no end here");
        }
    });
    let left: usize = bench.world.netstat(client.host).connections.len();
    assert!(left <= PORTS as usize, "nothing is left of a lifecycle");
    figure
}

/// A connection for bulk: large buffers, and nobody waits.
fn bulk(
    total: u64,
    mut send: impl FnMut(&Bytes) -> Bytes,
    mut take: impl FnMut(closewait::buf::Rope),
) -> f64 {
    let mut bench = Bench::new(1);
    let (client, server) = (bench.clients[0], bench.server);
    let size = i32::try_from(BUFFER).expect("small").to_le_bytes();
    let set =
        |s, name| Call::Setsockopt { s, level: SOL_SOCKET, name, value: Some(Bytes::copy_from_slice(&size)) };
    bench.done(server, set(bench.listener, SO_RCVBUF));
    let (s, t) = bench.connect(client);
    bench.done(client, set(s, SO_SNDBUF));
    for (peer, s) in [(client, s), (server, t)] {
        bench.done(peer, Call::set_nonblocking(s, true));
    }
    let mut sends = Sends::new(total);
    #[expect(clippy::cast_precision_loss, reason = "a figure")]
    let figure = per_second(total as f64, || {
        let mut received = 0;
        while received < total / SEND as u64 * SEND as u64 {
            while let Some(data) = sends.peek() {
                match bench.call(client, Call::send(s, send(data))) {
                    Some(Ok(_)) => sends.advance(),
                    Some(Err(WsaError::WouldBlock)) => break,
                    other => panic!("send: {other:?}"),
                }
            }
            bench.settle();
            let before = received;
            while let Some(Ok(Value::Received(data))) = bench.call(server, Call::recv(t, SEND)) {
                received += data.len() as u64;
                take(data);
            }
            if received == before {
                // Nagle holds the last piece until the ACK that waits for company comes (R65).
                let until = bench.world.now() + Profile::WINDOWS.delayed_ack.time;
                bench.world.run(Some(until), &mut Off).expect("time has no end here");
            }
        }
    });
    figure
}

/// `Bytes` in and out.
pub(crate) fn bulk_shared(total: u64) -> f64 {
    let mut sum = Sum::default();
    let figure = bulk(total, Bytes::clone, |mut data| {
        while data.has_remaining() {
            let piece = data.chunk();
            sum.add(piece);
            let n = piece.len();
            data.advance(n);
        }
    });
    assert_eq!(sum.total(), Sends::expected(total));
    figure
}

/// From a `&[u8]`, into a `&mut [u8]`.
pub(crate) fn bulk_copying(total: u64) -> f64 {
    let (mut sum, mut buf) = (Sum::default(), vec![0; SEND]);
    let figure = bulk(
        total,
        |data| Bytes::copy_from_slice(data),
        |mut data| {
            let n = data.len();
            data.copy_to_slice(&mut buf[..n]);
            sum.add(&buf[..n]);
        },
    );
    assert_eq!(sum.total(), Sends::expected(total));
    figure
}

/// What a silent connection takes, both ends.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn heap_idle(n: u32) -> f64 {
    let mut bench = Bench::new(n);
    let before = heap::in_use();
    for i in 0..n {
        let client = bench.clients[(i / PORTS) as usize];
        bench.connect(client);
    }
    bench.settle();
    (heap::in_use() - before) as f64 / f64::from(n)
}

/// What a connection in TIME_WAIT takes, at the end that has it.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn heap_time_wait(n: u32) -> f64 {
    let mut bench = Bench::new(n);
    let before = heap::in_use();
    for i in 0..n {
        let client = bench.clients[(i / PORTS) as usize];
        let pair = bench.connect(client);
        bench.close(client, pair);
    }
    bench.settle();
    (heap::in_use() - before) as f64 / f64::from(n)
}

/// Simulated seconds a second of a connection with a keep-alive every 75 s.
#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn idle(seconds: u64) -> f64 {
    let mut bench = Bench::new(1);
    let client = bench.clients[0];
    let (s, _) = bench.connect(client);
    // struct tcp_keepalive: on, 75 s, 1 s.
    let vals: Bytes = [1_u32, 75_000, 1_000].into_iter().flat_map(u32::to_le_bytes).collect();
    bench.done(client, Call::WsaIoctl { s, code: SIO_KEEPALIVE_VALS, input: Some(vals) });
    let until = bench.world.now() + Duration::from_secs(seconds);
    per_second(seconds as f64, || bench.world.run(Some(until), &mut Off).expect("time has no end here"))
}
