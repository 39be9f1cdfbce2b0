//! A connection from a client to a server, with faults said beforehand, and what one of the two sees of it.

use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Packet, Timestamps};
use closewait::profile::{DelayedAck, InitialWindow, Offer, Profile, WindowScaling};
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::tcp::State;
use closewait::tcp::status::Sending;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, Handle, Outcome, Value, consts};
use closewait_sim::link::{Fate, Verdict};
use closewait_sim::trace::{Entry, What, tcpdump};
use closewait_sim::{HostId, LinkConfig, LinkId, Log, Sink, Thread, World};
use std::collections::VecDeque;
use std::fmt::Write;

/// Segments of 1,000 octets, four of them in the first window (RFC 5681 3.1); no option but the MSS; every ACK at once;
/// the RTO as RFC 6298 has it before its lower bound.
pub(crate) fn plain() -> Profile {
    Profile {
        window_scaling: WindowScaling::Off,
        sack: Offer::No,
        timestamps: Offer::No,
        min_rto: Duration::ZERO,
        initial_window: InitialWindow::Rfc5681,
        delayed_ack: DelayedAck { segments: 1, ..Profile::RFC9293.delayed_ack },
        send_buffer: 50_000,
        receive_buffer: 50_000,
        ..Profile::RFC9293
    }
}

pub(crate) const fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

pub(crate) const fn link(millis: u64, mtu: u16) -> LinkConfig {
    LinkConfig { delay: Duration::from_millis(millis), mtu, ..LinkConfig::IDEAL }
}

/// One line of a trace.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: Instant,
    /// The sender's name; who has the timer.
    pub(crate) from: &'static str,
    /// None: a timer.
    pub(crate) packet: Option<Packet>,
    pub(crate) rule: Rule,
    pub(crate) lost: bool,
    pub(crate) held: Option<Duration>,
    /// If it is the last line of what happened.
    pub(crate) after: Option<After>,
}

/// A host after something happened to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct After {
    pub(crate) sending: Option<Sending>,
    /// In ms from time 0 on, by the peer's clock.
    pub(crate) ts_recent: Option<u32>,
}

/// What is on its way to those eyes.
struct Coming {
    packet: Packet,
    rule: Rule,
    held: Option<Duration>,
}

/// The sink: it knows which packets are to be lost or held, and keeps what one host sees.
struct Watch {
    hosts: [HostId; 2],
    /// Whose view it is.
    eyes: HostId,
    /// By the number of the first octet, from the SYN on: what becomes of the next segment with text that has it.
    faults: Vec<(u32, Verdict)>,
    judged: Verdict,
    /// What the other end has sent and did not arrive yet.
    coming: VecDeque<Coming>,
    lines: Vec<Line>,
}

impl Watch {
    fn name(&self, host: HostId) -> &'static str {
        if host == self.hosts[0] { "client" } else { "server" }
    }

    fn sent(&mut self, at: Instant, from: HostId, packet: Packet, rule: Rule, fate: Fate) {
        let judged = std::mem::take(&mut self.judged);
        let held = if let Verdict::Hold(time) = judged { Some(time) } else { None };
        if from == self.eyes {
            let (from, lost) = (self.name(from), fate == Fate::Lost);
            self.lines.push(Line { at, from, packet: Some(packet), rule, lost, held, after: None });
        } else if fate != Fate::Lost {
            self.coming.push_back(Coming { packet, rule, held });
        }
    }

    fn arrived(&mut self, at: Instant, packet: Packet) {
        let known = self.coming.iter().position(|coming| coming.packet == packet);
        let (from, rule, held) = match known.and_then(|i| self.coming.remove(i)) {
            Some(Coming { rule, held, .. }) => {
                let other = self.hosts[usize::from(self.eyes == self.hosts[0])];
                (self.name(other), rule, held)
            }
            None => ("network", Rule::Outside, None),
        };
        self.lines.push(Line { at, from, packet: Some(packet), rule, lost: false, held, after: None });
    }
}

impl Sink for Watch {
    fn record(&mut self, entry: Entry) {
        let Entry { at, host: Some(host), what, .. } = entry else { return };
        if let What::Sent { packet, rule, fate } = what {
            self.sent(at, host, packet, rule, fate);
        } else if let (true, What::Received { packet }) = (host == self.eyes, &what) {
            self.arrived(at, packet.clone());
        } else if let (true, What::Timer { rule, .. }) = (host == self.eyes, what) {
            let from = self.name(host);
            self.lines.push(Line { at, from, packet: None, rule, lost: false, held: None, after: None });
        }
    }

    fn verdict(&mut self, _: HostId, packet: &Packet) -> Verdict {
        let segment = &packet.segment;
        let hit = |&(first, _): &(u32, Verdict)| segment.text_len() > 0 && segment.seq == Seq(first);
        let fault = self.faults.iter().position(hit).map(|i| self.faults.remove(i));
        self.judged = fault.map_or(Verdict::Pass, |(_, verdict)| verdict);
        self.judged
    }
}

