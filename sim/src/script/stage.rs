//! What stands beside the world while a scenario runs: the log, the packets that left, the numbers that sequence
//! numbers are relative to, and the verdicts that `net:` lines ask for.

use super::ast::{TcpPacket, VerdictOp};
use super::options::options_match;
use crate::link::Verdict;
pub(super) use crate::trace::numbers::Numbers;
use crate::trace::{Entry, Log, Sink, What};
use crate::world::HostId;
use closewait::packet::{Flags, Packet};
use closewait::rule::Rule;
use closewait::time::Instant;

/// A packet that a host handed to a link.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) host: HostId,
    pub(super) packet: Packet,
    pub(super) rule: Rule,
    /// A packet line was satisfied by it.
    pub(super) matched: bool,
}

impl Numbers {
    /// Whether a packet is what the notation says; what it does not name is not compared.
    pub(super) fn matches(&self, spec: &TcpPacket, packet: &Packet) -> bool {
        let segment = &packet.segment;
        let TcpPacket { flags, seq, ack, win, urg, options, ip: _ } = spec;
        let relative = segment.seq - self.isn(packet.src, packet.dst);
        let range = |r: &super::ast::SeqRange| {
            r.start.is_none_or(|start| relative == start) && u32::from(r.len) == segment.text_len()
        };
        let acked = |n: u32| segment.has_ack() && segment.ack - self.isn(packet.dst, packet.src) == n;
        segment.flags == flags.value
            && seq.as_ref().is_none_or(|r| range(&r.value))
            && ack.is_none_or(acked)
            && win.is_none_or(|win| segment.wnd == win)
            && urg.is_none_or(|urg| segment.urg == urg)
            && options
                .as_ref()
                .is_none_or(|o| options_match(o, &segment.options, self.isn(packet.dst, packet.src)))
    }
}

/// A packet in the notation, as a line has it.
pub(super) fn describe_spec(spec: &TcpPacket) -> String {
    let TcpPacket { flags, seq, ack, win, urg, options, ip: _ } = spec;
    let mut text = flags.value.to_string();
    if let Some(r) = seq {
        text += &format!(" {}", r.value);
    }
    for (name, value) in [("ack", *ack), ("win", win.map(u32::from)), ("urg", urg.map(u32::from))] {
        if let Some(value) = value {
            text += &format!(" {name} {value}");
        }
    }
    if options.is_some() {
        text += " <...>";
    }
    text
}

/// A `net: drop …` that waits for its packet.
#[derive(Clone, Debug)]
struct Pending {
    host: HostId,
    packet: TcpPacket,
    nth: u32,
    what: VerdictOp,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) log: Log,
    pub(super) sent: Vec<Sent>,
    pub(super) numbers: Numbers,
    pending: Vec<Pending>,
    /// Who is no host: what it sends is the script's own, and its numbers are as the script has them.
    wire: Option<HostId>,
}

impl Stage {
    /// What stands beside a world in which the script plays the wire.
    pub(super) fn with_wire(wire: HostId) -> Self {
        Self { wire: Some(wire), ..Self::default() }
    }

    pub(super) fn judge_next(&mut self, host: HostId, packet: TcpPacket, nth: u32, what: VerdictOp) {
        self.pending.push(Pending { host, packet, nth, what });
    }
}

impl Sink for Stage {
    fn record(&mut self, entry: Entry) {
        if let (What::Sent { packet, rule, .. }, Some(host)) = (&entry.what, entry.host)
            && self.wire != Some(host)
        {
            self.numbers.learn(packet);
            self.sent.push(Sent { at: entry.at, host, packet: packet.clone(), rule: *rule, matched: false });
        }
        self.log.record(entry);
    }

    fn verdict(&mut self, from: HostId, packet: &Packet) -> Verdict {
        if self.wire != Some(from) {
            self.numbers.learn(packet);
        }
        let numbers = &self.numbers;
        let hit = self.pending.iter_mut().position(|p| {
            let matches = p.host == from && numbers.matches(&p.packet, packet);
            p.nth -= u32::from(matches);
            matches && p.nth == 0
        });
        match hit.map(|i| self.pending.remove(i).what) {
            None => Verdict::Pass,
            Some(VerdictOp::Drop) => Verdict::Drop,
            Some(VerdictOp::Dup) => Verdict::Duplicate,
            Some(VerdictOp::Corrupt) => Verdict::Corrupt,
            Some(VerdictOp::Hold(time)) => Verdict::Hold(time),
        }
    }
}

/// Whether a packet has (at least) these flags.
pub(super) fn has_flags(packet: &Packet, flags: Option<Flags>) -> bool {
    flags.is_none_or(|flags| packet.segment.flags.contains(flags))
}
