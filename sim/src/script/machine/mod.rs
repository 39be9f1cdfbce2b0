//! Files with one machine: packetdrill's own case. The script is the only program on one host and plays the wire:
//! `<` packets are sent to it, `>` packets must leave, in order, and nothing else may leave.
//!
//! ```text
//!   calls.rs  a call of the script's one thread        wire.rs   packets in and out, which connection they are of
//!   look.rs   checks, shell lines, embedded code       mod.rs    time, and one line after another
//! ```
//!
//! The machine has the address 192.168.0.1 and the wire 192.0.2.1 (fd3d:fa7b:d17d::1 and ::2 over IPv6). The
//! initial sequence number of the machine is what it is, the wire's is 0, as packetdrill has it.

mod calls;
mod look;
mod wire;

use super::ast::{Event, Line, PacketBody, PacketEvent, Script, Span, Start};
use super::calls::Scene;
use super::limits;
use super::names::Names;
use super::report::{Failure, Options, Report, Verdict};
use super::setup::Headers;
use super::shell;
use super::stage::Stage;
use crate::link::LinkConfig;
use crate::world::{Addresses as HostAddresses, HostId, Thread, World};
use calls::Blocked;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr};
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, Handle};
use std::collections::BTreeMap;
use wire::{Flow, PacketLine};

/// packetdrill's port, where a script leaves it out.
const PORT: u16 = 8080;

struct Machine<'a> {
    world: World,
    stage: Stage,
    host: HostId,
    /// What plays the other end of every connection.
    wire: HostId,
    thread: Thread,
    scene: Scene,
    names: Names,
    blocked: Option<Blocked<'a>>,
    flow: Flow,
    /// Both ends of the connection that a closed handle stood for.
    ends: BTreeMap<Handle, (Endpoint, Endpoint)>,
    /// Packets of the machine that lines were about.
    taken: usize,
    /// The lines that expect a packet, and how many of them were carried out.
    packet_lines: Vec<PacketLine>,
    expected_lines: usize,
    /// Start and end of the previous line.
    previous: (Instant, Instant),
    tolerance: Option<Duration>,
    lenient: bool,
    strict: bool,
    skipped_lines: usize,
    /// How many events there may be.
    events: u64,
    /// The line that is being carried out.
    line: Span,
}

