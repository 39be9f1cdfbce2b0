//! The host under test, with a program that makes any calls, and a wire at which the input is the peer.

use super::shape::Aim;
use super::state;
use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::tcp::StateName;
use closewait::time::Duration;
use closewait::winsock::{Call, Handle, Outcome, Return, Value, consts::*};
use closewait_sim::netstat::netstat;
use closewait_sim::trace::{self, Entry, What};
use closewait_sim::world::{Addresses, MTU, Process};
use closewait_sim::{HostId, LinkConfig, Log, Sink, World, wire};
use std::collections::BTreeMap;

/// Events after the last record: far more than retransmissions and probes, far fewer than a storm.
const EVENTS_TO_REST: usize = 3_000;

/// How a run begins.
pub(super) struct Begin {
    state: StateName,
    profile: &'static Profile,
    v6: bool,
    /// The peer's SYN offers every option.
    options: bool,
    /// The host then sends text that nobody acknowledges.
    sends: bool,
}

impl Begin {
    /// The first two bytes, and what follows them.
    pub(super) fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let (&[first, how], rest) = bytes.split_first_chunk().unwrap_or((&[0, 0], &[]));
        let begin = Self {
            state: state(first),
            profile: Profile::ALL[usize::from(how & 3)],
            v6: how & 4 != 0,
            options: how & 8 != 0,
            sends: how & 16 != 0,
        };
        (begin, rest)
    }
}

/// What the host says, and what is known from it.
struct Seen {
    log: Log,
    aim: Aim,
    wire: HostId,
    /// What each connection acknowledged last, since its SYN.
    acknowledged: BTreeMap<(Endpoint, Endpoint), Seq>,
}

impl Seen {
    /// RCV.NXT never goes back.
    fn follow(&mut self, packet: &Packet) {
        let Packet { src, dst, segment } = packet;
        let ends = (*src, *dst);
        if segment.rst() {
            return;
        }
        if segment.syn() {
            self.acknowledged.remove(&ends);
        }
        let mut rcv_nxt = self.aim.rcv_nxt;
        if segment.has_ack() {
            rcv_nxt = segment.ack;
            let before = self.acknowledged.insert(ends, rcv_nxt);
            assert!(
                before.is_none_or(|before| before.le(rcv_nxt)),
                "{before:?} was acknowledged: {packet:?}"
            );
        }
        self.aim = Aim { local: *src, remote: *dst, snd_nxt: segment.seq + segment.len(), rcv_nxt };
    }
}

impl Sink for Seen {
    fn record(&mut self, entry: Entry) {
        if let What::Sent { packet, .. } = &entry.what
            && entry.host != Some(self.wire)
        {
            assert_eq!(fault(packet), None, "{packet:?}");
            self.follow(packet);
        }
        self.log.record(entry);
    }
}

/// What is wrong with a packet that leaves.
pub fn fault(packet: &Packet) -> Option<&'static str> {
    let Ok(datagram) = wire::encode(packet) else { return Some("it has no datagram") };
    let Segment { flags, options, payload, .. } = &packet.segment;
    let kinds = [Flags::SYN, Flags::FIN, Flags::RST].into_iter().filter(|&kind| flags.contains(kind));
    let of_syn = options.mss.is_some() || options.window_scale.is_some() || options.sack_permitted;
    [
        (datagram.len() > usize::from(MTU), "it is larger than the link carries"),
        (wire::decode(&datagram).as_ref() != Ok(packet), "it arrives as something else"),
        (kinds.count() > 1, "SYN, FIN and RST exclude each other"),
        (!flags.intersects(Flags::SYN | Flags::RST | Flags::ACK), "only SYN and RST have no ACK"),
        (of_syn && !flags.contains(Flags::SYN), "it has an option of a SYN"),
        (flags.contains(Flags::RST) && !payload.is_empty(), "a RST has no text"),
    ]
    .into_iter()
    .find_map(|(wrong, what)| wrong.then_some(what))
}

/// The world of one run.
pub(super) struct Target {
    world: World,
    host: HostId,
    process: Process,
    handles: Vec<Handle>,
    seen: Seen,
}