/// Whose view a trace is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Eyes {
    Client,
    Server,
}

/// The two hosts, while the run goes on.
pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) link: LinkId,
    pub(crate) server: HostId,
    watch: Watch,
    thread: Thread,
    s: Handle,
}

impl Run {
    /// Both numbers begin at 0, at time 0; the client is established when this returns.
    pub(crate) fn new(profile: &Profile, config: LinkConfig, eyes: Eyes, faults: &[(u32, Verdict)]) -> Self {
        let mut world = World::new(1);
        let hosts = ["client", "server"].map(|name| world.add_host(name, profile.clone()));
        let [client, server] = hosts;
        let link = world.add_link(client, server, config);
        for host in hosts {
            world.preset_iss(host, Seq(0));
        }
        let eyes = if eyes == Eyes::Client { client } else { server };
        let faults = faults.to_vec();
        let judged = Verdict::Pass;
        let mut watch = Watch { hosts, eyes, faults, judged, coming: VecDeque::new(), lines: Vec::new() };
        let [(thread, s), (listening, l)] = hosts.map(|host| {
            let (_, thread) = world.spawn_process(host);
            let _ = world.call(thread, Call::startup(0x202), &mut watch);
            let (family, kind, protocol) = (consts::AF_INET, consts::SOCK_STREAM, consts::IPPROTO_TCP);
            let made = world.call(thread, Call::Socket { family, kind, protocol }, &mut watch);
            let Outcome::Returned(made) = made else { panic!("socket does not block") };
            let Ok(Value::Handle(s)) = made.result else { panic!("a socket: {made:?}") };
            (thread, s)
        });
        let name = Endpoint::new(world.address(server), 80);
        let _ = world.call(listening, Call::bind(l, name), &mut watch);
        let _ = world.call(listening, Call::Listen { s: l, backlog: 1 }, &mut watch);
        let _ = world.call(thread, Call::connect(s, name), &mut watch);
        let mut run = Self { world, link, server, watch, thread, s };
        run.look();
        while run.state(client).and_then(State::sending).is_none() {
            assert!(run.step(), "a handshake");
        }
        run
    }

    /// The client sends so many octets.
    pub(crate) fn send(&mut self, octets: usize) {
        let data = Bytes::from(vec![b'n'; octets]);
        let sent = self.world.call(self.thread, Call::send(self.s, data), &mut self.watch);
        let Outcome::Returned(sent) = sent else { panic!("there is room for all of it") };
        assert!(sent.result.is_ok(), "{sent:?}");
        self.look();
    }

    /// A packet out of nowhere arrives at the server.
    pub(crate) fn inject(&mut self, packet: Packet) {
        self.world.inject(self.server, packet, &mut self.watch);
        self.look();
    }

    /// The next event; false if there is none.
    pub(crate) fn step(&mut self) -> bool {
        let more = self.world.step(&mut self.watch).expect("time does not end");
        self.look();
        more
    }

    /// Until nothing is left to happen.
    pub(crate) fn settle(&mut self) {
        while self.step() {}
    }

    /// Until this instant; what happens then has happened.
    pub(crate) fn until(&mut self, at: Instant) {
        while self.world.next_event().is_some_and(|next| next <= at) {
            self.step();
        }
        self.world.advance_to(at);
    }

    /// What the connection has come to at this host.
    pub(crate) fn state(&self, host: HostId) -> Option<&State> {
        let stack = self.world.host(host).stack();
        let id = stack.connections().into_iter().find_map(|row| row.id)?;
        Some(stack.state(id))
    }

    /// What the client goes by now.
    pub(crate) fn sending(&self) -> Sending {
        self.state(self.watch.hosts[0]).and_then(State::sending).expect("it is established")
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.watch.lines
    }

    /// The address of whoever is at the other end from whose view it is.
    fn peer(&self) -> IpAddr {
        let [client, server] = self.watch.hosts;
        self.world.address(if self.watch.eyes == client { server } else { client })
    }

    fn look(&mut self) {
        self.world.assert_invariants();
        let state = self.state(self.watch.eyes);
        let peer = |line: &Line| line.packet.as_ref().map(|p| p.src).filter(|src| src.ip == self.peer());
        let clock = self.lines().iter().find_map(peer).map_or(0, |peer| self.clock(peer));
        let ts_recent = state.and_then(State::ts_recent).map(|t| t.wrapping_sub(clock));
        let after = After { sending: state.and_then(State::sending), ts_recent };
        if let Some(line) = self.watch.lines.last_mut() {
            line.after.get_or_insert(after);
        }
    }

