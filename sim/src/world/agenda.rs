//! What can make something happen, and in which order.

use closewait::time::Instant;

/// When a source of events is due: at one instant packets, in the order in which they were sent, then deadlines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Due {
    pub(super) at: Instant,
    pub(super) class: Class,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    Packet(u64),
    Deadline,
}

/// What can make something happen; its number in the agenda says which.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Host(usize),
    Direction(usize),
}

impl Source {
    pub(super) fn number(self) -> u32 {
        let (i, kind) = match self {
            Self::Host(i) => (i, 0),
            Self::Direction(i) => (i, 1),
        };
        u32::try_from(i * 2 + kind).expect("fewer than 2^31 hosts and links in a world")
    }

    pub(super) fn of(number: u32) -> Self {
        let i = (number / 2) as usize;
        if number.is_multiple_of(2) { Self::Host(i) } else { Self::Direction(i) }
    }
}
