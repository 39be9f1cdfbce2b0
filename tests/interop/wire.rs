//! A stack, smoltcp or closewait, that listens at one end of a link of 1 ms; the test is the other end and says every
//! segment itself. So both can be asked the same, and their answers compared.
//!
//! Numbers are relative: the test's own from its SYN on, the stack's from the stack's.

use crate::pair::{FROM, PORT};
use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::time::Duration;
use closewait::winsock::{Call, CallResult, Handle, Outcome, Value, consts};
use closewait_sim::aio::Programs;
use closewait_sim::link::Arrival;
use closewait_sim::peer::{self, Smoltcp, SocketHandle, State};
use closewait_sim::world::Addresses;
use closewait_sim::{HostId, LinkConfig, Off, Thread, World};

/// A segment of the stack: its flags (but PSH), number, acknowledgment and length of text.
pub(crate) type Heard = (Flags, u32, u32, usize);

pub(crate) const ACK: Flags = Flags::ACK;
pub(crate) const SYN: Flags = Flags::SYN;
pub(crate) const FIN_ACK: Flags = Flags::FIN.union(Flags::ACK);
pub(crate) const SYN_ACK: Flags = Flags::SYN.union(Flags::ACK);
pub(crate) const RST_ACK: Flags = Flags::RST.union(Flags::ACK);

const ISS: u32 = 1_000;
const MS: Duration = Duration::from_millis(1);

enum Stack {
    Smoltcp(SocketHandle),
    Closewait { thread: Thread, listening: Handle, s: Option<Handle> },
}

pub(crate) struct Wire {
    pub(crate) world: World,
    pub(crate) wire: HostId,
    peers: Vec<Smoltcp>,
    stack: Stack,
    me: Endpoint,
    name: Endpoint,
    their_iss: Seq,
    /// The window that the test announces.
    pub(crate) window: u16,
    /// The windows of what was heard last.
    pub(crate) windows: Vec<u16>,
}

/// The same said to smoltcp and to closewait (Windows, with a backlog of 2): what each answered.
pub(crate) fn each<T>(said: impl Fn(&mut Wire) -> T) -> [T; 2] {
    [said(&mut Wire::smoltcp(65_535)), said(&mut Wire::closewait())]
}

impl Wire {
    pub(crate) fn smoltcp(buffer: usize) -> Self {
        let mut world = World::new(1);
        let wire = world.add_outside("wire", Addresses::of_host(0)).expect("nobody else's addresses");
        let end = world.add_outside("smoltcp", Addresses::of_host(1)).expect("nobody else's addresses");
        let link = world.add_link(wire, end, LinkConfig { delay: MS, ..LinkConfig::default() });
        let mut peer = Smoltcp::new(&world, end, link);
        let s = peer.socket(buffer, buffer);
        peer.listen(s, PORT).expect("it is closed");
        Self::new(world, wire, end, vec![peer], Stack::Smoltcp(s))
    }

    pub(crate) fn closewait() -> Self {
        let mut world = World::new(1);
        let wire = world.add_outside("wire", Addresses::of_host(0)).expect("nobody else's addresses");
        let end = world.add_host("closewait", Profile::WINDOWS);
        world.add_link(wire, end, LinkConfig { delay: MS, ..LinkConfig::default() });
        let (_, thread) = world.spawn_process(end);
        let name = Endpoint::new(world.address(end), PORT);
        call(&mut world, thread, Call::startup(0x202)).expect("it succeeds");
        let made = Call::Socket { family: consts::AF_INET, kind: consts::SOCK_STREAM, protocol: 0 };
        let Ok(Value::Handle(listening)) = call(&mut world, thread, made) else { panic!("a socket") };
        call(&mut world, thread, Call::bind(listening, name)).expect("it succeeds");
        call(&mut world, thread, Call::Listen { s: listening, backlog: 2 }).expect("it succeeds");
        Self::new(world, wire, end, Vec::new(), Stack::Closewait { thread, listening, s: None })
    }

    fn new(world: World, wire: HostId, end: HostId, peers: Vec<Smoltcp>, stack: Stack) -> Self {
        let (me, name) = (Endpoint::new(world.address(wire), FROM), Endpoint::new(world.address(end), PORT));
        Self { world, wire, peers, stack, me, name, their_iss: Seq(0), window: 65_535, windows: Vec::new() }
    }

    /// Says a segment; what the stack answers within 5 ms.
    pub(crate) fn say(&mut self, flags: Flags, seq: u32, ack: u32, text: &[u8]) -> Vec<Heard> {
        let (me, name) = (self.me, self.name);
        self.say_between(me, name, flags, seq, ack, text)
    }

