//! What can make something happen, and in which order: at one instant packets, in the order in which they were sent,
//! then deadlines, host by host.

use closewait::stack::Schedule;
use closewait::time::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What can make something happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// A host's deadline.
    Host(usize),
    /// A packet at the end of a direction of a link.
    Direction(usize),
}

/// One entry a direction and host.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    packets: Packets,
    deadlines: Schedule,
    /// Hosts whose deadline may have moved.
    unsettled: Vec<usize>,
}

/// When a packet arrives, its order among all packets, and its direction.
type Due = (Instant, u64, usize);

/// The first packet of each direction that has any.
#[derive(Clone, Debug, Default)]
struct Packets {
    /// The first of all.
    first: Option<Due>,
    /// The others; one that is no longer its direction's first stands for nothing.
    others: BinaryHeap<Reverse<Due>>,
}

impl Packets {
    /// That is its direction's first now.
    fn add(&mut self, due: Due) {
        match self.first {
            Some(first) if first < due => self.others.push(Reverse(due)),
            Some(first) => {
                self.others.push(Reverse(first));
                self.first = Some(due);
            }
            None => self.first = Some(due),
        }
    }

    /// The first of all has arrived; `next` is its direction's next, `first_of` tells any direction's.
    fn arrived(&mut self, next: Option<Due>, first_of: impl Fn(usize) -> Option<Due>) {
        self.first = next;
        while let Some(&Reverse(other)) = self.others.peek()
            && next.is_none_or(|next| other < next)
        {
            self.others.pop();
            if first_of(other.2) == Some(other) {
                self.others.extend(next.map(Reverse));
                self.first = Some(other);
                return;
            }
        }
    }
}

impl Agenda {
    /// A direction has another first packet than before: one that was sent just now.
    pub(super) fn add_packet(&mut self, due: Due) {
        self.packets.add(due);
    }

    /// The next packet's direction has another first packet, or none: the next packet has arrived.
    pub(super) fn packet_arrived(&mut self, next: Option<Due>, first_of: impl Fn(usize) -> Option<Due>) {
        self.packets.arrived(next, first_of);
    }

    /// The next packet.
    pub(super) fn next_packet(&self) -> Option<(Instant, Source)> {
        self.packets.first.map(|(at, _, direction)| (at, Source::Direction(direction)))
    }

    /// A host's deadline may have moved.
    pub(super) fn unsettle(&mut self, host: usize) {
        self.unsettled.push(host);
    }

    /// Asks each of these hosts for its deadline.
    pub(super) fn settle(&mut self, mut deadline: impl FnMut(usize) -> Option<Instant>) {
        for host in self.unsettled.drain(..) {
            self.deadlines.arm(number(host), deadline(host));
        }
    }

    /// The next deadline; `deadline` tells a host's.
    pub(super) fn next_deadline(
        &mut self,
        deadline: impl Fn(usize) -> Option<Instant>,
    ) -> Option<(Instant, Source)> {
        let (at, i) = self.deadlines.next(|i| deadline(i as usize))?;
        Some((at, Source::Host(i as usize)))
    }
}

fn number(i: usize) -> u32 {
    u32::try_from(i).expect("fewer than 2^32 hosts in a world")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(at: u64, order: u64, direction: usize) -> Due {
        (Instant::from_nanos(at), order, direction)
    }

    /// Two directions; then a packet that overtakes what its direction had.
    /// Mutation: an entry that stands for nothing is believed.
    #[test]
    fn the_first_of_all_is_next() {
        let mut packets = Packets::default();
        packets.add(due(5, 1, 0));
        packets.add(due(5, 2, 1));
        assert_eq!(packets.first, Some(due(5, 1, 0)));
        packets.add(due(3, 3, 1));
        assert_eq!(packets.first, Some(due(3, 3, 1)), "it overtook");
        packets.arrived(Some(due(5, 2, 1)), |i| Some(if i == 0 { due(5, 1, 0) } else { due(5, 2, 1) }));
        assert_eq!(packets.first, Some(due(5, 1, 0)));
        packets.arrived(None, |i| (i == 1).then_some(due(5, 2, 1)));
        assert_eq!(packets.first, Some(due(5, 2, 1)));
        packets.arrived(None, |_| None);
        assert_eq!(packets.first, None, "the entry that was made twice is nobody's first");
    }
}
