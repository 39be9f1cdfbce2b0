//! Sequence numbers as people read them: from each direction's initial one on.

use closewait::addr::Endpoint;
use closewait::packet::{Options, Packet, SackBlocks, Timestamps};
use closewait::seq::Seq;
use std::collections::BTreeMap;

/// Initial sequence numbers, by direction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    isns: BTreeMap<(Endpoint, Endpoint), Seq>,
    /// The direction of the last SYN.
    last: Option<(Endpoint, Endpoint)>,
}

impl Numbers {
    /// Learns from a packet with SYN.
    pub(crate) fn learn(&mut self, packet: &Packet) {
        if packet.segment.syn() {
            self.isns.insert((packet.src, packet.dst), packet.segment.seq);
            self.last = Some((packet.src, packet.dst));
        }
    }

    /// Whether the initial number of a packet's direction was seen.
    pub(crate) fn knows(&self, packet: &Packet) -> bool {
        self.isns.contains_key(&(packet.src, packet.dst))
    }

    /// What a packet's number is relative to makes it `start`.
    #[cfg(feature = "script")]
    pub(crate) fn rebase(&mut self, packet: &Packet, start: u32) {
        self.isns.insert((packet.src, packet.dst), packet.segment.seq - start);
    }

    /// The initial number of a direction; 0 if none was seen.
    pub(crate) fn isn(&self, src: Endpoint, dst: Endpoint) -> Seq {
        self.isns.get(&(src, dst)).copied().unwrap_or_default()
    }

    /// The direction of the last connection that began, as its first SYN went.
    #[cfg(feature = "script")]
    pub(crate) fn last(&self) -> Option<(Endpoint, Endpoint)> {
        self.last
    }

    /// A packet in the scenario notation.
    pub(crate) fn describe(&self, packet: &Packet) -> String {
        let options = describe_options(&packet.segment.options, self.isn(packet.dst, packet.src));
        format!("{} win {}{options}", self.describe_numbers(packet), packet.segment.wnd)
    }

    /// Flags, range and acknowledgment alone.
    pub(crate) fn describe_numbers(&self, packet: &Packet) -> String {
        let segment = &packet.segment;
        let start = segment.seq - self.isn(packet.src, packet.dst);
        let len = segment.text_len();
        let flags = if segment.flags.is_empty() { "-".to_owned() } else { segment.flags.to_string() };
        let mut text = format!("{flags} {start}:{}({len})", start.wrapping_add(len));
        if segment.has_ack() {
            text += &format!(" ack {}", segment.ack - self.isn(packet.dst, packet.src));
        }
        text
    }
}

/// Options in the notation; empty without any. `acked` is what the numbers of a SACK option are relative to.
fn describe_options(options: &Options, acked: Seq) -> String {
    let Options { mss, window_scale, sack_permitted, timestamps, sack } = options;
    let mut words = Vec::new();
    words.extend(mss.map(|mss| format!("mss {mss}")));
    words.extend(window_scale.map(|shift| format!("wscale {shift}")));
    words.extend(sack_permitted.then(|| "sackOK".to_owned()));
    words.extend(timestamps.map(|Timestamps { val, ecr }| format!("TS val {val} ecr {ecr}")));
    if *sack != SackBlocks::NONE {
        let block = |&(left, right): &(Seq, Seq)| format!("{}:{}", left - acked, right - acked);
        let blocks: Vec<_> = sack.as_slice().iter().map(block).collect();
        words.push(format!("sack {}", blocks.join(" ")));
    }
    if words.is_empty() { String::new() } else { format!(" <{}>", words.join(",")) }
}
