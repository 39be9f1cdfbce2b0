//! The log's entries as lines: calls joined with their returns, in the order in which they began.

use super::Heading;
use crate::trace::messages;
use crate::trace::numbers::Numbers;
use crate::trace::places::Places;
use crate::trace::{Entry, Log, ProcessEnd, What};
use crate::world::{Thread, World};
use closewait::rule::Rule;
use closewait::time::Instant;
use closewait::winsock::{Call, CallResult, Handle, Value};
use std::collections::BTreeMap;

/// A line of the script, with the instants at which it starts and ends.
pub(super) struct Line {
    pub(super) start: Instant,
    /// None: its call never returned.
    pub(super) end: Option<Instant>,
    pub(super) text: Text,
}

pub(super) enum Text {
    /// A call and its result, if it returned.
    Call(Thread, Call, Option<CallResult>),
    /// recv again and again: bytes, and how it ended.
    RecvAll(Thread, Handle, usize, CallResult),
    /// A packet, or something about a host or the network, as it stands.
    Verbatim(String),
}

impl Text {
    fn thread(&self) -> Option<Thread> {
        match self {
            Self::Call(thread, ..) | Self::RecvAll(thread, ..) => Some(*thread),
            Self::Verbatim(_) => None,
        }
    }
}

pub(super) fn lines(log: &Log, world: &World, heading: &Heading<'_>) -> Vec<Line> {
    let places = Places::new(world);
    let mut numbers = Numbers::default();
    let mut lines: Vec<Line> = Vec::new();
    let mut open: BTreeMap<Thread, usize> = BTreeMap::new();
    for Entry { at, host, what, .. } in log.entries() {
        let text = match (what, host) {
            (What::Call { thread, call }, Some(host)) => {
                let thread = Thread { host: *host, id: *thread };
                open.insert(thread, lines.len());
                lines.push(Line { start: *at, end: None, text: Text::Call(thread, call.clone(), None) });
                continue;
            }
            (What::Returned { thread, returned, .. }, Some(host)) => {
                if let Some(i) = open.remove(&Thread { host: *host, id: *thread }) {
                    lines[i].end = Some(*at);
                    if let Text::Call(_, _, result) = &mut lines[i].text {
                        *result = Some(returned.result.clone());
                    }
                }
                continue;
            }
            (What::Sent { packet, rule, .. }, Some(host)) => {
                // The script's own packets have the numbers that it gives them.
                if heading.wire.is_none() || *rule != Rule::Outside {
                    numbers.learn(packet);
                }
                let text = numbers.describe(packet);
                match heading.wire {
                    Some(_) if *rule == Rule::Outside => format!("< {text}"),
                    Some(_) => format!("> {text}"),
                    None => format!("{} > {text}", world.name(*host)),
                }
            }
            (What::SentMessage { message, rule, .. }, Some(_)) if heading.wire.is_some() => {
                let text = messages::in_line(message, &numbers);
                if *rule == Rule::Outside { format!("< {text}") } else { format!("> {text}") }
            }
            (What::ProcessEnded { process, end }, Some(id)) => {
                let how = match end {
                    ProcessEnd::Exited => "exit",
                    ProcessEnd::Killed => "kill",
                };
                format!("{}.p{}: {how}()", world.name(*id), process.number())
            }
            (What::ThreadEnded { thread }, Some(host)) => {
                let thread = Thread { host: *host, id: *thread };
                format!("{}exit_thread()", super::calls::lane(heading.before, thread))
            }
            (_, host) => match done_to(what, host.map(|id| world.name(id)), &places) {
                Some(text) if said_of_both(&lines, *at, &text) => continue,
                Some(text) => text,
                None => continue,
            },
        };
        lines.push(Line { start: *at, end: Some(*at), text: Text::Verbatim(text) });
    }
    join_recvs(without_startups(lines, heading.before, heading.wire.is_some()))
}

/// A cut of two hosts is of every link between them, each of which is an entry.
fn said_of_both(lines: &[Line], at: Instant, text: &str) -> bool {
    let Some(verb) = ["net: cut ", "net: heal "].into_iter().find(|verb| text.starts_with(verb)) else {
        return false;
    };
    let same =
        |line: &&Line| if let Text::Verbatim(said) = &line.text { said.starts_with(verb) } else { false };
    let mut just_now = lines.iter().rev().take_while(|line| line.start == at).take_while(same);
    just_now.any(|line| matches!(&line.text, Text::Verbatim(said) if said == text))
}

