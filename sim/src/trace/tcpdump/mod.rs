//! The log as tcpdump prints packets, each at the instant at which it enters its link, with the calls between as
//! comments.
//!
//! As with tcpdump, numbers are relative to a connection's first segment with ACK, but for those of a segment with
//! SYN and of one without ACK.

#[cfg(all(test, feature = "script"))]
mod tests;

use super::places::Places;
use super::text::describe_told;
use super::{Entry, Log, What};
use crate::link::Fate;
use crate::world::{HostId, World};
use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Message, Options, Packet, Timestamps};
use closewait::seq::Seq;
use closewait::time::Instant;
use closewait::winsock::{Call, ThreadId};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The log as text: packets as tcpdump has them, everything else in lines that begin with `#`.
#[must_use]
pub fn tcpdump(log: &Log, world: &World) -> String {
    let mut out = String::new();
    let mut dump = Dump { places: Places::new(world), bases: BTreeMap::new(), calls: BTreeMap::new() };
    for entry in log.entries() {
        let at = clock(entry.at);
        if let What::Sent { packet, fate, .. } = &entry.what {
            let _ = writeln!(out, "{at} {}", dump.packet(packet));
            if let Some(fate) = became(*fate) {
                let _ = writeln!(out, "# {at} {fate}");
            }
        } else if let What::SentMessage { message, fate, .. } = &entry.what {
            let _ = writeln!(out, "{at} {}", beside(message));
            if let Some(fate) = became(*fate) {
                let _ = writeln!(out, "# {at} {fate}");
            }
        } else if let Some(text) = dump.comment(entry) {
            let host = entry.host.map_or("net", |id| world.name(id));
            let _ = writeln!(out, "# {at} {host}: {text}");
        }
    }
    out
}

struct Dump<'a> {
    places: Places<'a>,
    /// What numbers of each direction are relative to.
    bases: BTreeMap<(Endpoint, Endpoint), Seq>,
    /// Those under way: the last is the one that was made last, within the others.
    calls: BTreeMap<(HostId, ThreadId), Vec<&'a Call>>,
}

impl<'a> Dump<'a> {
    fn packet(&mut self, packet: &Packet) -> String {
        let Packet { src, dst, segment } = packet;
        let version = if src.ip.is_ipv4() { "IP" } else { "IP6" };
        let mut text = format!("{version} {} > {}: Flags [{}]", end(*src), end(*dst), flags(segment.flags));
        let (seq, ack) = self.numbers(packet);
        let len = segment.text_len();
        if len > 0 {
            let _ = write!(text, ", seq {seq}:{}", seq.wrapping_add(len));
        } else if segment.flags.intersects(Flags::SYN | Flags::FIN | Flags::RST) {
            let _ = write!(text, ", seq {seq}");
        }
        if segment.has_ack() {
            let _ = write!(text, ", ack {ack}");
        }
        let _ = write!(text, ", win {}", segment.wnd);
        if segment.flags.contains(Flags::URG) {
            let _ = write!(text, ", urg {}", segment.urg);
        }
        let options = self.options(packet);
        if !options.is_empty() {
            let _ = write!(text, ", options [{options}]");
        }
        let _ = write!(text, ", length {len}");
        text
    }

    /// The options with the NOPs before them, as they are in a datagram.
    fn options(&self, Packet { src, dst, segment }: &Packet) -> String {
        let Options { mss, window_scale, sack_permitted, timestamps, sack: _ } = segment.options;
        let mut words = Vec::new();
        words.extend(mss.map(|mss| format!("mss {mss}")));
        words.extend(window_scale.map(|shift| format!("nop,wscale {shift}")));
        words.extend(sack_permitted.then(|| "nop,nop,sackOK".to_owned()));
        words.extend(timestamps.map(|Timestamps { val, ecr }| format!("nop,nop,TS val {val} ecr {ecr}")));
        let blocks = segment.options.sack_on_the_wire();
        if !blocks.is_empty() {
            let base = self.bases.get(&(*dst, *src)).copied().unwrap_or_default();
            let block = |&(left, right): &(Seq, Seq)| format!("{{{}:{}}}", left - base, right - base);
            let text: String = blocks.iter().map(block).collect();
            words.push(format!("nop,nop,sack {} {text}", blocks.len()));
        }
        words.join(",")
    }

