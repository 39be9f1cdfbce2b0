//! The states a socket can be in, each reached by calls and packets.

use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::profile::{Profile, Unwelcome};
use closewait::time::Duration;
use closewait::winsock::{Call, CallResult, Handle, Outcome, SockAddr, Value, consts};
use closewait_sim::world::HostId;
use closewait_sim::{LinkConfig, LinkId, Off, Thread, World};

/// A kind and state of a socket: its name, how it is reached, and the TCP state that says so.
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) state: Option<&'static str>,
    reach: fn(&mut Place),
}

const fn state(name: &'static str, state: Option<&'static str>, reach: fn(&mut Place)) -> State {
    State { name, state, reach }
}

pub(crate) const ALL: &[State] = &[
    state("stream, unbound", Some("CLOSED"), |_| {}),
    state("stream, bound", Some("CLOSED"), |p| p.bind(5000)),
    state("listening, nobody waits", Some("LISTEN"), Place::listens),
    state("listening, a connection waits", Some("LISTEN"), |p| {
        p.listens();
        p.peer_connects();
    }),
    state("connecting", Some("SYN_SENT"), |p| {
        p.cut();
        p.connects();
    }),
    state("connect was refused", Some("CLOSED"), |p| {
        p.connects_to(81);
        p.passes(5_000);
    }),
    state("connected, idle", Some("ESTABLISHED"), Place::connected),
    state("connected, data unread", Some("ESTABLISHED"), |p| {
        p.connected();
        p.peer_sends(5);
    }),
    state("connected, as much sent as may wait", Some("ESTABLISHED"), |p| {
        p.connected();
        p.cut();
        assert_eq!(p.call(Call::send(p.s, Bytes::from(vec![0; 100_000]))), Ok(Value::Sent(100_000)));
    }),
    state("the peer has closed its side", Some("CLOSE_WAIT"), |p| {
        p.connected();
        p.peer_shuts();
    }),
    state("the same, data unread", Some("CLOSE_WAIT"), |p| {
        p.connected();
        p.peer_sends(5);
        p.peer_shuts();
    }),
    state("after shutdown(SD_SEND)", Some("FIN_WAIT_2"), |p| {
        p.connected();
        p.shuts(consts::SD_SEND);
    }),
    state("after shutdown(SD_SEND), not acknowledged", Some("FIN_WAIT_1"), |p| {
        p.connected();
        p.cut();
        p.shuts(consts::SD_SEND);
    }),
    state("after shutdown(SD_RECEIVE)", Some("ESTABLISHED"), |p| {
        p.connected();
        p.shuts(consts::SD_RECEIVE);
    }),
    state("both sides closed at once", Some("CLOSING"), |p| {
        p.connected();
        p.passes(500);
        // The FINs cross, and the ACKs of them are lost.
        p.both_shut();
        p.passes(5);
        p.cut();
        p.passes(500);
    }),
    state("both sides closed, the peer's first", Some("LAST_ACK"), |p| {
        p.connected();
        p.peer_shuts();
        p.cut();
        p.shuts(consts::SD_SEND);
    }),
    state("both sides closed", Some("TIME_WAIT"), |p| {
        p.connected();
        p.shuts(consts::SD_SEND);
        p.peer_shuts();
    }),
    state("reset by the peer", Some("CLOSED"), |p| {
        p.connected();
        p.peer_resets();
    }),
    state("reset after the peer's FIN", Some("CLOSED"), |p| {
        p.connected();
        p.peer_shuts();
        p.peer_resets();
    }),
    state("given up: nobody answered", Some("CLOSED"), |p| {
        p.connected();
        p.cut();
        assert_eq!(p.call(Call::send(p.s, Bytes::from_static(b"x"))), Ok(Value::Sent(1)));
        p.passes(1_000_000);
    }),
    state("datagram, unbound", Some("CLOSED"), Place::datagrams),
    state("datagram, bound", Some("CLOSED"), |p| {
        p.datagrams();
        p.bind(5000);
    }),
    state("datagram, one waits", Some("CLOSED"), |p| {
        p.datagrams();
        p.bind(5000);
        p.datagram_arrives();
    }),
    state("datagram, connected", Some("CLOSED"), |p| {
        p.datagrams();
        p.connects();
    }),
    state("datagram, after shutdown(SD_BOTH)", Some("CLOSED"), |p| {
        p.datagrams();
        p.bind(5000);
        p.shuts(consts::SD_BOTH);
    }),
    state("closed", None, |p| assert_eq!(p.call(Call::Closesocket { s: p.s }), Ok(Value::Zero))),
    state("an event", None, |p| {
        let Ok(Value::Handle(event)) = p.call(Call::WsaCreateEvent) else { panic!("an event") };
        p.s = event;
    }),
];

