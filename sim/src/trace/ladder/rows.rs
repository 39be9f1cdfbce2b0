//! What stands in a row: one call, segment, arrival, state or event.

use super::Style;
use crate::link::Fate;
use crate::trace::messages;
use crate::trace::numbers::Numbers;
use crate::trace::places::Places;
use crate::trace::text::describe_told;
use crate::trace::{Entry, Log, What};
use crate::world::{HostId, World};
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Message, Packet};
use closewait::rule::Rule;
use closewait::tcp::{Cause, Notice, Unreachable};
use closewait::time::Instant;
use closewait::winsock::{Call, Return, ThreadId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) at: Instant,
    pub(super) drawn: Drawn,
    pub(super) why: Option<Rule>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Drawn {
    /// Something on one host; `mark` joins it to the host's line.
    On { lane: usize, mark: Mark, style: Style, text: String },
    /// A segment on its way: longer and shorter words for it, and what stopped it.
    Arrow { from: usize, to: Option<usize>, style: Style, words: Vec<String>, stopped: Option<&'static str> },
    /// Something about the network.
    Across(String),
}

/// How words hang on a host's line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    /// Beside it.
    None,
    /// A thread does it.
    Call,
    /// It comes in from the link.
    Arrival,
}

type Key = (HostId, ThreadId);

/// What is known of the run while its rows are made.
struct Rows<'a> {
    places: Places<'a>,
    numbers: Numbers,
    /// The return of each call that did not block, by the entry that made the call.
    returns: BTreeMap<usize, &'a Return>,
    /// Calls that wait.
    waiting: BTreeMap<Key, (Instant, &'a Call)>,
    /// Hosts with more than one thread that calls.
    threaded: BTreeSet<HostId>,
    /// Packets that are there at the instant at which they are sent: their arrows say all.
    at_once: Vec<&'a Packet>,
    /// There is more than one connection: segments and states say whose they are.
    many: bool,
}

pub(super) fn rows(log: &Log, world: &World) -> Vec<Row> {
    let mut threads: BTreeMap<HostId, BTreeSet<ThreadId>> = BTreeMap::new();
    let mut connections = BTreeSet::new();
    let (mut made, mut returns) = (BTreeMap::new(), BTreeMap::new());
    for (i, Entry { host, what, .. }) in log.entries().iter().enumerate() {
        match (host, what) {
            (Some(host), What::Call { thread, .. }) => {
                threads.entry(*host).or_default().insert(*thread);
                made.insert((*host, *thread), i);
            }
            (Some(host), What::Returned { thread, returned, blocked: false }) => {
                if let Some(call) = made.remove(&(*host, *thread)) {
                    returns.insert(call, returned);
                }
            }
            (_, What::Sent { packet: Packet { src, dst, .. }, .. }) => {
                connections.insert((src.min(dst), src.max(dst)));
            }
            _ => {}
        }
    }
    let threaded = threads.into_iter().filter(|(_, t)| t.len() > 1).map(|(host, _)| host).collect();
    let mut rows = Rows {
        places: Places::new(world),
        numbers: Numbers::default(),
        returns,
        waiting: BTreeMap::new(),
        threaded,
        at_once: Vec::new(),
        many: connections.len() > 1,
    };
    log.entries().iter().enumerate().filter_map(|(i, entry)| rows.row(i, entry)).collect()
}