impl Target {
    pub(super) fn new(begin: &Begin) -> Self {
        let mut world = World::new(1);
        let host = world.add_host("host", begin.profile.clone());
        let wire = world.add_outside("wire", Addresses::of_host(1)).expect("nobody else's addresses");
        world.add_link(host, wire, LinkConfig { delay: Duration::from_millis(1), ..LinkConfig::IDEAL });
        let ip = |id| if begin.v6 { world.address_v6(id) } else { world.address(id) };
        let (local, remote) = (Endpoint::new(ip(host), 80), Endpoint::new(ip(wire), 9000));
        // A connection's numbers wrap soon.
        let aim = Aim { local, remote, snd_nxt: Seq(0), rcv_nxt: Seq(u32::MAX - 2) };
        let (process, _) = world.spawn_process(host);
        let seen = Seen { log: Log::default(), aim, wire, acknowledged: BTreeMap::new() };
        let mut target = Self { world, host, process, handles: Vec::new(), seen };
        target.call(Call::startup(0x202));
        let family = if begin.v6 { AF_INET6 } else { AF_INET };
        target.call(Call::Socket { family, kind: SOCK_STREAM, protocol: 0 });
        target.drive(begin);
        target
    }

    /// To the state, by steps.
    fn drive(&mut self, begin: &Begin) {
        use StateName::*;
        let s = self.handles[0];
        let shut = Call::Shutdown { s, how: SD_SEND };
        let (fin, ack) = (Flags::FIN | Flags::ACK, Flags::ACK);
        match begin.state {
            Closed => {}
            Listen | SynReceived => {
                self.call(Call::bind(s, self.seen.aim.local));
                self.call(Call::Listen { s, backlog: 3 });
            }
            SynSent | Established | FinWait1 | FinWait2 | CloseWait | Closing | LastAck | TimeWait => {
                self.call(Call::set_nonblocking(s, true));
                self.call(Call::connect(s, self.seen.aim.remote));
            }
        }
        let offered = Options {
            mss: Some(1460),
            window_scale: Some(2),
            sack_permitted: true,
            timestamps: Some(Timestamps { val: 0, ecr: 0 }),
            ..Options::NONE
        };
        let syn = if begin.options { offered.clone() } else { Options::NONE };
        match begin.state {
            Closed | Listen | SynSent => {}
            SynReceived => self.say(Flags::SYN, syn),
            Established | FinWait1 | FinWait2 | CloseWait | Closing | LastAck | TimeWait => {
                self.say(Flags::SYN | ack, syn);
            }
        }
        let stamped = if begin.options { offered.timestamps } else { None };
        let plain = Options { timestamps: stamped, ..Options::NONE };
        match begin.state {
            Closed | Listen | SynSent | SynReceived | Established => {}
            FinWait1 => self.call(shut),
            FinWait2 => {
                self.call(shut);
                self.say(ack, plain);
            }
            TimeWait => {
                self.call(shut);
                self.say(fin, plain);
            }
            CloseWait => self.say(fin, plain),
            LastAck => {
                self.say(fin, plain);
                self.call(shut);
            }
            Closing => {
                self.call(shut);
                self.seen.aim.snd_nxt = self.seen.aim.snd_nxt - 1;
                self.say(fin, plain);
            }
        }
        let rows = self.world.netstat(self.host).connections;
        let state = rows.first().map(|(row, _)| row.state);
        assert!(
            state == Some(begin.state) || matches!(begin.state, Closed | Listen) && state.is_none(),
            "the steps lead to {}: {state:?}",
            begin.state
        );
        if begin.sends {
            self.call(Call::send(s, Bytes::from_static(&[0; 20_000])));
        }
    }

    /// The peer's segment, in order.
    fn say(&mut self, flags: Flags, options: Options) {
        let Aim { local, remote, snd_nxt, rcv_nxt } = self.seen.aim;
        let mut segment = Segment::control(flags, rcv_nxt, snd_nxt);
        (segment.wnd, segment.options) = (5_000, options);
        let packet = Packet { src: remote, dst: local, segment };
        self.deliver(&wire::encode(&packet).expect("it fits"));
    }

    pub(super) const fn aim(&self) -> &Aim {
        &self.seen.aim
    }

    /// A datagram is a packet, or it is counted as none: one or the other, and once.
    pub(super) fn deliver(&mut self, datagram: &[u8]) {
        let before = self.arrived();
        self.world.deliver_bytes(self.host, datagram, &mut self.seen);
        assert!(self.arrived() == before + 1, "each datagram is counted once");
        self.settle();
    }

