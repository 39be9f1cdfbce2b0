//! Files with lanes: whole simulated hosts over links, every call, packet and state where the scenario says.
//!
//! Lines are carried out in file order, each at its instant, after every packet and deadline of that instant. A
//! blocked call occupies only its thread; its return is compared when it comes.

mod expect;
mod network;

use super::ast::{At, CallEvent, End, Event, Lane, Line, PacketBody, Script, Span, Start};
use super::calls::{self, Condition, Op, Refusal};
use super::limits;
use super::names::Names;
use super::report::{Failure, Report, Verdict};
use super::setup::{Key, Stageset};
use super::stage::Stage;
use crate::trace::describe_call;
use crate::world::{HostId, Thread};
use closewait::addr::Endpoint;
use closewait::packet::Flags;
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, CallResult, Handle, Outcome, ProcessId, Return, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A call that has not returned.
struct Blocked<'a> {
    line: &'a Line,
    call: &'a CallEvent,
    /// What the line's times count from.
    base: Instant,
    started: Instant,
    made: Call,
    /// recv_all: bytes so far.
    reading: Option<usize>,
    /// WSAAccept: what its condition function does.
    condition: Option<Condition<'a>>,
}

/// What times of the next line count from.
#[derive(Clone)]
struct Previous {
    start: Instant,
    /// Its call, if that had not returned when the line was done.
    waiting: Option<Key>,
    end: Instant,
}

/// A span in which no such packet may leave.
struct Quiet {
    span: Span,
    host: HostId,
    from: Instant,
    to: Instant,
    flags: Option<Flags>,
}

