//! A host, driven by events whose numbers are relative, and what it does, told without numbers of its own.

use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr};
use closewait::host::{Host, Output};
use closewait::packet::{Flags, Options, Packet, Segment, Timestamps};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::stack::{Output as Said, Secret};
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait::winsock::{
    Call, Handle, HandlePolicy, Outcome, ProcessId, Return, ThreadId, Value, consts::*,
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const LOCAL: Endpoint = Endpoint::new(HERE, 80);
pub(crate) const PEERS: usize = 2;
/// How far apart the initial numbers of one end are.
const APART: u32 = 1 << 22;

fn remote(peer: usize) -> Endpoint {
    Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), if peer == 0 { 1000 } else { 1001 })
}

/// In what two runs of the same events differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) at: Duration,
    pub(crate) iss: u32,
    pub(crate) irs: u32,
    /// The peers' clock.
    pub(crate) clock: u32,
    /// Processes before a loss of power; then threads that ended and sockets that were closed.
    pub(crate) junk: u32,
}

/// An event. Handles are named by their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Call {
        thread: usize,
        ask: Ask,
        on: usize,
    },
    EndThread(usize),
    /// Numbers count from the connection's origins.
    Segment {
        peer: usize,
        flags: Flags,
        seq: i32,
        ack: i32,
        len: u16,
        wnd: u16,
    },
    Pass(Duration),
    /// Time goes on to the next deadline, if it lies within ten minutes.
    Deadline,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    Socket,
    Bind,
    Listen,
    Accept,
    Connect(usize),
    Send(usize),
    Recv(usize),
    Shutdown(i32),
    Close,
    Linger(u16, u16),
    NoDelay,
    NonBlocking,
    ReceiveBuffer(u32),
    Error,
    LastError,
}

#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) host: Host,
    process: ProcessId,
    threads: [ThreadId; 3],
    pub(crate) now: Instant,
    began: Instant,
    handles: Vec<Handle>,
    stamps: bool,
    clock: u32,
    /// The last TSval of the host, by peer.
    heard: [Option<u32>; PEERS],
    /// Numbers of which others are told: each initial number, and since [`Run::forget`] the origins.
    ours: Vec<Seq>,
    theirs: Vec<Seq>,
    next_iss: Seq,
    next_irs: Seq,
}

impl Run {
    pub(crate) fn new(profile: &Profile, policy: HandlePolicy, start: Start) -> Self {
        let secret = Secret([7; 16]);
        let mut host = Host::new(profile.clone(), secret);
        host.add_address(HERE, 1500);
        for _ in 0..start.junk {
            let process = host.create_process(policy);
            host.create_thread(process);
        }
        let mut host = if start.junk > 0 { host.rebooted(secret) } else { host };
        let process = host.create_process(policy);
        let now = Instant::START + start.at;
        for _ in 0..start.junk {
            let gone = host.create_thread(process);
            host.end_thread(now, gone);
        }
        let threads = [(); 3].map(|()| host.create_thread(process));
        let _ = host.call(now, threads[0], Call::startup(0x202));
        let mut run = Self {
            host,
            process,
            threads,
            now,
            began: now,
            handles: Vec::new(),
            stamps: true,
            clock: start.clock,
            heard: [None; PEERS],
            ours: vec![Seq(start.iss)],
            theirs: vec![Seq(start.irs)],
            next_iss: Seq(start.iss) + APART,
            next_irs: Seq(start.irs) + APART,
        };
        if policy == HandlePolicy::Never {
            for _ in 0..start.junk {
                let _ = run.event(Event::Call { thread: 0, ask: Ask::Socket, on: 0 });
                let _ = run.event(Event::Call { thread: 0, ask: Ask::Close, on: 0 });
            }
        }
        run
    }

    /// The peers use no timestamps.
    pub(crate) fn without_stamps(mut self) -> Self {
        self.stamps = false;
        self
    }

    /// Numbers are told from the origins of now, whatever was before.
    pub(crate) fn forget(&mut self) {
        let origins = (0..PEERS).map(|peer| self.host.origins(LOCAL, remote(peer)));
        let (ours, theirs): (Vec<_>, Vec<_>) = origins
            .map(|o| o.map_or((self.ours[0], self.theirs[0]), |(ours, theirs)| (ours, theirs)))
            .unzip();
        (self.ours, self.theirs) = (ours, theirs);
    }

