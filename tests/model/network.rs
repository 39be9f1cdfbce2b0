//! Facts of the network, and no verdicts: what netstat shows of each end of each connection, and which packets left.
//!
//! Four-tuples come again, so an end is one incarnation of its four-tuple: it begins with a handshake and is kept when
//! it is over.

use closewait::addr::Endpoint;
use closewait::packet::{Flags, Packet};
use closewait::tcp::StateName;
use closewait_sim::World;
use closewait_sim::trace::{Entry, What};
use std::collections::BTreeMap;

/// Which end: its place in [`Network::ends`].
pub(crate) type EndId = usize;
/// A host and its end's four-tuple, this host's name first.
pub(crate) type Key = (usize, Endpoint, Endpoint);

/// How an end came to be over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Over {
    /// A RST came; whether the peer's FIN had come before.
    Reset { after_fin: bool },
    /// It sent a RST itself.
    Aborted,
    /// Both FINs were acknowledged, or the handshake came to nothing.
    Finished,
    /// Nobody answered.
    GaveUp,
}

/// One end of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub(crate) key: Key,
    /// Its state, the last one that it had if it is over.
    pub(crate) state: StateName,
    pub(crate) over: Option<Over>,
    /// Bytes unsent or unacknowledged.
    pub(crate) unacknowledged: usize,
    /// Bytes received and not yet read.
    pub(crate) unread: usize,
    /// It was ESTABLISHED.
    pub(crate) opened: bool,
    /// The peer's FIN has come.
    pub(crate) fin_received: bool,
}

/// A RST that left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ResetSent {
    /// The end that sent it, and its state before, if it was not over.
    pub(crate) from: Option<(EndId, StateName)>,
    /// What that end had sent and was not acknowledged.
    pub(crate) unacknowledged: usize,
    /// Text, or FIN, arrived for the end in the same event.
    pub(crate) answers_text: bool,
}

/// What left a host while something happened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Left {
    pub(crate) packets: [usize; 2],
    pub(crate) resets: Vec<ResetSent>,
    /// The four-tuples for which a SYN left.
    pub(crate) syns: Vec<Key>,
    /// Packets with FIN, RST or SYN.
    pub(crate) fins: usize,
}

/// Every end that there was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(crate) ends: Vec<End>,
    current: BTreeMap<Key, EndId>,
    /// For each host: name of each listener, and how many connections wait there for accept.
    pub(crate) waiting: [BTreeMap<Endpoint, usize>; 2],
}

impl Network {
    pub(crate) fn end(&self, key: &Key) -> Option<EndId> {
        self.current.get(key).copied()
    }

    /// The other end of the connection of which this is one.
    pub(crate) fn peer(&self, end: EndId) -> Option<EndId> {
        let (host, local, remote) = self.ends[end].key;
        let other = |host| self.current.get(&(host, remote, local)).copied();
        other(1 - host).or_else(|| other(host))
    }

    /// Whether any connection of a host that is not over has this port.
    pub(crate) fn port_is_live(&self, host: usize, port: u16) -> bool {
        self.ends.iter().any(|e| e.key.0 == host && e.key.1.port == port && e.over.is_none())
    }

    /// Something happened: what left, and what netstat shows now.
    pub(crate) fn update(&mut self, world: &World, entries: &[Entry]) -> Left {
        let left = self.left(entries);
        let reset_by_peer = packets(entries, false)
            .filter(|(_, packet)| !(packet.segment.flags & Flags::RST).is_empty())
            .map(|(host, packet)| (host, packet.dst, packet.src))
            .collect::<Vec<Key>>();
        let mut seen = Vec::new();
        for (host, id) in world.hosts().enumerate() {
            let netstat = world.netstat(id);
            let listeners = netstat.listeners.iter();
            self.waiting[host] = listeners.map(|(row, _)| (row.local, row.waiting)).collect();
            for (row, _) in netstat.connections {
                let key = (host, row.local, row.remote);
                // What only sits out TIME_WAIT has no queue.
                let unread = row.id.map(|_| row.receive_queue);
                seen.push(self.see(key, row.state, (row.send_queue, unread), &left, &reset_by_peer));
            }
        }
        for end in 0..self.ends.len() {
            if !seen.contains(&end) && self.ends[end].over.is_none() {
                self.finish(end, &left, &reset_by_peer);
            }
        }
        left
    }

