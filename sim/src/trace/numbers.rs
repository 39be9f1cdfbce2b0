//! Sequence numbers as people read them: from each direction's initial one on.

use closewait::addr::Endpoint;
use closewait::packet::{Options, Packet};
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
        format!("{}{}", self.describe_numbers(packet), describe_window(packet))
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

fn describe_window(packet: &Packet) -> String {
    let Options { mss } = packet.segment.options;
    let options = mss.map_or_else(String::new, |mss| format!(" <mss {mss}>"));
    format!(" win {}{options}", packet.segment.wnd)
}