/// A socket `s` of a process with two threads, and a peer with a listening socket.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) world: World,
    link: LinkId,
    here: HostId,
    there: HostId,
    /// The thread that asks, and one that may be blocked.
    thread: Thread,
    other: Thread,
    peer: Thread,
    /// Its listening socket, and the one that it accepted.
    peers: [Handle; 2],
    nonblocking: bool,
    pub(crate) s: Handle,
    pub(crate) event: Handle,
}

impl Place {
    /// A place in that state, with the socket blocking or not.
    pub(crate) fn reach(state: &State, profile: &Profile, nonblocking: bool) -> Self {
        let mut place = Self::new(profile);
        place.nonblocking = nonblocking;
        place.sets_nonblocking(nonblocking);
        (state.reach)(&mut place);
        place
    }

    fn new(profile: &Profile) -> Self {
        let mut world = World::new(1);
        // A firewall that hides closed ports (R17) would hide that connect is refused.
        let profile = Profile { no_connection: Unwelcome::Reset, ..profile.clone() };
        let here = world.add_host("here", profile.clone());
        let there = world.add_host("there", profile);
        let config = LinkConfig { delay: Duration::from_millis(10), ..LinkConfig::default() };
        let link = world.add_link(here, there, config);
        let (process, thread) = world.spawn_process(here);
        let other = world.spawn_thread(process);
        let (_, peer) = world.spawn_process(there);
        let none = Handle::INVALID_SOCKET;
        let mut place = Self {
            world,
            link,
            here,
            there,
            thread,
            other,
            peer,
            peers: [none; 2],
            nonblocking: false,
            s: none,
            event: none,
        };
        for thread in [thread, peer] {
            place.done(thread, Call::startup(0x202));
        }
        let Value::Handle(event) = place.done(thread, Call::WsaCreateEvent) else { panic!("an event") };
        place.event = event;
        place.s = place.stream(thread);
        let listening = place.stream(peer);
        place.done(peer, Call::bind(listening, place.end(there, 80)));
        place.done(peer, Call::Listen { s: listening, backlog: 5 });
        place.peers[0] = listening;
        place
    }

    fn stream(&mut self, thread: Thread) -> Handle {
        let (family, kind) = (consts::AF_INET, consts::SOCK_STREAM);
        let made = self.done(thread, Call::Socket { family, kind, protocol: 0 });
        let Value::Handle(s) = made else { panic!("a socket") };
        s
    }

    pub(crate) fn name(&self) -> Endpoint {
        self.end(self.there, 80)
    }

    fn end(&self, host: HostId, port: u16) -> Endpoint {
        Endpoint::new(self.world.address(host), port)
    }

    /// What the TCP state is, if the handle is a socket's.
    pub(crate) fn state(&self) -> Option<String> {
        let host = self.world.host(self.here);
        let process = host.winsock().process_of(self.thread.id).expect("it lives");
        host.socket(process, self.s).map(|status| status.state.to_string().replace('-', "_"))
    }

    /// A call of the asking thread; None if it blocks.
    pub(crate) fn ask(&mut self, call: Call) -> Option<CallResult> {
        match self.world.call(self.thread, call, &mut Off) {
            Outcome::Returned(returned) => Some(returned.result),
            Outcome::Blocked => None,
        }
    }

    pub(crate) fn call(&mut self, call: Call) -> CallResult {
        self.ask(call).expect("it does not block")
    }

