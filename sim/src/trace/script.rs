//! The log as a scenario that passes: the calls with their results and times, the FINs and RSTs that left, and how
//! the world came to rest. The notation is packetdrill's, with lanes for hosts.

use super::{Entry, Log, What, describe_call, describe_result};
use crate::world::{HostId, Thread, World};
use closewait::addr::Endpoint;
use closewait::packet::Flags;
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, CallResult, Handle, ProcessId, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A line of the script, with the instants at which it starts and ends.
struct Line {
    start: Instant,
    end: Instant,
    thread: Option<Thread>,
    text: Text,
}

enum Text {
    /// A call and its result; none if it is still blocked.
    Call(Call, Option<CallResult>),
    /// recv again and again: bytes, and how it ended; none if it is still blocked.
    RecvAll(Handle, usize, Option<CallResult>),
    /// A packet that left, or something about the network, as it stands.
    Verbatim(String),
}

/// The run as a scenario. `title` becomes its first comment; `delay` is the one-way delay of the world's links.
#[must_use]
pub fn script(log: &Log, world: &World, title: &str, delay: Duration) -> String {
    let mut out = String::new();
    for line in title.lines() {
        let _ = writeln!(out, "// {line}");
    }
    let hosts: Vec<HostId> = world.hosts().collect();
    for &id in &hosts {
        let profile = world.host(id).stack().profile().name;
        let _ = writeln!(out, "--host={},profile={profile}", world.name(id));
    }
    if let [a, b] = hosts[..] {
        let (a, b) = (world.name(a), world.name(b));
        let _ = writeln!(out, "--link={a},{b},delay={}us", delay.as_nanos() / 1_000);
    }
    let mut names = Names::default();
    for line in lines(log, world) {
        let text = match (&line.text, line.thread) {
            (Text::Verbatim(text), _) => text.clone(),
            (Text::Call(call, Some(result)), Some(thread)) => {
                format!("{}: {}", lane(world, thread), names.call(world, thread, call, result))
            }
            (Text::RecvAll(s, bytes, Some(end)), Some(thread)) => {
                format!("{}: {}", lane(world, thread), names.recv_all(world, thread, *s, *bytes, end))
            }
            // A call that never returns is not made.
            (Text::Call(..) | Text::RecvAll(..), _) => continue,
        };
        let _ = writeln!(out, "{:<22} {text}", span(&line));
    }
    if world.is_quiet() && world.stuck().is_empty() {
        let _ = writeln!(out, "{:<22} net: at_rest", world.now().to_string());
    }
    out
}

fn span(line: &Line) -> String {
    if line.start == line.end { line.start.to_string() } else { format!("{}...{}", line.start, line.end) }
}

/// The log's calls with their returns, FINs and RSTs, and what was done to the network, in the order of starts.
fn lines(log: &Log, world: &World) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open: BTreeMap<Thread, usize> = BTreeMap::new();
    for Entry { at, host, what, .. } in log.entries() {
        let verbatim = |text: String| Line { start: *at, end: *at, thread: None, text: Text::Verbatim(text) };
        match (what, host) {
            (What::Call { thread, call }, Some(host)) => {
                let thread = Thread { host: *host, id: *thread };
                open.insert(thread, lines.len());
                let text = Text::Call(call.clone(), None);
                lines.push(Line { start: *at, end: *at, thread: Some(thread), text });
            }
            (What::Returned { thread, returned, .. }, Some(host)) => {
                let thread = Thread { host: *host, id: *thread };
                if let Some(i) = open.remove(&thread) {
                    lines[i].end = *at;
                    if let Text::Call(_, result) = &mut lines[i].text {
                        *result = Some(returned.result.clone());
                    }
                }
            }
            (What::Sent { packet, .. }, Some(host)) => {
                let flags = packet.segment.flags;
                if flags.intersects(Flags::FIN | Flags::RST) {
                    lines.push(verbatim(format!("{} > {flags}", world.name(*host))));
                }
            }
            (What::LinkCut { .. }, _) => lines.push(verbatim("net: cut".into())),
            (What::LinkHealed { .. }, _) => lines.push(verbatim("net: heal".into())),
            (_, _) => {}
        }
    }
    let mut lines = join_recvs(lines);
    for id in world.hosts() {
        let waiting = world.netstat(id).connections;
        let waiting = waiting.iter().filter(|(row, _)| row.state == StateName::TimeWait).count();
        let text = Text::Verbatim(format!("{}: time_wait == {waiting}", world.name(id)));
        lines.push(Line { start: world.now(), end: world.now(), thread: None, text });
    }
    lines
}