/// What was done to a host or to the network.
fn done_to(what: &What, host: Option<&str>, places: &Places<'_>) -> Option<String> {
    let host = host.unwrap_or_default();
    let between = |link| {
        let ends = places.ends(link).map(|[a, b]| [a.min(b), a.max(b)]);
        ends.map_or_else(String::new, |[a, b]| format!(" {a} {b}"))
    };
    Some(match what {
        What::Crashed => format!("{host}: crash()"),
        What::NetworkFailed => format!("{host}: fail_network()"),
        What::NetworkRestored => format!("{host}: restore_network()"),
        What::LinkCut { link } => format!("net: cut{}", between(*link)),
        What::LinkHealed { link } => format!("net: heal{}", between(*link)),
        What::Net { op } => format!("net: {op}"),
        What::ProcessEnded { .. }
        | What::ThreadEnded { .. }
        | What::Told(_)
        | What::Call { .. }
        | What::Blocked { .. }
        | What::Returned { .. }
        | What::Sent { .. }
        | What::Received { .. }
        | What::SentMessage { .. }
        | What::ReceivedMessage { .. }
        | What::Dropped { .. }
        | What::State { .. }
        | What::Timer { .. }
        | What::Notified { .. }
        | What::Undecodable { .. } => return None,
    })
}

/// A process whose lines contain no WSAStartup is started with 2.2 at its first call: where that is what happened,
/// the line goes without saying. One machine is always started.
fn without_startups(lines: Vec<Line>, before: &World, one_machine: bool) -> Vec<Line> {
    let process = |thread: Thread| {
        let id = before.host(thread.host).winsock().process_of(thread.id);
        id.map(|id| (thread.host, id))
    };
    let mut unsaid = Vec::new();
    let is_startup = |line: &Line| matches!(line.text, Text::Call(_, Call::WsaStartup { .. }, _));
    for (i, line) in lines.iter().enumerate() {
        let Text::Call(thread, Call::WsaStartup { version: 0x0202, data: true }, Some(Ok(_))) = &line.text
        else {
            continue;
        };
        let Some(process) = process(*thread).map(|p| (p, process)) else { continue };
        let same = |line: &&Line| line.text.thread().and_then(process.1) == Some(process.0);
        let mut calls = lines.iter().filter(same);
        let once = lines.iter().filter(same).filter(|line| is_startup(line)).count() == 1;
        let first = calls.next().is_some_and(|first| std::ptr::eq(first, line));
        let at_once =
            calls.next().is_some_and(|next| next.start == line.start && next.text.thread() == Some(*thread));
        if once && first && (at_once || one_machine) {
            unsaid.push(i);
        }
    }
    let said = lines.into_iter().enumerate().filter(|(i, _)| unsaid.binary_search(i).is_err());
    said.map(|(_, line)| line).collect()
}

/// From so many bytes on a recv takes all that there is, and is one of a program that reads to the end.
const ALL: usize = 65_536;

/// A thread that receives all there is until the end, without pause, is one line.
fn join_recvs(lines: Vec<Line>) -> Vec<Line> {
    let mut joined: Vec<Line> = Vec::new();
    // The lines of each thread's recvs so far, in `joined`, and their bytes.
    let mut reading: BTreeMap<Thread, (Handle, Vec<usize>, usize)> = BTreeMap::new();
    let mut gone = Vec::new();
    for line in lines {
        let (start, end, here) = (line.start, line.end, joined.len());
        joined.push(line);
        let Some(thread) = joined[here].text.thread() else { continue };
        let Text::Call(_, Call::Recv { s, len: Some(len), flags: 0 }, Some(result)) = &joined[here].text
        else {
            reading.remove(&thread);
            continue;
        };
        let (s, len) = (*s, *len);
        let before = reading.remove(&thread).filter(|(other, parts, _)| {
            *other == s && parts.last().is_some_and(|&i| joined[i].end == Some(start))
        });
        let (_, mut parts, bytes) = before.unwrap_or((s, Vec::new(), 0));
        parts.push(here);
        match result {
            Ok(Value::Received(data)) if !data.is_empty() && (len < ALL || data.len() == len) => {}
            Ok(Value::Received(data)) if !data.is_empty() => {
                let bytes = bytes + data.len();
                reading.insert(thread, (s, parts, bytes));
            }
            ended if len >= ALL => {
                let text = Text::RecvAll(thread, s, bytes, ended.clone());
                joined[parts[0]].text = text;
                joined[parts[0]].end = end;
                gone.extend_from_slice(&parts[1..]);
            }
            _ => {}
        }
    }
    gone.sort_unstable();
    let kept = joined.into_iter().enumerate().filter(|(i, _)| gone.binary_search(i).is_err());
    kept.map(|(_, line)| line).collect()
}