/// Why a run stops before its last line.
enum Stop {
    Failed(Failure),
    Skipped(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Plays a scenario against one machine.
pub(super) fn play(script: &Script, headers: &Headers, options: &Options, events: u64) -> Report {
    let mut machine = match Machine::new(script, headers, options, events) {
        Ok(machine) => machine,
        Err(failure) => {
            return Report { verdict: Verdict::Failed(vec![failure]), run: None, skipped_lines: 0 };
        }
    };
    let stop = script.lines.iter().try_for_each(|line| machine.line(line)).and_then(|()| machine.finish());
    let verdict = match stop {
        Ok(()) => Verdict::Passed,
        Err(Stop::Failed(failure)) => Verdict::Failed(vec![failure]),
        Err(Stop::Skipped(why)) => Verdict::Skipped(why),
    };
    let Machine { world, stage, skipped_lines, .. } = machine;
    Report { verdict, run: Some((world, stage.log)), skipped_lines }
}

/// The machine's addresses and the wire's.
fn addresses() -> [HostAddresses; 2] {
    let v6 = |n| Ipv6Addr::new(0xfd3d, 0xfa7b, 0xd17d, 0, 0, 0, 0, n);
    [
        HostAddresses { v4: Ipv4Addr::new(192, 168, 0, 1), v6: v6(1) },
        HostAddresses { v4: Ipv4Addr::new(192, 0, 2, 1), v6: v6(2) },
    ]
}

/// The machine with its one thread, and the wire, before anything happens.
pub(super) fn world(headers: &Headers, options: &Options) -> (World, Thread, HostId) {
    let profile = headers.profile.clone().unwrap_or_else(|| options.profile.clone());
    let mut world = World::new(headers.seed(options));
    let [here, there] = addresses();
    let unique = "the world is empty: nobody has these addresses";
    let host = world.add_host_at("machine", profile, here).expect(unique);
    let wire = world.add_outside("wire", there).expect(unique);
    world.add_link(host, wire, LinkConfig::IDEAL);
    let (_, thread) = world.spawn_process(host);
    (world, thread, wire)
}

impl<'a> Machine<'a> {
    fn new(script: &Script, headers: &Headers, options: &Options, events: u64) -> Result<Self, Failure> {
        if let Some(lane) = script.lines.iter().find_map(|line| line.lane.as_ref()) {
            let message = "no host has a name here: a header such as --host=client gives one";
            return Err(Failure::bad_input(lane.span, message));
        }
        let (mut world, thread, other_end) = world(headers, options);
        let (host, [_, there]) = (thread.host, addresses());
        if let Some(syn) = options.lenient.then(|| wire::first_syn(&script.lines)).flatten() {
            let profile = world.host(host).stack().profile().clone();
            world.set_profile(host, wire::offering(profile, &syn));
        }
        let mut stage = Stage::with_wire(other_end);
        let starts =
            |line: &Line| matches!(&line.event, Event::Call(call) if call.name.value == "WSAStartup");
        if !script.lines.iter().any(starts) {
            let _ = world.call(thread, Call::startup(0x0202), &mut stage);
        }
        let wire_ip = if headers.v6 { IpAddr::V6(there.v6) } else { IpAddr::V4(there.v4) };
        let other = Endpoint::new(wire_ip, PORT);
        Ok(Self {
            world,
            stage,
            host,
            wire: other_end,
            thread,
            scene: Scene {
                v6: headers.v6,
                hosts: Vec::new(),
                other,
                processes: BTreeMap::new(),
                infos: BTreeMap::new(),
            },
            names: Names::default(),
            blocked: None,
            flow: Flow::default(),
            ends: BTreeMap::new(),
            taken: 0,
            packet_lines: PacketLine::all(&script.lines),
            expected_lines: 0,
            previous: (Instant::START, Instant::START),
            tolerance: headers.tolerance,
            lenient: options.lenient,
            strict: options.strict,
            skipped_lines: 0,
            events,
            line: Span::default(),
        })
    }

    fn now(&self) -> Instant {
        self.world.now()
    }

    fn line(&mut self, line: &'a Line) -> Result<(), Stop> {
        self.line = line.span;
        let (base, start) = self.start_of(line);
        let outbound = matches!(&line.event, Event::Packet(PacketEvent { inbound: false, .. }));
        // An expected packet may come a little early or late; everything else happens when it says.
        if !outbound {
            self.run_to(start)?;
            self.nothing_overdue(line.span)?;
        }
        let start = start.max(self.now());
        match &line.event {
            Event::Call(call) => self.call(line, call, base)?,
            Event::Packet(PacketEvent { inbound: true, body: PacketBody::Tcp(spec) }) => self.inject(spec)?,
            Event::Packet(PacketEvent { inbound: false, body: PacketBody::Tcp(spec) }) => {
                return self.expect(line, spec, start);
            }
            Event::Packet(PacketEvent { inbound: true, body: PacketBody::Icmp(spec) }) => {
                self.inject_icmp(line, spec)?;
            }
            Event::Packet(PacketEvent { body: PacketBody::Icmp(_), .. }) => {
                return Err(skipped(line.span, "a machine answers no segment of the wire's with ICMP"));
            }
            Event::Packet(PacketEvent { body: PacketBody::Udp(_), .. }) => {
                return Err(skipped(line.span, "UDP is not modelled yet"));
            }
            Event::Silence(_) => {}
            Event::Code(code) => self.outside(code.span, shell::code(&code.value))?,
            Event::Shell(line) => self.shell(line)?,
            Event::Check(check) => self.check(line, check)?,
            Event::Net(_) | Event::Host(_) => {
                return Err(Failure::bad_input(line.span, "a file with one machine has no such line").into());
            }
        }
        let end = if self.blocked.is_some() { start } else { self.now() };
        self.previous = (start, end);
        Ok(())
    }

    /// What the line's times count from, and when it starts.
    fn start_of(&self, line: &Line) -> (Instant, Instant) {
        let (base, after) = match line.time.value.start {
            Start::Absolute(t) => (Instant::START, t),
            Start::AfterStart(t) => (self.previous.0, t),
            Start::After(t) => (self.previous.1, t),
            Start::Any => (self.previous.1, Duration::ZERO),
        };
        (base, base + after)
    }

    /// Packets are delivered and deadlines met up to `at`.
    fn run_to(&mut self, at: Instant) -> Result<(), Stop> {
        while self.world.next_event().is_some_and(|next| next <= at) {
            self.step()?;
        }
        if at > self.now() {
            self.world.advance_to(at);
        }
        Ok(())
    }

    /// One event, and what it lets return.
    fn step(&mut self) -> Result<(), Stop> {
        limits::too_long(&self.world, self.events, self.line).map_or(Ok(()), Err)?;
        let stepped = self.world.step(&mut self.stage);
        // The script looks at what left, not at what arrived.
        while self.world.poll_outside(self.wire).is_some() {}
        self.returns()?;
        match stepped {
            Ok(_) => Ok(()),
            Err(end) => Err(Failure::new(self.line, "time to go on", end.to_string()).into()),
        }
    }

    /// packetdrill's tolerance: 4 ms, or an eighth of the time since the previous line, whichever is larger.
    fn tolerance(&self, at: Instant) -> Duration {
        let since = at.since(self.previous.0).as_nanos() / 8;
        let least = self.tolerance.unwrap_or(Duration::from_millis(4));
        least.max(Duration::from_nanos(since))
    }

    fn finish(&mut self) -> Result<(), Stop> {
        self.run_to(self.now())?;
        // What has a span may still return.
        let patience = self.now() + Duration::from_secs(100_000);
        while self.blocked.is_some() && self.world.next_event().is_some_and(|next| next <= patience) {
            self.step()?;
        }
        self.nothing_left_over(Span::default())?;
        self.nothing_blocked()
    }
}

fn skipped(span: Span, why: impl Into<String>) -> Stop {
    Stop::Skipped(Failure::new(span, "", why))
}
