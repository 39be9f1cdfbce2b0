//! Files with one machine: packetdrill's own case. The script is the only program on one host and plays the wire:
//! `<` packets are injected, `>` packets must leave, in order, and nothing else may leave.
//!
//! The machine has the address 192.168.0.1 and the wire 192.0.2.1 (fd3d:fa7b:d17d::1 and ::2 over IPv6); the wire's
//! initial sequence number is 0, as packetdrill has it, the machine's are what they are.

use super::ast::{
    CallEvent, End, Event, Line, OptionSpec, OptionsSpec, PacketBody, PacketEvent, Script, Span, Start,
    TcpPacket,
};
use super::calls::{self, Addresses, Op, Refusal};
use super::names::Names;
use super::report::{Failure, Options, Report, Verdict};
use super::setup::Headers;
use super::shell::{self, Meaning};
use super::stage::{Numbers, describe_spec};
use crate::trace::describe_call;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr};
use closewait::host::{Host, Output};
use closewait::packet::{Flags, Options as TcpOptions, Packet, Segment};
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::stack::{self, Secret};
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, CallResult, HandlePolicy, Outcome, ThreadId, Value};
use std::collections::VecDeque;

/// A packet that the machine sent.
struct Sent {
    at: Instant,
    packet: Packet,
    rule: Rule,
}

/// A call with a span that has not returned.
struct Blocked<'a> {
    line: &'a Line,
    call: &'a CallEvent,
    base: Instant,
    made: Call,
}

struct Machine<'a> {
    host: Host,
    thread: ThreadId,
    now: Instant,
    addresses: Addresses,
    wire: Endpoint,
    machine: IpAddr,
    names: Names,
    numbers: Numbers,
    sent: VecDeque<Sent>,
    blocked: Option<Blocked<'a>>,
    /// The connection that packets of the script belong to: the machine's end, the wire's end.
    flow: Option<(Endpoint, Endpoint)>,
    /// Start and end of the previous line.
    previous: (Instant, Instant),
    tolerance: Option<Duration>,
    lenient: bool,
    strict: bool,
    skipped_lines: usize,
}

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
pub(super) fn play(script: &Script, headers: &Headers, options: &Options) -> Report {
    let mut profile = headers.profile.clone().unwrap_or_else(|| options.profile.clone());
    shell::settings(script, &mut profile);
    let (machine, wire) = if headers.v6 {
        let v6 = |n| IpAddr::V6(Ipv6Addr::new(0xfd3d, 0xfa7b, 0xd17d, 0, 0, 0, 0, n));
        (v6(1), v6(2))
    } else {
        (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 1)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)))
    };
    let mut host = Host::new(profile, Secret(crate::rng::key(options.seed.unwrap_or(1), "machine")));
    host.add_address(machine, crate::world::MTU);
    let process = host.create_process(HandlePolicy::Never);
    let thread = host.create_thread(process);
    let _ = host.call(Instant::START, thread, Call::WsaStartup { version: 0x0202 });
    let other = Endpoint::new(wire, 8080);
    let mut machine = Machine {
        host,
        thread,
        now: Instant::START,
        addresses: Addresses { v6: headers.v6, hosts: Vec::new(), other },
        wire: other,
        machine,
        names: Names::default(),
        numbers: Numbers::default(),
        sent: VecDeque::new(),
        blocked: None,
        flow: None,
        previous: (Instant::START, Instant::START),
        tolerance: headers.tolerance,
        lenient: options.lenient,
        strict: options.strict,
        skipped_lines: 0,
    };
    let stop = script.lines.iter().try_for_each(|line| machine.line(line)).and_then(|()| machine.finish());
    let verdict = match stop {
        Ok(()) => Verdict::Passed,
        Err(Stop::Failed(failure)) => Verdict::Failed(vec![failure]),
        Err(Stop::Skipped(why)) => Verdict::Skipped(why),
    };
    Report { verdict, run: None, skipped_lines: machine.skipped_lines }
}

