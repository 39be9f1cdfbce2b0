//! Links: what happens to a packet between two hosts. A link owns the packets in flight on it.
//!
//! A packet that enters a direction of a link is judged in this order: the link is cut; loss; the queue in front of
//! a limited rate; then when it arrives: rate, delay, jitter, reordering; last, whether it is corrupted or
//! duplicated. Each kind of fault draws from a stream of its own, and nothing is drawn for what never happens.

use crate::rng::Stream;
use crate::wire;
use crate::world::{HostId, MTU};
use closewait::packet::{Message, Packet};
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

    /// Whether it happens this time.
    fn draw(self, stream: &mut Stream) -> bool {
        self.0 > 0 && stream.below(1_000_000) < self.0
    }
}

/// What both directions of a link are like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkConfig {
    /// One-way delay.
    pub delay: Duration,
    /// A packet may take up to so much longer, and be overtaken.
    pub jitter: Duration,
    /// Bits a second; none: no limit.
    pub rate: Option<u64>,
    /// With a rate: packets that wait to be sent; one more is dropped. None: no limit.
    pub queue: Option<u32>,
    /// How likely a packet is lost.
    pub loss: Probability,
    /// How likely a packet is held back for another delay (at least 1 ms), so that later ones overtake it.
    pub reorder: Probability,
    /// How likely a packet arrives twice.
    pub duplicate: Probability,
    /// How likely a bit of a packet is wrong when it arrives.
    pub corrupt: Probability,
    /// The largest datagram, in bytes; at most [`MTU`].
    pub mtu: u16,
}

impl LinkConfig {
    /// No delay, no faults: how a host reaches itself.
    pub const IDEAL: Self = Self {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        rate: None,
        queue: None,
        loss: Probability::NEVER,
        reorder: Probability::NEVER,
        duplicate: Probability::NEVER,
        corrupt: Probability::NEVER,
        mtu: MTU,
    };

    /// Whether it delays packets and does nothing else to those that fit.
    fn is_plain(&self) -> bool {
        *self == Self { delay: self.delay, mtu: self.mtu, ..Self::IDEAL }
    }
}

impl Default for LinkConfig {
    /// 10 ms, no faults.
    fn default() -> Self {
        Self { delay: Duration::from_millis(10), ..Self::IDEAL }
    }
}

/// What a rule beside the world says of a packet that is about to enter a link ([`Sink::verdict`]).
///
/// [`Sink::verdict`]: crate::Sink::verdict
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Verdict {
    /// Nothing.
    #[default]
    Pass,
    /// It is lost.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// A bit of it is wrong when it arrives.
    Corrupt,
    /// It arrives so much later.
    Hold(Duration),
}

/// What became of a packet that was handed to a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It will arrive then.
    Arrives(Instant),
    /// It will arrive then, and once more.
    ArrivesTwice(Instant),
    /// It will arrive then, a bit of it wrong.
    ArrivesCorrupt(Instant),
    /// It was lost on the way.
    Lost,
    /// The link is cut.
    Cut,
    /// The queue was full.
    QueueFull,
    /// It is larger than the link carries.
    TooBig,
    /// No link leads to its destination.
    NoRoute,
}

/// What arrives at the end of a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// A packet as it was sent.
    Packet(Packet),
    /// A datagram without a TCP segment, as it was sent.
    Message(Box<Message>),
    /// A datagram's bytes: a link turned a bit over, or they were delivered as bytes.
    Bytes(Vec<u8>),
}

impl Arrival {
    fn datagram(&self) -> Option<Vec<u8>> {
        match self {
            Self::Packet(packet) => wire::encode(packet).ok(),
            Self::Message(message) => wire::message::encode(message).ok(),
            Self::Bytes(datagram) => Some(datagram.clone()),
        }
    }
}

#[derive(Clone, Debug)]
struct Flying {
    at: Instant,
    order: u64,
    arrival: Arrival,
}

/// The streams that a direction draws from.
#[derive(Clone, Debug)]
struct Streams {
    loss: Stream,
    jitter: Stream,
    reorder: Stream,
    duplicate: Stream,
    corrupt: Stream,
}

/// One direction of a link.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    pub(crate) to: HostId,
    config: LinkConfig,
    cut: bool,
    /// It does nothing to a packet but to delay it.
    plain: bool,
    streams: Streams,
    /// With a rate: when the last bit of each packet that waits or is being sent has left.
    leaving: VecDeque<Instant>,
    /// By arrival, then in the order in which they were sent.
    flying: VecDeque<Flying>,
}

impl Direction {
    /// `name` names the direction's random streams.
    pub(crate) fn new(to: HostId, config: LinkConfig, seed: u64, name: &str) -> Self {
        let stream = |what: &str| Stream::new(seed, &format!("{name} {what}"));
        let streams = Streams {
            loss: stream("loss"),
            jitter: stream("jitter"),
            reorder: stream("reorder"),
            duplicate: stream("duplicate"),
            corrupt: stream("corrupt"),
        };
        let plain = config.is_plain();
        Self { to, config, cut: false, plain, streams, leaving: VecDeque::new(), flying: VecDeque::new() }
    }