    /// Packets, and what was none.
    fn arrived(&self) -> u64 {
        let arrivals = self.world.arrivals(self.host);
        let dropped: u64 = arrivals.dropped.values().sum();
        arrivals.packets + arrivals.losses().map(|(_, n)| n).sum::<u64>() - dropped
    }

    /// What must hold after each event.
    fn settle(&mut self) {
        self.world.assert_invariants();
        while let Some((_, returned)) = self.world.poll_returned() {
            self.learn(&returned);
        }
        while self.world.poll_outside(self.seen.wire).is_some() {}
    }

    fn learn(&mut self, returned: &Return) {
        if let Ok(Value::Handle(s) | Value::Accepted(s, _)) = returned.result {
            self.handles.push(s);
        }
    }

    /// A thread of its own makes each call, so none waits for another.
    fn call(&mut self, call: Call) {
        let thread = self.world.spawn_thread(self.process);
        if let Outcome::Returned(returned) = self.world.call(thread, call, &mut self.seen) {
            self.learn(&returned);
        }
        self.settle();
    }

    /// A call of the program; which handle and how much is the argument's to say.
    pub(super) fn ask(&mut self, which: u8, argument: u8) {
        let s = self.handles[usize::from(argument & 7) % self.handles.len()];
        let n = usize::from(argument >> 3) * 50;
        let int = |name, value: i32| {
            let (level, value) = (SOL_SOCKET, Some(Bytes::copy_from_slice(&value.to_le_bytes())));
            Call::Setsockopt { s, level, name, value }
        };
        self.call(match which % 12 {
            0 => Call::send(s, Bytes::from(vec![0; n])),
            1 => Call::send(s, Bytes::from(vec![0; n * 20])),
            2 => Call::recv(s, n),
            3 => Call::recv(s, 1 << 20),
            4 => Call::Shutdown { s, how: SD_SEND },
            5 => Call::Shutdown { s, how: SD_RECEIVE },
            6 => Call::Closesocket { s },
            7 => Call::accept(s),
            8 => int(SO_RCVBUF, i32::from(argument) * 30),
            9 => int(SO_LINGER, i32::from(argument >> 6) << 16 | 1),
            10 => Call::Setsockopt {
                s,
                level: IPPROTO_TCP,
                name: TCP_NODELAY,
                value: Some(Bytes::from_static(&[1, 0, 0, 0])),
            },
            _ => Call::connect(s, self.seen.aim.remote),
        });
    }

    /// So many events and one more, if there are.
    pub(super) fn events(&mut self, n: u8) {
        for _ in 0..=n {
            self.step();
        }
    }

    /// False if no event was left.
    fn step(&mut self) -> bool {
        let stepped = self.world.step(&mut self.seen).expect("time does not end");
        self.settle();
        stepped
    }

    /// 100 ms, in powers of two.
    pub(super) fn pause(&mut self, n: u8) {
        let until = self.world.now() + Duration::from_millis(100 << (n % 16));
        for _ in 0..EVENTS_TO_REST {
            match self.world.next_event() {
                Some(at) if at <= until => self.step(),
                Some(_) | None => return self.world.advance_to(until),
            };
        }
        panic!("no rest from {EVENTS_TO_REST} events in a pause");
    }

    /// Every socket is closed and nobody answers: nothing is left but, in profiles without a limit for it, connections
    /// in FIN-WAIT-2. And it can be told.
    pub(super) fn ends(mut self) {
        for s in self.handles.clone() {
            self.call(Call::Closesocket { s });
        }
        let mut events = 0;
        while self.step() {
            events += 1;
            assert!(events < EVENTS_TO_REST, "no rest after {events} events, at {}", self.world.now());
        }
        let rows = self.world.netstat(self.host).connections;
        for (row, _) in rows {
            let waits = row.state == StateName::FinWait2 && row.deadline.is_none();
            assert!(waits, "{} is left in {}", row.local, row.state);
        }
        let (log, world) = (&self.seen.log, &self.world);
        assert!(trace::jsonl(log, world).ends_with('\n'));
        assert!(!trace::pcapng(log, world).is_empty() && !trace::tcpdump(log, world).is_empty());
        let _ = netstat(world, self.host);
    }
}