    /// The lines from `start` on as text; a column is its heading and what it shows.
    pub(crate) fn table(&self, start: Instant, columns: &[(&str, Show)]) -> String {
        let texts = self.segments();
        let shown = || self.lines().iter().zip(&texts).filter(|(line, _)| line.at >= start);
        let width = |title: &str, show: Show| {
            let cells = shown().filter_map(|(line, _)| line.after.as_ref()).map(|after| show(after).len());
            cells.max().unwrap_or(0).max(title.len())
        };
        let widths: Vec<_> = columns.iter().map(|(title, show)| width(title, *show)).collect();
        let row = |ms: &str, from: &str, cells: &[String], rule: &str, text: &str| {
            let mut row = format!("{ms:>9}  {from:<7}");
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(row, "  {cell:>width$}");
            }
            format!("{row}  {rule:<16}  {text}\n")
        };
        let titles: Vec<_> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
        let mut table = row("ms", "from", &titles, "rule", "segment");
        for (line, text) in shown() {
            let cell = |(_, show): &(&str, Show)| line.after.as_ref().map(show).unwrap_or_default();
            let cells: Vec<_> = columns.iter().map(cell).collect();
            table += &row(&ms(line.at.since(start)), line.from, &cells, line.rule.id(), text);
        }
        table
    }

    /// Each line's segment as tcpdump has it, without time and ends, and what became of it. Timestamps count from each
    /// host's own at time 0, in ms.
    fn segments(&self) -> Vec<String> {
        let mut log = Log::default();
        for line in self.lines() {
            if let Some(packet) = line.packet.clone() {
                let what = What::Sent { packet, rule: line.rule, fate: Fate::Arrives(line.at) };
                log.record(Entry { at: line.at, step: 0, host: None, what });
            }
        }
        let text = tcpdump(&log, &self.world);
        let mut printed = text.lines().filter_map(|line| line.split_once(": "));
        let lines = self.lines().iter().map(|line| {
            let Some(packet) = &line.packet else { return "the timer fires".into() };
            let mut text = printed.next().map_or_else(String::new, |(_, segment)| segment.to_owned());
            if let Some(Timestamps { val, ecr }) = packet.segment.options.timestamps {
                let shown = self.stamps(packet);
                text = text.replace(
                    &format!("val {val} ecr {ecr}"),
                    &format!("val {} ecr {}", shown.val, shown.ecr),
                );
            }
            text += if line.lost { "  LOST" } else { "" };
            text += &line.held.map_or_else(String::new, |time| format!("  HELD for {} ms", ms(time)));
            text
        });
        lines.collect()
    }

    /// A packet's timestamps in ms from time 0 on.
    pub(crate) fn stamps(&self, packet: &Packet) -> Timestamps {
        let Timestamps { val, ecr } = packet.segment.options.timestamps.unwrap_or_default();
        let zero = [packet.src, packet.dst].map(|end| self.clock(end));
        // The first SYN echoes nothing.
        let echoes = packet.segment.has_ack();
        Timestamps {
            val: val.wrapping_sub(zero[0]),
            ecr: if echoes { ecr.wrapping_sub(zero[1]) } else { ecr },
        }
    }

    /// What an end's clock of timestamps shows at time 0, by the server's view of the SYNs.
    pub(crate) fn clock(&self, end: Endpoint) -> u32 {
        let syns = self.lines().iter().filter_map(|line| Some((line, line.packet.as_ref()?)));
        let mut of_end = syns.filter(|(_, p)| p.src == end && p.segment.flags.contains(Flags::SYN));
        let Some((line, packet)) = of_end.next() else { return 0 };
        let Some(stamps) = packet.segment.options.timestamps else { return 0 };
        let flown = if line.from == "client" { self.world.link(self.link).delay } else { Duration::ZERO };
        let left = line.at.since(Instant::START) - flown;
        let millis = u32::try_from(left.as_millis()).expect("a SYN of the first days");
        stamps.val.wrapping_sub(millis)
    }
}

/// What a column shows.
pub(crate) type Show = fn(&After) -> String;

fn of(after: &After, show: impl Fn(&Sending) -> String) -> String {
    after.sending.as_ref().map_or_else(|| "-".into(), show)
}

pub(crate) const CWND: (&str, Show) = ("cwnd", |a| of(a, |s| s.cwnd.to_string()));
pub(crate) const SSTHRESH: (&str, Show) =
    ("ssthresh", |a| of(a, |s| s.ssthresh.map_or_else(|| "-".into(), |octets| octets.to_string())));
pub(crate) const FLIGHT: (&str, Show) = ("flight", |a| of(a, |s| s.flight.to_string()));
pub(crate) const PIPE: (&str, Show) = ("pipe", |a| of(a, |s| s.pipe.to_string()));
pub(crate) const SRTT: (&str, Show) = ("SRTT", |a| of(a, |s| s.srtt.map_or_else(|| "-".into(), ms)));
pub(crate) const RTTVAR: (&str, Show) = ("RTTVAR", |a| of(a, |s| ms(s.rttvar)));
pub(crate) const RTO: (&str, Show) = ("RTO", |a| of(a, |s| ms(s.rto)));

/// Milliseconds, with decimals where there are some.
pub(crate) fn ms(time: Duration) -> String {
    let (whole, rest) = (time.as_nanos() / 1_000_000, time.as_nanos() % 1_000_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:06}").trim_end_matches('0').to_owned() }
}