impl<'a> Rows<'a> {
    fn row(&mut self, i: usize, entry: &'a Entry) -> Option<Row> {
        let at = entry.at;
        let row = |drawn, why: Option<Rule>| Some(Row { at, drawn, why });
        let Some(host) = entry.host else { return row(Drawn::Across(self.network(&entry.what)?), None) };
        let on = |style, text| Drawn::On { lane: host.index(), mark: Mark::None, style, text };
        match &entry.what {
            What::Call { thread, call } => self.call(i, at, (host, *thread), call),
            What::Returned { thread, returned, blocked: true } => {
                self.returned(at, (host, *thread), returned)
            }
            What::Sent { packet, rule, fate } => {
                // A script that plays the wire may send any SYN in mid-connection.
                if *rule != Rule::Outside || !self.numbers.knows(packet) {
                    self.numbers.learn(packet);
                }
                if *fate == Fate::Arrives(at) {
                    self.at_once.push(packet);
                }
                row(self.arrow(host, packet, *fate), Some(*rule))
            }
            What::Received { packet } => {
                if let Some(i) = self.at_once.iter().position(|sent| *sent == packet) {
                    self.at_once.remove(i);
                    return None;
                }
                let text = format!("{} arrives", self.numbers.describe_numbers(packet));
                let text = self.of_connection(packet.dst, packet.src, text);
                let style = style_of(packet.segment.flags);
                row(Drawn::On { lane: host.index(), mark: Mark::Arrival, style, text }, None)
            }
            What::SentMessage { message, rule, fate } => {
                row(self.message_arrow(host, message, *fate), Some(*rule))
            }
            What::ReceivedMessage { message } => {
                let text = format!("{} arrives", messages::describe(message));
                row(Drawn::On { lane: host.index(), mark: Mark::Arrival, style: Style::Segment, text }, None)
            }
            What::Dropped { remote, rule, .. } => {
                row(on(Style::Lost, format!("drops what {} sent", self.places.name(*remote))), Some(*rule))
            }
            What::State { local, remote, from, to, rule } => {
                let text = self.of_connection(*local, *remote, format!("{from} → {to}"));
                row(on(Style::State, text), Some(*rule))
            }
            What::Timer { local, remote, rule } => {
                let text = self.of_connection(*local, *remote, "a timer fires".into());
                row(on(Style::Notice, text), Some(*rule))
            }
            What::Notified { local, remote, notice, rule } => {
                let text = self.of_connection(*local, *remote, notice_words(*notice).into());
                row(on(Style::Notice, text), Some(*rule))
            }
            What::Undecodable { error } => row(on(Style::Lost, format!("drops a datagram: {error}")), None),
            What::ProcessEnded { process, end } => {
                row(on(Style::Event, format!("process {} {}", process.number(), end.words())), None)
            }
            What::ThreadEnded { thread } => {
                self.waiting.remove(&(host, *thread));
                row(on(Style::Event, format!("thread {} ends", thread.number())), None)
            }
            What::Told(told) => row(on(Style::Notice, describe_told(told)), Some(told.rule)),
            What::Crashed => {
                self.waiting.retain(|(other, _), _| *other != host);
                row(on(Style::Event, "loses power".into()), None)
            }
            What::NetworkFailed => row(on(Style::Event, "the network subsystem fails".into()), None),
            What::NetworkRestored => row(on(Style::Event, "the network subsystem works again".into()), None),
            What::Blocked { .. }
            | What::Returned { blocked: false, .. }
            | What::LinkCut { .. }
            | What::LinkHealed { .. }
            | What::Net { .. } => None,
        }
    }

    fn network(&self, what: &What) -> Option<String> {
        let ends = |link| self.places.ends(link).map_or_else(String::new, |[a, b]| format!(" {a} – {b}"));
        match what {
            What::LinkCut { link } => Some(format!("the link{} is cut", ends(*link))),
            What::LinkHealed { link } => Some(format!("the link{} works again", ends(*link))),
            What::Net { op } => Some(format!("net: {op}")),
            What::Call { .. }
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
            | What::Undecodable { .. }
            | What::ProcessEnded { .. }
            | What::ThreadEnded { .. }
            | What::Told(_)
            | What::Crashed
            | What::NetworkFailed
            | What::NetworkRestored => None,
        }
    }

    /// A call with its result; one that has to wait says so.
    fn call(&mut self, i: usize, at: Instant, key: Key, call: &'a Call) -> Option<Row> {
        let words = self.thread_words(key, self.places.call(call));
        let Some(returned) = self.returns.get(&i) else {
            self.waiting.insert(key, (at, call));
            let drawn = called(key.0, Style::Call, format!("{words} … blocks"));
            return Some(Row { at, drawn, why: None });
        };
        Some(self.done(at, key.0, (&words, call), returned, ""))
    }

    /// A blocked call's return.
    fn returned(&mut self, at: Instant, key: Key, returned: &Return) -> Option<Row> {
        let (since, call) = self.waiting.remove(&key)?;
        let words = self.thread_words(key, self.places.call(call));
        Some(self.done(at, key.0, (&words, call), returned, &format!(", after {}", at.since(since))))
    }

    fn done(
        &self,
        at: Instant,
        host: HostId,
        (words, call): (&str, &Call),
        returned: &Return,
        after: &str,
    ) -> Row {
        let style = if returned.result.is_ok() { Style::Call } else { Style::Failed };
        let text = format!("{words} = {}{after}", self.places.result(call, &returned.result));
        // That a call could be completed is no reason for anything.
        let why = Some(returned.rule).filter(|rule| *rule != Rule::Completed);
        Row { at, drawn: called(host, style, text), why }
    }

