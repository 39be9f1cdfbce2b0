//! What is to be seen of a pair: the wire, the TCP states, the order of the log.

use crate::pair::{End, Pair};
use closewait::packet::{Flags, Packet, Segment};
use closewait::stack::ConnectionRow;
use closewait::tcp::StateName;
use closewait::time::Duration;
use closewait_sim::trace::{Entry, What};

impl Pair {
    /// The packets that the end's host sent, each with its time.
    pub(crate) fn packets(&self, end: End) -> Vec<(Duration, Packet)> {
        self.log.sent(end.thread.host).map(|(entry, packet, _)| (self.since(entry), packet.clone())).collect()
    }

    /// The last packet that the end's host sent.
    pub(crate) fn last_packet(&self, end: End) -> Packet {
        self.packets(end).pop().expect("it has sent something").1
    }

    /// What the end's host sent: `"20 P. 100"` is, after 20 ms, PSH and ACK with 100 bytes of text.
    pub(crate) fn wire(&self, end: End) -> Vec<String> {
        self.packets(end).iter().map(|(at, packet)| describe(*at, &packet.segment)).collect()
    }

    /// Those of them with one of the flags.
    pub(crate) fn wire_with(&self, end: End, flag: Flags) -> Vec<String> {
        let packets = self.packets(end);
        let flagged = packets.iter().filter(|(_, packet)| packet.segment.flags.intersects(flag));
        flagged.map(|(at, packet)| describe(*at, &packet.segment)).collect()
    }

    /// The states that connections of the end's host entered.
    pub(crate) fn entered(&self, end: End) -> Vec<StateName> {
        self.log.states(end.thread.host).collect()
    }

    /// The connections of the end's host that are not over.
    pub(crate) fn rows(&self, end: End) -> Vec<ConnectionRow> {
        self.world.netstat(end.thread.host).connections.into_iter().map(|(row, _)| row).collect()
    }

    /// The state of the only connection of the end's host; Closed if it has none.
    pub(crate) fn state(&self, end: End) -> StateName {
        let rows = self.rows(end);
        assert!(rows.len() <= 1, "one connection at most: {rows:?}");
        rows.first().map_or(StateName::Closed, |row| row.state)
    }

    /// The client's state and the server's.
    pub(crate) fn both(&self) -> [StateName; 2] {
        [self.state(self.client), self.state(self.server)]
    }

    /// The place in the log of the first entry of which that holds.
    pub(crate) fn place(&self, holds: impl Fn(&Entry) -> bool) -> usize {
        self.log.entries().iter().position(holds).expect("in the log")
    }

    /// The place in the log of the end's first RST.
    pub(crate) fn place_of_reset(&self, end: End) -> usize {
        self.place(|entry| {
            let reset = matches!(&entry.what, What::Sent { packet, .. } if packet.segment.rst());
            reset && entry.host == Some(end.thread.host)
        })
    }

    /// The place in the log of the return of the end's blocked call.
    pub(crate) fn place_of_return(&self, end: End) -> usize {
        self.place(|entry| {
            let returned = matches!(&entry.what, What::Returned { thread, blocked: true, .. } if *thread == end.thread.id);
            returned && entry.host == Some(end.thread.host)
        })
    }
}

fn describe(at: Duration, segment: &Segment) -> String {
    let (whole, part) = (at.as_millis(), at.as_nanos() % 1_000_000);
    let at = if part == 0 { whole.to_string() } else { format!("{whole}.{part:06}") };
    let text = segment.text_len();
    if text == 0 { format!("{at} {}", segment.flags) } else { format!("{at} {} {text}", segment.flags) }
}