    /// Sequence and acknowledgment number as they are shown.
    fn numbers(&mut self, packet: &Packet) -> (u32, u32) {
        let Packet { src, dst, segment } = packet;
        let absolute = (segment.seq.0, segment.ack.0);
        if !segment.has_ack() {
            return absolute;
        }
        let known = (self.bases.get(&(*src, *dst)), self.bases.get(&(*dst, *src)));
        if let ((Some(&here), Some(&there)), false) = (known, segment.syn()) {
            return (segment.seq - here, segment.ack - there);
        }
        self.bases.insert((*src, *dst), segment.seq);
        self.bases.insert((*dst, *src), segment.ack + u32::MAX);
        absolute
    }

    fn comment(&mut self, entry: &'a Entry) -> Option<String> {
        let thread = |thread: &ThreadId| entry.host.map(|host| (host, *thread));
        Some(match &entry.what {
            What::Call { thread: t, call } => {
                self.calls.entry(thread(t)?).or_default().push(call);
                return None;
            }
            What::Blocked { thread: t } => {
                format!("{} blocks", self.places.call(self.calls.get(&thread(t)?)?.last()?))
            }
            What::Returned { thread: t, returned, .. } => {
                let call = self.calls.get_mut(&thread(t)?)?.pop()?;
                let (call, result) = (self.places.call(call), self.places.result(call, &returned.result));
                format!("{call} = {result} [{}]", returned.rule)
            }
            What::ProcessEnded { process, end } => format!("process {} {}", process.number(), end.words()),
            What::ThreadEnded { thread } => format!("thread {} ends", thread.number()),
            What::Told(told) => format!("{} [{}]", describe_told(told), told.rule),
            What::Crashed => "loses power".into(),
            What::NetworkFailed => "the network subsystem fails".into(),
            What::NetworkRestored => "the network subsystem works again".into(),
            What::LinkCut { link } => format!("cut {}", self.places.ends(*link)?.join(" ")),
            What::LinkHealed { link } => format!("heal {}", self.places.ends(*link)?.join(" ")),
            What::Net { op } => op.clone(),
            What::Undecodable { error } => format!("drops a datagram: {error}"),
            What::Sent { .. }
            | What::Received { .. }
            | What::SentMessage { .. }
            | What::ReceivedMessage { .. }
            | What::Dropped { .. }
            | What::State { .. }
            | What::Timer { .. }
            | What::Notified { .. } => return None,
        })
    }
}

/// A datagram without a TCP segment.
fn beside(message: &Message) -> String {
    let (src, dst) = (message.src(), message.dst());
    let version = if src.ip.is_ipv4() { "IP" } else { "IP6" };
    let ends = match message {
        Message::Udp(_) => format!("{} > {}", end(src), end(dst)),
        Message::Icmp(_) => format!("{} > {}", src.ip, dst.ip),
    };
    format!("{version} {ends}: {}", super::messages::tcpdump(message))
}

/// `10.0.0.1.80`
fn end(Endpoint { ip, port }: Endpoint) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{ip}.{port}"),
        IpAddr::V6(ip) => format!("{ip}.{port}"),
    }
}

/// tcpdump's letters in tcpdump's order.
fn flags(flags: Flags) -> String {
    let letters = [
        (Flags::FIN, 'F'),
        (Flags::SYN, 'S'),
        (Flags::RST, 'R'),
        (Flags::PSH, 'P'),
        (Flags::ACK, '.'),
        (Flags::URG, 'U'),
        (Flags::ECE, 'E'),
        (Flags::CWR, 'W'),
    ];
    let set = letters.into_iter().filter(|(flag, _)| flags.contains(*flag));
    let text: String = set.map(|(_, letter)| letter).collect();
    if text.is_empty() { "none".into() } else { text }
}

/// `00:00:00.010000`, and nine decimals where the instant needs them.
fn clock(at: Instant) -> String {
    let (seconds, nanos) = (at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if nanos.is_multiple_of(1_000) {
        format!("{clock}.{:06}", nanos / 1_000)
    } else {
        format!("{clock}.{nanos:09}")
    }
}

/// What became of a packet, if it did not simply arrive.
fn became(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::Arrives(_) => None,
        Fate::ArrivesTwice(_) => Some("it arrives twice"),
        Fate::ArrivesCorrupt(_) => Some("it arrives with a bit wrong"),
        Fate::Lost => Some("it is lost"),
        Fate::Cut => Some("it is dropped: the link is cut"),
        Fate::QueueFull => Some("it is dropped: the queue is full"),
        Fate::TooBig => Some("it is dropped: larger than the link carries"),
        Fate::NoRoute => Some("it is dropped: no link leads there"),
    }
}