    fn see(
        &mut self,
        key: Key,
        state: StateName,
        (unacknowledged, unread): (usize, Option<usize>),
        left: &Left,
        reset_by_peer: &[Key],
    ) -> EndId {
        let opening = |state| matches!(state, StateName::SynSent | StateName::SynReceived);
        let old = self.end(&key).filter(|&end| {
            let end = &self.ends[end];
            end.over.is_none() && (opening(end.state) || !opening(state))
        });
        if let Some(end) = self.end(&key)
            && old.is_none()
            && self.ends[end].over.is_none()
        {
            self.finish(end, left, reset_by_peer);
        }
        let id = old.unwrap_or_else(|| {
            let end = End {
                key,
                state,
                over: None,
                unacknowledged: 0,
                unread: 0,
                opened: false,
                fin_received: false,
            };
            self.ends.push(end);
            self.current.insert(key, self.ends.len() - 1);
            self.ends.len() - 1
        });
        let end = &mut self.ends[id];
        end.state = state;
        end.unacknowledged = unacknowledged;
        end.unread = unread.unwrap_or(end.unread);
        end.opened |= !opening(state);
        end.fin_received |= has_fin(state);
        id
    }

    fn finish(&mut self, id: EndId, left: &Left, reset_by_peer: &[Key]) {
        use StateName::*;
        let end = &mut self.ends[id];
        let aborted = left.resets.iter().any(|reset| reset.from.is_some_and(|(from, _)| from == id));
        // RFC 9293 3.10.7.4: in CLOSING, LAST_ACK and TIME_WAIT a RST ends the connection, and nobody is told.
        let over = if reset_by_peer.contains(&end.key) && !is_late(end.state) {
            Over::Reset { after_fin: end.fin_received }
        } else if aborted {
            Over::Aborted
        } else {
            match end.state {
                Closed | Listen | SynSent | SynReceived | Closing | LastAck | TimeWait => Over::Finished,
                Established | FinWait1 | FinWait2 | CloseWait => Over::GaveUp,
            }
        };
        // R8: a RST discards what is unread.
        if over != Over::Finished {
            end.unread = 0;
        }
        end.unacknowledged = 0;
        end.over = Some(over);
    }

    fn left(&self, entries: &[Entry]) -> Left {
        let mut left = Left::default();
        for (host, packet) in packets(entries, true) {
            let on = |flag: Flags| !(packet.segment.flags & flag).is_empty();
            let key = (host, packet.src, packet.dst);
            left.packets[host] += 1;
            left.fins += usize::from(on(Flags::FIN) || on(Flags::RST) || on(Flags::SYN));
            if on(Flags::SYN) && !on(Flags::ACK) {
                left.syns.push(key);
            }
            if on(Flags::RST) {
                let from = self.end(&key).filter(|&end| self.ends[end].over.is_none());
                let text = |p: &Packet| {
                    let s = &p.segment;
                    p.dst == packet.src
                        && p.src == packet.dst
                        && (!s.payload.is_empty() || s.flags.contains(Flags::FIN))
                };
                let answers_text = packets(entries, false).any(|(at, p)| at == host && text(p));
                let unacknowledged = from.map_or(0, |id| self.ends[id].unacknowledged);
                let from = from.map(|id| (id, self.ends[id].state));
                left.resets.push(ResetSent { from, unacknowledged, answers_text });
            }
        }
        left
    }
}

/// Both ends have sent a FIN.
pub(crate) const fn is_late(state: StateName) -> bool {
    matches!(state, StateName::Closing | StateName::LastAck | StateName::TimeWait)
}

/// Whether the peer's FIN has come.
fn has_fin(state: StateName) -> bool {
    use StateName::*;
    match state {
        CloseWait | LastAck | Closing | TimeWait => true,
        Closed | Listen | SynSent | SynReceived | Established | FinWait1 | FinWait2 => false,
    }
}

/// The packets that were sent, or that arrived, with the host.
fn packets(entries: &[Entry], sent: bool) -> impl Iterator<Item = (usize, &Packet)> {
    entries.iter().filter_map(move |entry| {
        let host = entry.host?.index();
        if let What::Sent { packet, .. } = &entry.what
            && sent
        {
            return Some((host, packet));
        }
        if let What::Received { packet } = &entry.what
            && !sent
        {
            return Some((host, packet));
        }
        None
    })
}
