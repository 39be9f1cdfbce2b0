//! What can make something happen, and in which order: at one instant packets, in the order in which they were sent,
//! then deadlines, host by host.

use closewait::stack::Schedule;
use closewait::time::Instant;

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
    /// The first packet of each direction, with its order.
    packets: Schedule<(Instant, u64)>,
    deadlines: Schedule<Instant>,
    /// Hosts whose deadline may have moved.
    unsettled: Vec<usize>,
}

impl Agenda {
    pub(super) fn arm_packet(&mut self, direction: usize, first: Option<(Instant, u64)>) {
        self.packets.arm(number(direction), first);
    }

    /// The next packet; `first` tells a direction's first.
    pub(super) fn next_packet(
        &mut self,
        first: impl Fn(usize) -> Option<(Instant, u64)>,
    ) -> Option<(Instant, Source)> {
        let ((at, _), i) = self.packets.next(|i| first(i as usize))?;
        Some((at, Source::Direction(i as usize)))
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
    u32::try_from(i).expect("fewer than 2^31 hosts and links in a world")
}