    /// Does it, and tells what the host did.
    pub(crate) fn event(&mut self, event: Event) -> Vec<String> {
        self.host.preset_iss(self.next_iss);
        let mut told = Vec::new();
        match event {
            Event::Call { thread, ask, on } => {
                let thread = self.threads[thread];
                let call = self.call(ask, on);
                let closes = matches!(ask, Ask::Close);
                match call.map(|call| (call.clone(), self.host.call(self.now, thread, call))) {
                    None => {}
                    Some((_, Outcome::Blocked)) => told.push("blocks".to_owned()),
                    Some((_, Outcome::Returned(returned))) => told.push(self.returned(&returned)),
                }
                if closes {
                    self.handles.retain(|&h| self.host.socket(self.process, h).is_some());
                }
            }
            Event::EndThread(i) => {
                self.host.end_thread(self.now, self.threads[i]);
                self.threads[i] = self.host.create_thread(self.process);
                // Threads are told by their order.
                self.threads[i..].rotate_left(1);
            }
            Event::Segment { peer, flags, seq, ack, len, wnd } => {
                let segment = self.segment(peer, flags, (seq, ack), len, wnd);
                self.host.deliver(self.now, Packet { src: remote(peer), dst: LOCAL, segment });
            }
            Event::Pass(time) => {
                let until = self.now + time;
                while let Some(at) = self.host.next_deadline().filter(|&at| at <= until) {
                    self.now = at;
                    self.host.advance(at);
                    told.extend(self.outputs());
                }
                self.now = until;
            }
            Event::Deadline => {
                let soon = self.now + Duration::from_secs(600);
                if let Some(at) = self.host.next_deadline().filter(|&at| at <= soon) {
                    told.push(format!("after {:?}", at.since(self.now)));
                    self.now = at;
                    self.host.advance(at);
                }
            }
        }
        told.extend(self.outputs());
        self.host.assert_invariants();
        told
    }

    fn call(&self, ask: Ask, on: usize) -> Option<Call> {
        let s = if self.handles.is_empty() { None } else { Some(self.handles[on % self.handles.len()]) };
        let int = |n: u32| Some(Bytes::copy_from_slice(&n.to_le_bytes()));
        let option = |level, name, value| Some(Call::Setsockopt { s: s?, level, name, value });
        match ask {
            Ask::Socket if self.handles.len() < 4 => {
                Some(Call::Socket { family: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP })
            }
            Ask::Socket => None,
            Ask::Bind => Some(Call::bind(s?, LOCAL)),
            Ask::Listen => Some(Call::Listen { s: s?, backlog: 2 }),
            Ask::Accept => Some(Call::accept(s?)),
            Ask::Connect(peer) => Some(Call::connect(s?, remote(peer))),
            Ask::Send(len) => Some(Call::send(s?, vec![b'x'; len].into())),
            Ask::Recv(len) => Some(Call::recv(s?, len)),
            Ask::Shutdown(how) => Some(Call::Shutdown { s: s?, how }),
            Ask::Close => Some(Call::Closesocket { s: s? }),
            Ask::Linger(on, seconds) => {
                let [[a, b], [c, d]] = [on.to_le_bytes(), seconds.to_le_bytes()];
                option(SOL_SOCKET, SO_LINGER, Some(Bytes::copy_from_slice(&[a, b, c, d])))
            }
            Ask::NoDelay => option(IPPROTO_TCP, TCP_NODELAY, int(1)),
            Ask::NonBlocking => Some(Call::set_nonblocking(s?, true)),
            Ask::ReceiveBuffer(bytes) => option(SOL_SOCKET, SO_RCVBUF, int(bytes)),
            Ask::Error => Some(Call::getsockopt(s?, SOL_SOCKET, SO_ERROR, 4)),
            Ask::LastError => Some(Call::WsaGetLastError),
        }
    }