    fn thread_words(&self, (host, thread): Key, words: String) -> String {
        if self.threaded.contains(&host) { format!("t{}: {words}", thread.number()) } else { words }
    }

    fn of_connection(&self, local: Endpoint, remote: Endpoint, words: String) -> String {
        if self.many { format!("{words} ({} – {})", local.port, self.places.name(remote)) } else { words }
    }

    fn arrow(&self, host: HostId, packet: &Packet, fate: Fate) -> Drawn {
        let to = if packet.dst.ip.is_loopback() { Some(host) } else { self.places.host(packet.dst.ip) };
        let style = style_of(packet.segment.flags);
        let twice = if matches!(fate, Fate::ArrivesTwice(_)) { ", twice" } else { "" };
        let ports =
            if self.many { format!("{}→{} ", packet.src.port, packet.dst.port) } else { String::new() };
        let numbers = self.numbers.describe_numbers(packet);
        let words = [self.numbers.describe(packet), numbers, packet.segment.flags.to_string()];
        let words = words.map(|words| format!("{ports}{words}{twice}")).to_vec();
        self.drawn(host, to, style, words, fate)
    }

    fn message_arrow(&self, host: HostId, message: &Message, fate: Fate) -> Drawn {
        let dst = message.dst().ip;
        let to = if dst.is_loopback() { Some(host) } else { self.places.host(dst) };
        self.drawn(host, to, Style::Segment, vec![messages::describe(message)], fate)
    }

    fn drawn(&self, host: HostId, to: Option<HostId>, style: Style, words: Vec<String>, fate: Fate) -> Drawn {
        let stopped = match fate {
            Fate::Arrives(_) | Fate::ArrivesTwice(_) => None,
            Fate::ArrivesCorrupt(_) => Some("corrupted"),
            Fate::Lost => Some("lost"),
            Fate::Cut => Some("the link is cut"),
            Fate::QueueFull => Some("the queue is full"),
            Fate::TooBig => Some("too big"),
            Fate::NoRoute => Some("no route"),
        };
        if to == Some(host) {
            let text = format!("{} to itself", words.first().map_or("", String::as_str));
            return Drawn::On { lane: host.index(), mark: Mark::Call, style, text };
        }
        Drawn::Arrow { from: host.index(), to: to.map(HostId::index), style, words, stopped }
    }
}

fn called(host: HostId, style: Style, text: String) -> Drawn {
    Drawn::On { lane: host.index(), mark: Mark::Call, style, text }
}

fn style_of(flags: Flags) -> Style {
    match () {
        () if flags.contains(Flags::RST) => Style::Rst,
        () if flags.contains(Flags::SYN) => Style::Syn,
        () if flags.contains(Flags::FIN) => Style::Fin,
        () => Style::Segment,
    }
}

fn notice_words(notice: Notice) -> &'static str {
    match notice {
        Notice::Connected => "the socket is connected",
        Notice::Readable => "there is more to read",
        Notice::Urgent => "the peer has urgent data",
        Notice::EndOfStream => "the peer sends nothing more",
        Notice::Acknowledged => "the peer has acknowledged more",
        Notice::Unresponsive => "the peer does not answer",
        Notice::CloseExpired => "the time given to the close is over",
        Notice::SoftError(Unreachable::Net) => "ICMP: the network is not reached",
        Notice::SoftError(Unreachable::Host) => "ICMP: the host is not reached",
        Notice::Ended(cause) => match cause {
            Cause::Finished => "the connection is over: both ends closed",
            Cause::Reset => "the connection is over: the peer reset it",
            Cause::ResetAfterFin => "the connection is over: the peer reset it after its FIN",
            Cause::ResetClosing => "the connection is over: reset while closing",
            Cause::Refused => "the connection is over: refused",
            Cause::SynTimedOut => "the connection is over: nobody answered",
            Cause::Unreachable(_) => "the connection is over: not reached",
            Cause::HardError => "the connection is over: ICMP says that nothing will reach the other end",
            Cause::TimedOut => "the connection is over: retransmission gave up",
            Cause::KeepAliveFailed => "the connection is over: no keep-alive probe was answered",
            Cause::Aborted => "the connection is over: this end reset it",
            Cause::CloseExpired => "the connection is over: reset when the close's time was over",
            Cause::Deleted => "the connection is over: deleted",
        },
    }
}