    /// The same from another port of the test's, to another port of the stack's.
    pub(crate) fn say_ports(&mut self, from: u16, to: u16, flags: Flags, seq: u32) -> Vec<Heard> {
        let (me, name) = (Endpoint::new(self.me.ip, from), Endpoint::new(self.name.ip, to));
        self.say_between(me, name, flags, seq, 0, b"")
    }

    fn say_between(
        &mut self,
        src: Endpoint,
        dst: Endpoint,
        flags: Flags,
        seq: u32,
        ack: u32,
        text: &[u8],
    ) -> Vec<Heard> {
        let ack = if flags.contains(ACK) { self.their_iss + ack } else { Seq(0) };
        let mut segment = Segment::control(flags, Seq(ISS) + seq, ack);
        segment.wnd = self.window;
        segment.payload = Bytes::copy_from_slice(text);
        self.world.send_outside(self.wire, Packet { src, dst, segment }, &mut Off);
        self.wait(Duration::from_millis(5))
    }

    /// What the stack says within a while.
    pub(crate) fn wait(&mut self, time: Duration) -> Vec<Heard> {
        let until = self.world.now() + time;
        peer::run(&mut self.world, &mut Programs::new(), &mut self.peers, Some(until), &mut Off)
            .expect("time does not end");
        self.world.advance_to(until);
        self.windows.clear();
        let mut heard = Vec::new();
        while let Some(Arrival::Packet(Packet { segment, .. })) = self.world.poll_outside(self.wire) {
            if segment.flags == SYN_ACK {
                self.their_iss = segment.seq;
            }
            let acknowledges = segment.flags.contains(ACK);
            let ack = if acknowledges { segment.ack - Seq(ISS) } else { 0 };
            let seq = segment.seq - self.their_iss;
            self.windows.push(segment.wnd);
            heard.push((segment.flags - Flags::PSH, seq, ack, segment.payload.len()));
        }
        heard
    }

    /// The handshake; the stack's program has its socket.
    pub(crate) fn open(&mut self) {
        assert_eq!(self.say(SYN, 0, 0, b""), [(SYN_ACK, 0, 1, 0)]);
        assert_eq!(self.say(ACK, 1, 1, b""), []);
        if let Stack::Closewait { thread, listening, s } = &mut self.stack {
            let accepted = call(&mut self.world, *thread, Call::accept(*listening));
            let Ok(Value::Accepted(accepted, _)) = accepted else { panic!("{accepted:?}") };
            *s = Some(accepted);
        }
    }

    /// A call on closewait's socket; on smoltcp's the like of it.
    pub(crate) fn with(
        &mut self,
        smoltcp: impl FnOnce(&mut Smoltcp, SocketHandle),
        closewait: impl FnOnce(Handle) -> Call,
    ) -> Vec<Heard> {
        match self.stack {
            Stack::Smoltcp(s) => smoltcp(&mut self.peers[0], s),
            Stack::Closewait { thread, s, .. } => {
                let made = closewait(s.expect("it was opened"));
                call(&mut self.world, thread, made).expect("it succeeds");
            }
        }
        self.wait(Duration::from_millis(5))
    }

    /// Closes the socket.
    pub(crate) fn close(&mut self) -> Vec<Heard> {
        self.with(Smoltcp::close, |s| Call::Closesocket { s })
    }

    /// Sends so many bytes.
    pub(crate) fn send(&mut self, n: usize) -> Vec<Heard> {
        let data = vec![7; n];
        self.with(|peer, s| assert_eq!(peer.send(s, &data), Ok(n)), |s| Call::send(s, data.clone().into()))
    }

    /// What receiving gives now: so many bytes, or the stack's error.
    pub(crate) fn recv(&mut self) -> Result<usize, String> {
        match self.stack {
            Stack::Smoltcp(s) => {
                self.peers[0].recv(s).map(|data| data.len()).map_err(|error| format!("{error:?}"))
            }
            Stack::Closewait { thread, s, .. } => {
                let recv = Call::recv(s.expect("it was opened"), 1 << 16);
                match call(&mut self.world, thread, recv) {
                    Ok(Value::Received(data)) => Ok(data.len()),
                    other => Err(format!("{other:?}")),
                }
            }
        }
    }

    /// smoltcp's state.
    pub(crate) fn state(&self) -> Option<State> {
        match self.stack {
            Stack::Smoltcp(s) => Some(self.peers[0].state(s)),
            Stack::Closewait { .. } => None,
        }
    }
}

fn call(world: &mut World, thread: Thread, call: Call) -> CallResult {
    match world.call(thread, call, &mut Off) {
        Outcome::Returned(returned) => returned.result,
        Outcome::Blocked => panic!("it blocks"),
    }
}