    pub(crate) fn set_cut(&mut self, cut: bool) {
        self.cut = cut;
        self.plain = !cut && self.config.is_plain();
    }

    pub(crate) fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
        self.plain = !self.cut && config.is_plain();
    }

    pub(crate) fn config(&self) -> LinkConfig {
        self.config
    }

    /// The largest datagram.
    pub(crate) fn mtu(&self) -> u16 {
        self.config.mtu
    }

    /// A packet of `length` bytes enters, as the world's `order`th. What is in flight when a link is cut still arrives.
    #[inline]
    pub(crate) fn send(
        &mut self,
        now: Instant,
        order: u64,
        load: Arrival,
        length: usize,
        verdict: Verdict,
    ) -> Fate {
        if self.plain && verdict == Verdict::Pass && length <= usize::from(self.config.mtu) {
            let at = now + self.config.delay;
            self.fly(at, order, load);
            return Fate::Arrives(at);
        }
        self.send_with_faults(now, order, load, length, verdict)
    }

    fn send_with_faults(
        &mut self,
        now: Instant,
        order: u64,
        load: Arrival,
        length: usize,
        verdict: Verdict,
    ) -> Fate {
        let LinkConfig { loss, duplicate, corrupt, mtu, .. } = self.config;
        if self.cut {
            return Fate::Cut;
        }
        if length > usize::from(mtu) {
            return Fate::TooBig;
        }
        if verdict == Verdict::Drop || loss.draw(&mut self.streams.loss) {
            return Fate::Lost;
        }
        let Some(left) = self.leaves(now, length) else { return Fate::QueueFull };
        let at = self.arrives(left, verdict);
        if (verdict == Verdict::Corrupt || corrupt.draw(&mut self.streams.corrupt))
            && let Some(datagram) = self.corrupted(&load)
        {
            self.fly(at, order, Arrival::Bytes(datagram));
            return Fate::ArrivesCorrupt(at);
        }
        if verdict == Verdict::Duplicate || duplicate.draw(&mut self.streams.duplicate) {
            self.fly(at, order, load.clone());
            self.fly(at, order, load);
            return Fate::ArrivesTwice(at);
        }
        self.fly(at, order, load);
        Fate::Arrives(at)
    }

    /// When the last bit has left; none if the queue is full.
    fn leaves(&mut self, now: Instant, length: usize) -> Option<Instant> {
        let Some(rate) = self.config.rate else { return Some(now) };
        while self.leaving.front().is_some_and(|&at| at <= now) {
            self.leaving.pop_front();
        }
        // The one that is being sent does not wait.
        if self.config.queue.is_some_and(|queue| self.leaving.len() > queue as usize) {
            return None;
        }
        let bits = u128::from(length as u64) * 8;
        let nanos = bits * 1_000_000_000 / u128::from(rate.max(1));
        let time = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let left = self.leaving.back().copied().unwrap_or(now) + time;
        self.leaving.push_back(left);
        Some(left)
    }

    fn arrives(&mut self, left: Instant, verdict: Verdict) -> Instant {
        let LinkConfig { delay, jitter, reorder, .. } = self.config;
        let mut at = left + delay;
        if jitter > Duration::ZERO {
            at = at + jittered(jitter, &mut self.streams.jitter);
        }
        if reorder.draw(&mut self.streams.reorder) {
            at = at + delay.max(Duration::from_millis(1));
        }
        if let Verdict::Hold(time) = verdict { at + time } else { at }
    }

    /// The packet's datagram with one bit turned over.
    fn corrupted(&mut self, load: &Arrival) -> Option<Vec<u8>> {
        let mut datagram = load.datagram()?;
        let bits = u32::try_from(datagram.len() * 8).ok()?;
        let bit = self.streams.corrupt.below(bits) as usize;
        datagram[bit / 8] ^= 1 << (bit % 8);
        Some(datagram)
    }

    #[inline]
    fn fly(&mut self, at: Instant, order: u64, arrival: Arrival) {
        let flying = Flying { at, order, arrival };
        if self.flying.back().is_none_or(|last| last.at <= at) {
            return self.flying.push_back(flying);
        }
        let place = self.flying.iter().rposition(|f| f.at <= at).map_or(0, |i| i + 1);
        self.flying.insert(place, flying);
    }

    /// When the next packet arrives, and its order.
    pub(crate) fn next(&self) -> Option<(Instant, u64)> {
        self.flying.front().map(|f| (f.at, f.order))
    }

    pub(crate) fn first_mut(&mut self) -> Option<&mut Arrival> {
        self.flying.front_mut().map(|f| &mut f.arrival)
    }

    pub(crate) fn remove_first(&mut self) {
        // It is dropped where it lies: `pop_front` would move it first.
        self.flying.drain(..1);
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.flying.len()
    }
}

/// Between nothing and `most`, both included, in steps of at most a four-billionth of it.
fn jittered(most: Duration, stream: &mut Stream) -> Duration {
    let wide = u128::from(most.as_nanos()) * u128::from(stream.below(u32::MAX));
    Duration::from_nanos(u64::try_from(wide / u128::from(u32::MAX - 1)).unwrap_or(most.as_nanos()))
}
