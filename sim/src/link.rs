//! Links: what happens to a packet between two hosts. A link owns the packets in flight on it.

use crate::rng::Stream;
use crate::world::HostId;
use closewait::packet::Packet;
use closewait::time::{Duration, Instant};
use std::collections::VecDeque;

/// A probability in parts per million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Probability(u32);

impl Probability {
    /// Never.
    pub const NEVER: Self = Self(0);

    /// `n` in a million; none if `n` is more than a million.
    #[must_use]
    pub const fn per_million(n: u32) -> Option<Self> {
        if n <= 1_000_000 { Some(Self(n)) } else { None }
    }

    /// `n` in a hundred; none if `n` is more than a hundred.
    #[must_use]
    pub const fn percent(n: u32) -> Option<Self> {
        if n <= 100 { Some(Self(n * 10_000)) } else { None }
    }

    /// Whether it happens this time. Nothing is drawn for what never happens.
    fn draw(self, stream: &mut Stream) -> bool {
        self.0 > 0 && stream.below(1_000_000) < self.0
    }
}

/// What both directions of a link are like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkConfig {
    /// One-way delay.
    pub delay: Duration,
    /// How likely a packet is lost.
    pub loss: Probability,
}

impl Default for LinkConfig {
    /// 10 ms, lossless.
    fn default() -> Self {
        Self { delay: Duration::from_millis(10), loss: Probability::NEVER }
    }
}

/// What became of a packet that was handed to a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It will arrive then.
    Arrives(Instant),
    /// It was lost on the way.
    Lost,
    /// The link is cut.
    Cut,
    /// No link leads to its destination.
    NoRoute,
}

/// A packet in flight.
#[derive(Clone, Debug)]
struct Flying {
    at: Instant,
    order: u64,
    packet: Packet,
}

/// One direction of a link.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    pub(crate) to: HostId,
    config: LinkConfig,
    cut: bool,
    loss: Stream,
    /// By arrival, then in the order in which they were sent.
    flying: VecDeque<Flying>,
}

impl Direction {
    pub(crate) fn new(to: HostId, config: LinkConfig, loss: Stream) -> Self {
        Self { to, config, cut: false, loss, flying: VecDeque::new() }
    }

    pub(crate) fn set_cut(&mut self, cut: bool) {
        self.cut = cut;
    }

    pub(crate) fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    /// A packet enters, as the world's `order`th. What is in flight when a link is cut still arrives.
    pub(crate) fn send(&mut self, now: Instant, order: u64, packet: &Packet) -> Fate {
        if self.cut {
            return Fate::Cut;
        }
        if self.config.loss.draw(&mut self.loss) {
            return Fate::Lost;
        }
        let at = now + self.config.delay;
        let place = self.flying.iter().rposition(|f| f.at <= at).map_or(0, |i| i + 1);
        self.flying.insert(place, Flying { at, order, packet: packet.clone() });
        Fate::Arrives(at)
    }

    /// When the next packet arrives, and its order.
    pub(crate) fn next(&self) -> Option<(Instant, u64)> {
        self.flying.front().map(|f| (f.at, f.order))
    }

    pub(crate) fn arrive(&mut self) -> Option<Packet> {
        self.flying.pop_front().map(|f| f.packet)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.flying.len()
    }
}