    fn done(&mut self, thread: Thread, call: Call) -> Value {
        match self.world.call(thread, call, &mut Off) {
            Outcome::Returned(returned) => returned.result.expect("it succeeds"),
            Outcome::Blocked => panic!("it does not block"),
        }
    }

    fn passes(&mut self, ms: u64) {
        let until = self.world.now() + Duration::from_millis(ms);
        self.world.run(Some(until), &mut Off).expect("time goes on");
        self.world.advance_to(until);
    }

    fn cut(&mut self) {
        self.world.set_cut(self.link, true, &mut Off);
    }

    pub(crate) fn sets_nonblocking(&mut self, nonblocking: bool) {
        let _ = self.call(Call::set_nonblocking(self.s, nonblocking));
    }

    fn bind(&mut self, port: u16) {
        let name = self.end(self.here, port);
        assert_eq!(self.call(Call::bind(self.s, name)), Ok(Value::Zero));
    }

    fn listens(&mut self) {
        self.bind(5000);
        assert_eq!(self.call(Call::Listen { s: self.s, backlog: 5 }), Ok(Value::Zero));
    }

    /// Another thread connects, since a blocking connect occupies its thread.
    fn connects_to(&mut self, port: u16) {
        let name = self.end(self.there, port);
        let _ = self.world.call(self.other, Call::connect(self.s, name), &mut Off);
    }

    fn connects(&mut self) {
        self.connects_to(80);
    }

    fn connected(&mut self) {
        self.connects();
        self.passes(100);
        let Value::Accepted(s, _) = self.done(self.peer, Call::accept(self.peers[0])) else {
            panic!("accepted")
        };
        self.peers[1] = s;
    }

    fn peer_connects(&mut self) {
        let s = self.stream(self.peer);
        self.done(self.peer, Call::set_nonblocking(s, true));
        let name = self.end(self.here, 5000);
        let _ = self.world.call(self.peer, Call::connect(s, name), &mut Off);
        self.passes(100);
    }

    fn peer_sends(&mut self, bytes: usize) {
        self.done(self.peer, Call::send(self.peers[1], Bytes::from(vec![0; bytes])));
        self.passes(500);
    }

    fn peer_shuts(&mut self) {
        self.done(self.peer, Call::Shutdown { s: self.peers[1], how: consts::SD_SEND });
        self.passes(500);
    }

    fn both_shut(&mut self) {
        let how = consts::SD_SEND;
        self.done(self.peer, Call::Shutdown { s: self.peers[1], how });
        assert_eq!(self.call(Call::Shutdown { s: self.s, how }), Ok(Value::Zero));
    }

    fn peer_resets(&mut self) {
        let linger = Some(Bytes::from_static(&[1, 0, 0, 0]));
        let (s, level) = (self.peers[1], consts::SOL_SOCKET);
        self.done(self.peer, Call::Setsockopt { s, level, name: consts::SO_LINGER, value: linger });
        self.done(self.peer, Call::Closesocket { s });
        self.passes(500);
    }

    fn shuts(&mut self, how: i32) {
        assert_eq!(self.call(Call::Shutdown { s: self.s, how }), Ok(Value::Zero));
        self.passes(500);
    }

    /// A datagram socket in the place of the stream socket, in its mode.
    fn datagrams(&mut self) {
        let (family, kind) = (consts::AF_INET, consts::SOCK_DGRAM);
        let Ok(Value::Handle(s)) = self.call(Call::Socket { family, kind, protocol: 0 }) else {
            panic!("a socket")
        };
        self.s = s;
        self.sets_nonblocking(self.nonblocking);
    }

    fn datagram_arrives(&mut self) {
        let (family, kind) = (consts::AF_INET, consts::SOCK_DGRAM);
        let Value::Handle(s) = self.done(self.peer, Call::Socket { family, kind, protocol: 0 }) else {
            panic!("a socket")
        };
        let to = Some(SockAddr::from(self.end(self.here, 5000)));
        let data = Some(Bytes::from_static(b"hello"));
        self.done(self.peer, Call::Sendto { s, data, flags: 0, to });
        self.passes(100);
    }
}