pub(super) struct Lanes<'a> {
    set: Stageset,
    stage: Stage,
    names: BTreeMap<(String, u32), Names>,
    started: BTreeSet<(String, u32)>,
    blocked: BTreeMap<Key, Blocked<'a>>,
    /// recv_all's next recv is made after every packet and deadline of the instant, as a program's would be.
    going_on: VecDeque<(Key, Thread, Blocked<'a>)>,
    /// The calls in each thread's blocking hook.
    hooks: BTreeMap<Key, Vec<&'a CallEvent>>,
    previous: Previous,
    /// The first packet of each host that its next packet line may be about.
    cursor: BTreeMap<HostId, usize>,
    quiet: Vec<Quiet>,
    /// Both ends of the connection that a handle last stood for.
    ends: BTreeMap<(HostId, u32, Handle), (Endpoint, Endpoint)>,
    /// Threads that have ended.
    ended: BTreeSet<Thread>,
    failures: Vec<Failure>,
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

/// Plays a scenario on the world that its headers made.
pub(super) fn play(script: &Script, set: Stageset, events: u64) -> Report {
    let start = Previous { start: Instant::START, waiting: None, end: Instant::START };
    let mut lanes = Lanes {
        set,
        stage: Stage::default(),
        names: BTreeMap::new(),
        started: BTreeSet::new(),
        blocked: BTreeMap::new(),
        going_on: VecDeque::new(),
        hooks: BTreeMap::new(),
        previous: start,
        cursor: BTreeMap::new(),
        quiet: Vec::new(),
        ends: BTreeMap::new(),
        ended: BTreeSet::new(),
        failures: Vec::new(),
        events,
        line: Span::default(),
    };
    for line in &script.lines {
        if let Event::Call(call) = &line.event
            && call.name.value == "WSAStartup"
            && let Some(At { value: Lane::Host { host, process, .. }, .. }) = &line.lane
        {
            // A process whose lines contain WSAStartup starts without it.
            lanes.started.insert((host.clone(), *process));
        }
    }
    let stop = script.lines.iter().try_for_each(|line| lanes.line(line)).and_then(|()| lanes.finish());
    let verdict = match stop {
        Err(Stop::Skipped(why)) => Verdict::Skipped(why),
        Err(Stop::Failed(failure)) => {
            lanes.failures.push(failure);
            Verdict::Failed(lanes.failures)
        }
        Ok(()) if lanes.failures.is_empty() => Verdict::Passed,
        Ok(()) => Verdict::Failed(lanes.failures),
    };
    Report { verdict, run: Some((lanes.set.world, lanes.stage.log)), skipped_lines: 0 }
}

impl<'a> Lanes<'a> {
    fn line(&mut self, line: &'a Line) -> Result<(), Stop> {
        self.line = line.span;
        let (base, start) = self.start_of(line)?;
        if start < self.set.world.now() {
            let now = self.set.world.now();
            let text = format!("{start} is before {now}, where the lines before have got to");
            return Err(match line.time.value.start {
                // The file itself runs backwards, whatever happened.
                Start::Absolute(_) if self.previous.start > start => {
                    Failure::bad_input(line.time.span, text).into()
                }
                Start::Absolute(_) | Start::After(_) | Start::AfterStart(_) | Start::Any => {
                    Failure::new(line.time.span, format!("a time from {now} on"), text).into()
                }
            });
        }
        self.run_to(start)?;
        self.previous = Previous { start, waiting: None, end: start };
        match &line.event {
            Event::Call(call) => self.call(line, call, base)?,
            Event::Packet(packet) => match &packet.body {
                PacketBody::Tcp(spec) if !packet.inbound => self.packet(line, spec, base)?,
                PacketBody::Tcp(_) | PacketBody::Icmp(_) | PacketBody::Udp(_) => {
                    return Err(skipped(
                        line.span,
                        "packets are injected by `net: inject` in files with lanes",
                    ));
                }
            },
            Event::Silence(flags) => self.silence(line, flags.as_ref().map(|f| f.value), base)?,
            Event::Check(check) => self.check(line, check)?,
            Event::Net(op) => self.net(line, op)?,
            Event::Host(op) => self.host_op(line, op)?,
            Event::Code(code) => {
                return Err(skipped(code.span, "embedded code belongs to files with one machine"));
            }
            Event::Shell(shell) => {
                return Err(skipped(shell.span, "shell lines belong to files with one machine"));
            }
        }
        Ok(())
    }

    /// What the line's times count from, and when it starts.
    fn start_of(&mut self, line: &Line) -> Result<(Instant, Instant), Stop> {
        Ok(match line.time.value.start {
            Start::Absolute(t) => (Instant::START, Instant::START + t),
            Start::AfterStart(t) => (self.previous.start, self.previous.start + t),
            Start::After(t) => {
                let base = self.end_of_previous()?;
                (base, base + t)
            }
            Start::Any => {
                let base = self.end_of_previous()?;
                (base, base)
            }
        })
    }

    /// A line with a span really happened when its call returned.
    fn end_of_previous(&mut self) -> Result<Instant, Stop> {
        let Some(key) = self.previous.waiting.clone() else { return Ok(self.previous.end) };
        while self.waiting(&key).is_some() {
            if !self.step()?
                && let Some(blocked) = self.waiting(&key)
            {
                let happened = format!("{} is blocked for ever", describe_call(&blocked.made));
                return Err(Failure::new(blocked.line.span, "the call to return", happened).into());
            }
        }
        self.previous.waiting = None;
        self.previous.end = self.set.world.now();
        Ok(self.previous.end)
    }

    /// The call that a thread has not returned from, recv_all between two recvs counted.
    fn waiting(&self, key: &Key) -> Option<&Blocked<'a>> {
        let going_on = || self.going_on.iter().find(|(k, _, _)| k == key).map(|(_, _, blocked)| blocked);
        self.blocked.get(key).or_else(going_on)
    }

    /// Everything up to `at` happens, and every call that returns is compared.
    fn run_to(&mut self, at: Instant) -> Result<(), Stop> {
        self.returns()?;
        while !self.going_on.is_empty() || self.set.world.next_event().is_some_and(|next| next <= at) {
            self.step()?;
        }
        if at > self.set.world.now() {
            self.no_time_passes()?;
            self.set.world.advance_to(at);
        }
        Ok(())
    }

    /// One event, and what it lets return. False if there is none.
    fn step(&mut self) -> Result<bool, Stop> {
        if self.set.world.next_event() != Some(self.set.world.now())
            && let Some((key, thread, blocked)) = self.going_on.pop_front()
        {
            self.make(&key, thread, blocked)?;
            return Ok(true);
        }
        if let Some(next) = self.set.world.next_event()
            && next > self.set.world.now()
        {
            self.no_time_passes()?;
        }
        limits::too_long(&self.set.world, self.events, self.line).map_or(Ok(()), Err)?;
        let stepped = self.set.world.step(&mut self.stage);
        self.returns()?;
        stepped.map_err(|end| Failure::new(self.line, "time to go on", end.to_string()).into())
    }

    /// A call without a span must have returned before time moves.
    fn no_time_passes(&self) -> Result<(), Stop> {
        let late = self.blocked.values().find(|b| b.line.time.value.end.is_none());
        match late {
            None => Ok(()),
            Some(b) => {
                let expected =
                    b.call.result.as_ref().map_or_else(String::new, |r| calls::describe_expected(&r.value));
                let happened =
                    format!("{} blocks (a span such as +0...0.5 says how long)", describe_call(&b.made));
                Err(Failure::new(b.line.span, format!("{expected} at once"), happened).into())
            }
        }
    }

    /// Calls that have returned go on, or are compared.
    fn returns(&mut self) -> Result<(), Stop> {
        while let Some((thread, returned)) = self.set.world.poll_returned() {
            let Some(key) = self.set.keys.get(&thread).cloned() else { continue };
            if let Some(blocked) = self.blocked.remove(&key) {
                self.returned(&key, thread, blocked, &returned)?;
            }
        }
        Ok(())
    }

    fn key(line: &Line) -> Result<Key, Stop> {
        match &line.lane {
            Some(At { value: Lane::Host { host, process, thread }, .. }) => {
                Ok((host.clone(), *process, *thread))
            }
            Some(At { value: Lane::Net, .. }) | None => {
                Err(Failure::bad_input(line.span, "whose call? a lane such as `client:` would do").into())
            }
        }
    }

    fn host_of(&self, line: &Line) -> Result<HostId, Stop> {
        let (host, _, _) = Self::key(line)?;
        Ok(self.set.hosts[&host])
    }

    fn call(&mut self, line: &'a Line, call: &'a CallEvent, base: Instant) -> Result<(), Stop> {
        let key = Self::key(line)?;
        let thread = self.set.threads[&key];
        if self.waiting(&key).is_some() && self.set.world.host(thread.host).winsock().is_legacy(thread.id) {
            // In Winsock 1.1 a thread whose call blocks makes others, from its blocking hook.
            return self.nested(line, call, &key, thread);
        }
        if let Some(blocked) = self.waiting(&key) {
            let busy = format!("{} of that thread has not returned", describe_call(&blocked.made));
            return Err(Failure::new(line.span, "a thread that is free", busy).into());
        }
        if self.ended.contains(&thread) {
            return Err(Failure::bad_input(line.span, "that thread, or its process, has ended").into());
        }
        let process = (key.0.clone(), key.1);
        if self.started.insert(process) {
            let _ = self.set.world.call(thread, Call::startup(0x0202), &mut self.stage);
        }
        let (made, reading, condition) = match self.prepare(line, call, &key, thread)? {
            Op::Call(made) => (made, None, None),
            Op::Conditional(made, condition) => (made, None, Some(condition)),
            Op::Hook(made, calls) => {
                self.hooks.insert(key.clone(), calls);
                (made, None, None)
            }
            Op::RecvAll(s) => (Call::recv(s, 1 << 20), Some(0), None),
            Op::Answer(value) => {
                let value = Ok(Value::LastError(i32::try_from(value).unwrap_or(0)));
                let asked = (&Call::WsaGetLastError, &value);
                return self.compare(line, call, &key, asked).map_err(Stop::Failed);
            }
        };
        self.remember_ends(thread, &made);
        let started = self.set.world.now();
        let blocked = Blocked { line, call, base, started, made, reading, condition };
        self.make(&key, thread, blocked)?;
        self.previous.waiting = self.waiting(&key).is_some().then_some(key);
        Ok(())
    }

    /// What a call line asks for.
    fn prepare(
        &mut self,
        line: &Line,
        call: &'a CallEvent,
        key: &Key,
        thread: Thread,
    ) -> Result<Op<'a>, Stop> {
        if matches!(call.name.value.as_str(), "connect" | "WSAConnect") {
            self.set.scene.other = self.other_host(thread.host);
        }
        let names = self.names.entry((key.0.clone(), key.1)).or_default();
        calls::prepare(call, names, &self.set.scene, &key.0).map_err(|refusal| match refusal {
            Refusal::Malformed(message) => Stop::Failed(Failure::bad_input(line.span, message)),
            Refusal::NotModelled(message) => skipped(line.span, message),
        })
    }

    /// A call that a thread makes while another of its calls is under way: in a condition function, in a blocking hook.
    fn nested(&mut self, line: &Line, call: &'a CallEvent, key: &Key, thread: Thread) -> Result<(), Stop> {
        let Op::Call(made) = self.prepare(line, call, key, thread)? else {
            return Err(
                Failure::bad_input(call.name.span, "this call is not made from within another").into()
            );
        };
        match self.set.world.call(thread, made.clone(), &mut self.stage) {
            Outcome::Returned(returned) => self
                .compare(line, call, key, (&made, &returned.result))
                .map_err(|failure| failure.because(returned.rule).into()),
            Outcome::Blocked => {
                let happened = format!("{} blocks", describe_call(&made));
                Err(Failure::new(line.span, "a call that returns at once", happened).into())
            }
        }
    }

    /// Makes a blocked call, or the next of a recv_all.
    fn make(&mut self, key: &Key, thread: Thread, blocked: Blocked<'a>) -> Result<(), Stop> {
        let line = blocked.line;
        match self.set.world.call(thread, blocked.made.clone(), &mut self.stage) {
            Outcome::Returned(returned) => self.returned(key, thread, blocked, &returned),
            Outcome::Blocked => {
                self.blocked.insert(key.clone(), blocked);
                if self.set.world.host(thread.host).winsock().has_blocking_hook(thread.id) {
                    for call in self.hooks.get(key).cloned().unwrap_or_default() {
                        self.nested(line, call, key, thread)?;
                    }
                    // What it cancelled returns at once.
                    self.returns()?;
                }
                Ok(())
            }
        }
    }

    /// The condition function of a WSAAccept runs: its calls, then what it decides.
    fn ask(&mut self, key: &Key, thread: Thread, mut blocked: Blocked<'a>) -> Result<(), Stop> {
        let Some(Condition { calls, decision }) = blocked.condition.take() else {
            unreachable!("a line with a condition function has one")
        };
        for call in calls {
            self.nested(blocked.line, call, key, thread)?;
        }
        let decided = self.set.world.call(thread, Call::ConditionReturns { decision }, &mut self.stage);
        match decided {
            Outcome::Returned(returned) => self.returned(key, thread, blocked, &returned),
            Outcome::Blocked => unreachable!("a condition function that returns blocks nobody"),
        }
    }

    fn returned(
        &mut self,
        key: &Key,
        thread: Thread,
        mut blocked: Blocked<'a>,
        returned: &Return,
    ) -> Result<(), Stop> {
        let result = &returned.result;
        if let Ok(Value::Condition(_)) = result {
            return self.ask(key, thread, blocked);
        }
        if let (Some(bytes), Ok(Value::Received(data))) = (&mut blocked.reading, result)
            && !data.is_empty()
        {
            *bytes += data.len();
            self.going_on.push_back((key.clone(), thread, blocked));
            return Ok(());
        }
        self.in_time(&blocked, returned.rule)?;
        let Blocked { line, call, made, reading, .. } = blocked;
        let names = self.names.entry((key.0.clone(), key.1)).or_default();
        match (&made, result) {
            (Call::Send { s, .. } | Call::Sendto { s, .. }, Ok(Value::Sent(n))) => names.sent(*s, *n),
            (Call::Ioctlsocket { s, cmd: closewait::winsock::consts::FIONBIO, arg: Some(arg) }, Ok(_)) => {
                names.set_nonblocking(*s, *arg != 0);
            }
            (_, _) => {}
        }
        match reading {
            None => self.compare(line, call, key, (&made, result)),
            Some(bytes) => self.compare_all(line, call, bytes, result),
        }
        .map_err(|failure| failure.because(returned.rule).into())
    }

    /// Whether the call returned when the line says.
    fn in_time(&self, blocked: &Blocked<'_>, rule: Rule) -> Result<(), Stop> {
        let now = self.set.world.now();
        let Blocked { line, base, started, made, .. } = blocked;
        let (good, expected) = match line.time.value.end {
            None => (now == *started, "to return at once".to_owned()),
            Some(End::At(t)) => (now == *base + t, format!("to return at {}", *base + t)),
            Some(End::Between(a, b)) => {
                let (a, b) = (*base + a, *base + b);
                (now >= a && now <= b, format!("to return between {a} and {b}"))
            }
            Some(End::Any) => (true, String::new()),
        };
        if good {
            return Ok(());
        }
        let happened = format!("{} returned at {now}", describe_call(made));
        Err(Failure::new(line.time.span, expected, happened).because(rule).into())
    }

    fn compare(
        &mut self,
        line: &Line,
        call: &CallEvent,
        key: &Key,
        asked: (&Call, &CallResult),
    ) -> Result<(), Failure> {
        let Some(expected) = &call.result else { return Ok(()) };
        let names = self.names.entry((key.0.clone(), key.1)).or_default();
        match calls::compare(asked, &expected.value, names, &mut self.set.scene, &key.0) {
            Ok(()) => Ok(()),
            Err((wanted, happened)) => {
                let now = self.set.world.now();
                Err(Failure::new(line.span, wanted, format!("{happened} at {now}")))
            }
        }
    }

    /// `recv_all(4) = 262144 {end=0}`
    fn compare_all(
        &mut self,
        line: &Line,
        call: &CallEvent,
        bytes: usize,
        end: &CallResult,
    ) -> Result<(), Failure> {
        let Some(expected) = &call.result else { return Ok(()) };
        let ended = match end {
            Ok(_) => 0,
            Err(error) => i64::from(error.code()),
        };
        let happened = format!(
            "{bytes} {{end={}}}",
            if ended == 0 { "0".into() } else { super::names::error_code(ended) }
        );
        let wanted = calls::describe_expected(&expected.value);
        let count = Ok(Value::Sent(bytes));
        let bare = super::ast::Expected { braces: None, ..expected.value.clone() };
        let asked = (&Call::WsaGetLastError, &count);
        let counts = calls::compare(asked, &bare, &mut Names::default(), &mut self.set.scene, "").is_ok();
        let braces = expected.value.braces.clone().unwrap_or_default();
        let ends = calls::end_in(&braces).is_none_or(|wanted| wanted == ended);
        if counts && ends { Ok(()) } else { Err(Failure::new(line.span, wanted, happened)) }
    }

    /// The other host's last bound listener, else its port 8080.
    fn other_host(&self, me: HostId) -> Endpoint {
        let other = self.set.world.hosts().find(|&id| id != me).unwrap_or(me);
        let name = self.set.world.name(other);
        let ip = self.set.scene.hosts.iter().find(|(host, _)| host == name).map(|&(_, ip)| ip);
        let ip = ip.unwrap_or_else(|| self.set.world.address(other));
        let port = self.set.world.netstat(other).listeners.last().map_or(8080, |(row, _)| row.local.port);
        Endpoint::new(ip, port)
    }

    /// After a socket is closed its name goes on to mean the connection that it owned.
    fn remember_ends(&mut self, thread: Thread, call: &Call) {
        let host = self.set.world.host(thread.host);
        let Some(process) = host.winsock().process_of(thread.id) else { return };
        let closed = if let Call::Closesocket { s } | Call::CloseHandle { handle: s } = call {
            vec![*s]
        } else if *call == Call::WsaCleanup {
            self.handles_of(thread.host, process)
        } else {
            return;
        };
        self.remember(thread.host, process, &closed);
    }

    fn handles_of(&self, host: HostId, process: ProcessId) -> Vec<Handle> {
        let name = self.set.world.name(host);
        let here = |(key, _): &(&(String, u32), &Names)| {
            key.0 == name && self.set.processes.get(*key).is_some_and(|known| known.id == process)
        };
        self.names.iter().filter(here).flat_map(|(_, names)| names.handles()).collect()
    }

    fn remember(&mut self, id: HostId, process: ProcessId, handles: &[Handle]) {
        let host = self.set.world.host(id);
        for &s in handles {
            if let Some(ends) = host.socket(process, s).and_then(|status| status.ends) {
                self.ends.insert((id, process.number(), s), ends);
            }
        }
    }

    /// After the last line: what has a span may still return; then nothing may be left over.
    fn finish(&mut self) -> Result<(), Stop> {
        self.run_to(self.set.world.now())?;
        let patience = self.set.world.now() + Duration::from_secs(100_000);
        while !(self.blocked.is_empty() && self.going_on.is_empty())
            && self.set.world.next_event().is_some_and(|next| next <= patience)
        {
            self.step()?;
        }
        if let Some(blocked) = self.blocked.values().next() {
            let happened = format!("{} is still blocked after the last line", describe_call(&blocked.made));
            return Err(Failure::new(blocked.line.span, "the call to return", happened).into());
        }
        let last = self.quiet.iter().map(|q| q.to).filter(|&to| to < Instant::END).max();
        if let Some(last) = last.filter(|&last| last > self.set.world.now()) {
            self.run_to(last)?;
        }
        self.check_silence();
        if self.set.all_packets
            && let Some(sent) = self.stage.sent.iter().find(|sent| !sent.matched)
        {
            let name = self.set.world.name(sent.host);
            let packet = self.stage.numbers.describe(&sent.packet);
            let happened = format!("{} {name} > {packet} [{}]", sent.at, sent.rule);
            let failure = Failure::new(Span::default(), "every packet to be mentioned", happened);
            return Err(Failure { at: Some(sent.at), ..failure.because(sent.rule) }.into());
        }
        Ok(())
    }
}

fn skipped(span: Span, why: impl Into<String>) -> Stop {
    Stop::Skipped(Failure::new(span, "", why))
}

/// A state by its name, as netstat, RFC 9293 or a kernel spells it.
pub(super) fn state_named(name: &str) -> Option<StateName> {
    let plain = |text: &str| -> String {
        let text = text.to_ascii_uppercase();
        let text = ["TCPI_", "TCP_"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(&text);
        text.chars().filter(char::is_ascii_alphanumeric).collect()
    };
    let wanted = match plain(name).as_str() {
        "SYNRECV" | "SYNRCVD" => "SYNRECEIVED".to_owned(),
        "CLOSE" => "CLOSED".to_owned(),
        other => other.to_owned(),
    };
    StateName::ALL.into_iter().find(|state| plain(&state.to_string()) == wanted)
}