impl<'a> Machine<'a> {
    fn line(&mut self, line: &'a Line) -> Result<(), Stop> {
        let (base, start) = self.start_of(line)?;
        let outbound = matches!(&line.event, Event::Packet(PacketEvent { inbound: false, .. }));
        // An expected packet may come a little early or late; everything else happens when it says.
        if !outbound {
            self.run_to(start)?;
            self.nothing_left_over(line.span)?;
        }
        let start = start.max(self.now);
        match &line.event {
            Event::Call(call) => self.call(line, call, base)?,
            Event::Packet(PacketEvent { inbound: true, body: PacketBody::Tcp(spec) }) => self.inject(spec)?,
            Event::Packet(PacketEvent { inbound: false, body: PacketBody::Tcp(spec) }) => {
                return self.expect(line, spec, start);
            }
            Event::Packet(PacketEvent { body: PacketBody::Icmp(_) | PacketBody::Udp(_), .. }) => {
                return Err(skipped(line.span, "ICMP and UDP are not modelled yet"));
            }
            Event::Silence(_) => {}
            Event::Code(code) => self.outside(code.span, shell::code(&code.value))?,
            Event::Shell(line) => self.outside(line.span, shell::meaning(&line.value))?,
            Event::Check(_) | Event::Net(_) | Event::Host(_) => {
                return Err(Failure::bad_input(line.span, "a file with one machine has no such line").into());
            }
        }
        let end = if self.blocked.is_some() { start } else { self.now };
        self.previous = (start, end);
        Ok(())
    }

    fn start_of(&mut self, line: &Line) -> Result<(Instant, Instant), Stop> {
        let after = |base: Instant, t: Duration| (base, base + t);
        Ok(match line.time.value.start {
            Start::Absolute(t) => after(Instant::START, t),
            Start::AfterStart(t) => after(self.previous.0, t),
            Start::After(t) => after(self.previous.1, t),
            Start::Any => after(self.previous.1, Duration::ZERO),
        })
    }