/// A thread that receives until the end, without pause, is one line.
fn join_recvs(lines: Vec<Line>) -> Vec<Line> {
    let mut joined: Vec<Line> = Vec::new();
    let mut reading: BTreeMap<Thread, usize> = BTreeMap::new();
    for line in lines {
        let (Text::Call(Call::Recv { s, .. }, result), Some(thread)) = (&line.text, line.thread) else {
            if let Some(thread) = line.thread {
                reading.remove(&thread);
            }
            joined.push(line);
            continue;
        };
        let got = if let Some(Ok(Value::Received(data))) = result { data.len() } else { 0 };
        let more = got > 0;
        if let Some(&i) = reading.get(&thread)
            && let Text::RecvAll(_, bytes, end) = &mut joined[i].text
        {
            *bytes += got;
            *end = if more { None } else { result.clone() };
            joined[i].end = line.end;
        } else {
            let end = if more { None } else { result.clone() };
            reading.insert(thread, joined.len());
            joined.push(Line { text: Text::RecvAll(*s, got, end), ..line });
        }
        if !more {
            reading.remove(&thread);
        }
    }
    joined
}

/// Small numbers for handles, as scripts have them: 3, 4, … in each process.
#[derive(Default)]
struct Names {
    sockets: BTreeMap<(HostId, u32), BTreeMap<Handle, usize>>,
}

impl Names {
    fn of(&mut self, world: &World, thread: Thread, s: Handle) -> usize {
        let process = process_number(world, thread);
        let names = self.sockets.entry((thread.host, process)).or_default();
        let next = names.len() + 3;
        *names.entry(s).or_insert(next)
    }

    fn recv_all(
        &mut self,
        world: &World,
        thread: Thread,
        s: Handle,
        bytes: usize,
        end: &CallResult,
    ) -> String {
        let end = match end {
            Err(error) => error.to_string(),
            Ok(_) => "0".into(),
        };
        format!("recv_all({}) = {bytes} {{end={end}}}", self.of(world, thread, s))
    }

    fn call(&mut self, world: &World, thread: Thread, call: &Call, result: &CallResult) -> String {
        let mut name = |s: Handle| self.of(world, thread, s);
        let text = match call {
            Call::Bind { s, name: to } => format!("bind({}, {})", name(*s), endpoint(world, *to)),
            Call::Listen { s, backlog } => format!("listen({}, {backlog})", name(*s)),
            Call::Accept { s } => format!("accept({})", name(*s)),
            Call::Connect { s, name: to } => format!("connect({}, {})", name(*s), endpoint(world, *to)),
            Call::Send { s, data, .. } => format!("send({}, {})", name(*s), data.len()),
            Call::Recv { s, len, .. } => format!("recv({}, {len})", name(*s)),
            Call::Shutdown { s, .. }
            | Call::Closesocket { s }
            | Call::Setsockopt { s, .. }
            | Call::Getsockopt { s, .. }
            | Call::Ioctlsocket { s, .. }
            | Call::Getsockname { s }
            | Call::Getpeername { s } => {
                // As described, with the script's name for the handle.
                describe_call(call).replacen(&s.to_string(), &name(*s).to_string(), 1)
            }
            Call::WsaStartup { .. }
            | Call::WsaCleanup
            | Call::WsaGetLastError
            | Call::WsaSetLastError { .. }
            | Call::WsaCreateEvent
            | Call::WsaCloseEvent { .. }
            | Call::Socket { .. } => describe_call(call),
        };
        let result = match result {
            Ok(Value::Handle(s) | Value::Accepted(s, _)) => name(*s).to_string(),
            Ok(Value::Name(to)) => format!("0 {{{}}}", endpoint(world, *to)),
            Ok(
                Value::Zero
                | Value::Sent(_)
                | Value::Received(_)
                | Value::Option(_)
                | Value::Argument(_)
                | Value::Startup(..)
                | Value::LastError(_),
            )
            | Err(_) => describe_result(result),
        };
        format!("{text} = {result}")
    }
}

/// `:80` for the wildcard address, `server:80` for a host's.
fn endpoint(world: &World, to: Endpoint) -> String {
    let host = world.hosts().find(|&id| world.address(id) == to.ip || world.address_v6(id) == to.ip);
    match host {
        Some(id) => format!("{}:{}", world.name(id), to.port),
        None if to.ip.is_unspecified() => format!(":{}", to.port),
        None => to.to_string(),
    }
}

fn process_number(world: &World, thread: Thread) -> u32 {
    world.host(thread.host).winsock().process_of(thread.id).map_or(0, ProcessId::number)
}

/// Whose line it is: `client`, `client.p2.t1`.
fn lane(world: &World, thread: Thread) -> String {
    let process = process_number(world, thread);
    let first = world.host(thread.host).winsock().first_thread(thread.id);
    match (process, thread.id.number() - first.number() + 1) {
        (1, 1) => world.name(thread.host).to_owned(),
        (p, t) => format!("{}.p{p}.t{t}", world.name(thread.host)),
    }
}