    fn segment(&mut self, peer: usize, flags: Flags, (seq, ack): (i32, i32), len: u16, wnd: u16) -> Segment {
        let opening =
            self.host.stack().connections().iter().any(|row| {
                row.local == LOCAL && row.remote == remote(peer) && row.state == StateName::SynSent
            });
        let origins = self.host.origins(LOCAL, remote(peer));
        let (ours, known) = origins.unwrap_or((self.ours[0], self.theirs[0]));
        let theirs = if flags.contains(Flags::SYN) && (opening || origins.is_none()) {
            self.theirs.push(self.next_irs);
            self.next_irs += APART;
            self.next_irs - APART
        } else if opening {
            self.theirs[0]
        } else {
            known
        };
        let from = |n: Seq, by: i32| n + by.cast_unsigned();
        let mut segment = Segment::control(flags, from(theirs, seq), from(ours, ack));
        segment.wnd = wnd;
        segment.payload = vec![b'y'; usize::from(len)].into();
        let millis = u32::try_from(self.now.since(self.began).as_millis()).unwrap_or(u32::MAX);
        let stamp =
            Timestamps { val: self.clock.wrapping_add(millis), ecr: self.heard[peer].unwrap_or_default() };
        segment.options = Options {
            mss: flags.contains(Flags::SYN).then_some(1000),
            sack_permitted: flags.contains(Flags::SYN),
            window_scale: flags.contains(Flags::SYN).then_some(2),
            timestamps: self.stamps.then_some(stamp),
            ..Options::NONE
        };
        segment
    }

    fn outputs(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(output) = self.host.poll_output() {
            told.push(match output {
                Output::Returned { thread, returned } => {
                    let i = self.threads.iter().position(|&t| t == thread);
                    format!("{i:?} returns {}", self.returned(&returned))
                }
                Output::Stack(Said::Transmit { packet, rule }) => {
                    let to = if packet.dst == remote(0) { 0 } else { 1 };
                    format!("to {to}: {} | {rule}", self.sent(to, &packet.segment))
                }
                Output::Stack(said) => format!("{said:?}"),
                Output::Told(told) => format!("{:?} posted {:?} | {}", told.event, told.posted, told.rule),
            });
        }
        told
    }

    fn sent(&mut self, to: usize, segment: &Segment) -> String {
        if segment.syn() && segment.seq == self.next_iss {
            self.ours.push(self.next_iss);
            self.next_iss += APART;
        }
        let within = |known: &[Seq], n: Seq| {
            if n == Seq(0) {
                return Some("0".to_owned());
            }
            let i = known.iter().position(|&k| (n - k).min(k - n) < 1 << 20)?;
            Some(format!("{i}:{}", (n - known[i]).cast_signed()))
        };
        let place = |known: &[Seq], n: Seq| within(known, n).unwrap_or_else(|| format!("{n:?}"));
        let Segment { seq, ack, flags, wnd, urg, options, payload } = segment;
        let Options { mss, window_scale, sack_permitted, timestamps, sack } = options;
        let stamp = timestamps.map(|Timestamps { val, ecr }| {
            let since = self.heard[to].replace(val).map(|last| val.wrapping_sub(last));
            (since, if ecr == 0 { None } else { Some(ecr.wrapping_sub(self.clock)) })
        });
        let sack: Vec<_> =
            sack.as_slice().iter().map(|&(l, r)| (place(&self.theirs, l), place(&self.theirs, r))).collect();
        format!(
            "{flags} {} {} {wnd} {urg} {mss:?} {window_scale:?} {sack_permitted} {stamp:?} {sack:?} {payload:?}",
            place(&self.ours, *seq),
            // The field of a RST without ACK may hold one of this end's numbers (R25).
            within(&self.ours, *ack)
                .filter(|_| !segment.has_ack())
                .unwrap_or_else(|| place(&self.theirs, *ack)),
        )
    }

    fn returned(&mut self, returned: &Return) -> String {
        let Return { result, rule } = returned;
        let result = match result {
            Ok(Value::Handle(h) | Value::Accepted(h, _)) => {
                self.handles.push(*h);
                self.handles.sort_unstable();
                let i = self.handles.iter().position(|other| other == h);
                format!("handle {i:?}")
            }
            Ok(Value::Received(text)) => format!("{:?}", text.to_bytes()),
            other => format!("{other:?}"),
        };
        format!("{result} | {rule}")
    }
}