    /// Deadlines up to `at` are met.
    fn run_to(&mut self, at: Instant) -> Result<(), Stop> {
        while let Some(next) = self.host.next_deadline().filter(|&next| next <= at) {
            self.now = next.max(self.now);
            self.host.advance(self.now);
            self.drain()?;
        }
        self.now = at.max(self.now);
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Stop> {
        while let Some(output) = self.host.poll_output() {
            match output {
                Output::Stack(stack::Output::Transmit { packet, rule }) => {
                    self.numbers.learn(&packet);
                    if packet.segment.syn() && self.flow.is_none() {
                        self.flow = Some((packet.src, packet.dst));
                    }
                    self.sent.push_back(Sent { at: self.now, packet, rule });
                }
                Output::Stack(_) => {}
                Output::Returned { returned, .. } => {
                    if let Some(blocked) = self.blocked.take() {
                        self.in_time(&blocked)?;
                        self.compare(blocked.line, blocked.call, &blocked.made, &returned.result)?;
                        self.previous.1 = self.now;
                    }
                }
            }
        }
        Ok(())
    }

    /// packetdrill's tolerance: 4 ms, or an eighth of the time since the previous line, whichever is larger.
    fn tolerance(&self, at: Instant) -> Duration {
        let since = at.since(self.previous.0).as_nanos() / 8;
        let least = self.tolerance.unwrap_or(Duration::from_millis(4));
        least.max(Duration::from_nanos(since))
    }

    fn in_time(&self, blocked: &Blocked<'_>) -> Result<(), Stop> {
        let base = blocked.base;
        let slack = self.tolerance(self.now);
        let (from, to) = match blocked.line.time.value.end {
            Some(End::At(t)) => (base + t, base + t),
            Some(End::Between(a, b)) => (base + a, base + b),
            Some(End::Any) | None => return Ok(()),
        };
        if self.now + slack >= from && self.now <= to + slack {
            return Ok(());
        }
        let happened = format!("{} returned at {}", describe_call(&blocked.made), self.now);
        Err(Failure::new(blocked.line.time.span, format!("to return at {from}"), happened).into())
    }

    fn call(&mut self, line: &'a Line, call: &'a CallEvent, base: Instant) -> Result<(), Stop> {
        if let Some(blocked) = &self.blocked {
            let busy = format!("{} has not returned", describe_call(&blocked.made));
            return Err(Failure::new(line.span, "a thread that is free", busy).into());
        }
        let op = calls::prepare(call, &self.names, &self.addresses).map_err(|refusal| match refusal {
            Refusal::Malformed(message) => Stop::Failed(Failure::bad_input(line.span, message)),
            Refusal::NotModelled(message) => skipped(line.span, message),
        })?;
        let made = match op {
            Op::Call(made) => made,
            Op::RecvAll(_) => return Err(skipped(line.span, "recv_all belongs to files with lanes")),
            Op::Answer(value) => {
                let value = Ok(Value::LastError(i32::try_from(value).unwrap_or(0)));
                return self.compare(line, call, &Call::WsaGetLastError, &value);
            }
        };
        match self.host.call(self.now, self.thread, made.clone()) {
            Outcome::Returned(returned) => {
                self.drain()?;
                self.compare(line, call, &made, &returned.result)
            }
            Outcome::Blocked => {
                self.blocked = Some(Blocked { line, call, base, made });
                self.drain()?;
                if line.time.value.end.is_none() && self.blocked.is_some() {
                    let happened = "it blocks (a span such as 0.1...0.2 says how long)";
                    return Err(Failure::new(line.span, "the call to return at once", happened).into());
                }
                Ok(())
            }
        }
    }

    fn compare(
        &mut self,
        line: &Line,
        call: &CallEvent,
        made: &Call,
        result: &CallResult,
    ) -> Result<(), Stop> {
        match (made, result) {
            (Call::Send { s, .. }, Ok(Value::Sent(n))) => self.names.sent(*s, *n),
            (Call::Ioctlsocket { s, cmd: closewait::winsock::consts::FIONBIO, arg }, Ok(_)) => {
                self.names.set_nonblocking(*s, *arg != 0);
            }
            (_, _) => {}
        }
        let Some(expected) = &call.result else { return Ok(()) };
        calls::compare(result, &expected.value, &mut self.names, &self.addresses).map_err(
            |(wanted, happened)| {
                Failure::new(line.span, wanted, format!("{happened} at {}", self.now)).into()
            },
        )
    }

    /// `<`: the wire sends a packet.
    fn inject(&mut self, spec: &TcpPacket) -> Result<(), Stop> {
        let begins = spec.flags.value.contains(Flags::SYN) && !spec.flags.value.contains(Flags::ACK);
        let listening = self.host.netstat().listeners.last().map_or(8080, |(row, _)| row.local.port);
        if self.flow.is_none() && begins {
            self.flow = Some((Endpoint::new(self.machine, listening), Endpoint::new(self.wire.ip, 49_152)));
        }
        let (here, there) = self
            .flow
            .unwrap_or((Endpoint::new(self.machine, listening), Endpoint::new(self.wire.ip, 49_152)));
        let (start, len) = spec.seq.as_ref().map_or((0, 0), |r| (r.value.start, r.value.len));
        let mut segment = Segment::control(
            spec.flags.value,
            self.numbers.isn(there, here) + start,
            spec.ack.map_or(Seq(0), |ack| self.numbers.isn(here, there) + ack),
        );
        segment.wnd = spec.win.unwrap_or(u16::MAX);
        segment.urg = spec.urg.unwrap_or(0);
        segment.payload = vec![0; usize::from(len)].into();
        segment.options = options(spec.options.as_ref());
        self.host.deliver(self.now, Packet { src: there, dst: here, segment });
        self.drain()
    }

    /// A shell line or embedded code.
    fn outside(&mut self, span: Span, meaning: Meaning) -> Result<(), Stop> {
        let (state, wanted) = match meaning {
            Meaning::Setting => return Ok(()),
            Meaning::Unknown if self.strict => {
                return Err(Failure::new(span, "a line that means something here", "it is never run").into());
            }
            Meaning::Unknown => {
                self.skipped_lines += 1;
                return Ok(());
            }
            Meaning::State(state, count) => (state, count),
            Meaning::Own(state) => (state, None),
        };
        let netstat = self.host.netstat();
        let mut states: Vec<StateName> = netstat.connections.iter().map(|(row, _)| row.state).collect();
        states.extend(netstat.listeners.iter().map(|_| StateName::Listen));
        let count = states.iter().filter(|&&s| s == state).count();
        if wanted.map_or(count > 0, |wanted| wanted == count) {
            return Ok(());
        }
        let names: Vec<_> = states.iter().map(ToString::to_string).collect();
        let expected = wanted.map_or_else(|| state.to_string(), |n| format!("{n} in {state}"));
        Err(Failure::new(span, expected, format!("at {}: {}", self.now, names.join(", "))).into())
    }

    /// What a packet line compares of a packet that leaves: of a handshake's, under `lenient`, flags and ack alone.
    fn compared(&self, spec: &TcpPacket) -> TcpPacket {
        let mut spec = spec.clone();
        if self.lenient && spec.flags.value.contains(Flags::SYN) {
            (spec.options, spec.win, spec.seq) = (None, None, None);
        }
        spec
    }

    /// `>`: the next packet that leaves.
    fn expect(&mut self, line: &Line, spec: &TcpPacket, start: Instant) -> Result<(), Stop> {
        let slack = self.tolerance(start);
        let any = line.time.value.start == Start::Any;
        let latest = line.time.value.latest.map_or(start, |latest| self.previous.1 + latest) + slack;
        while self.sent.is_empty() {
            let next = self.host.next_deadline().filter(|&next| any || next <= latest);
            let Some(next) = next else {
                let expected = format!("> {} at {start}", describe_spec(spec));
                return Err(Failure::new(line.span, expected, "nothing left").into());
            };
            self.run_to(next)?;
        }
        let Some(sent) = self.sent.pop_front() else { return Ok(()) };
        let timely = any || (sent.at + slack >= start && sent.at <= latest);
        if !timely || !self.numbers.matches(&self.compared(spec), &sent.packet) {
            let expected = format!("> {} at {start}", describe_spec(spec));
            let happened = format!("{} > {} [{}]", sent.at, self.numbers.describe(&sent.packet), sent.rule);
            return Err(Failure::new(line.span, expected, happened).into());
        }
        let at = if any { sent.at } else { start };
        self.previous = (at, at);
        Ok(())
    }

    /// A packet that left and is not in the script is a failure.
    fn nothing_left_over(&self, span: Span) -> Result<(), Stop> {
        match self.sent.front() {
            None => Ok(()),
            Some(sent) => {
                let happened =
                    format!("{} > {} [{}]", sent.at, self.numbers.describe(&sent.packet), sent.rule);
                Err(Failure::new(span, "no other packet to leave before", happened).into())
            }
        }
    }

    fn finish(&mut self) -> Result<(), Stop> {
        self.nothing_left_over(Span::default())?;
        match &self.blocked {
            None => Ok(()),
            Some(blocked) => {
                let happened =
                    format!("{} is still blocked after the last line", describe_call(&blocked.made));
                Err(Failure::new(blocked.line.span, "the call to return", happened).into())
            }
        }
    }
}

fn options(spec: Option<&OptionsSpec>) -> TcpOptions {
    let mss = match spec {
        Some(OptionsSpec::List(list)) => {
            list.iter().find_map(|o| if let OptionSpec::Mss(mss) = o { Some(*mss) } else { None })
        }
        Some(OptionsSpec::Any) | None => None,
    };
    TcpOptions { mss }
}

fn skipped(span: Span, why: impl Into<String>) -> Stop {
    Stop::Skipped(Failure::new(span, "", why))
}
