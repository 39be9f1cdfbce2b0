//! What happened and was not yet told, oldest first.

use super::Output;
use crate::addr::Endpoint;
use crate::packet::{Packet, Segment};
use crate::rule::Rule;
use crate::tcp::Effect;
use alloc::collections::VecDeque;

#[derive(Clone, Debug)]
pub(super) struct Outbox {
    queue: VecDeque<Output>,
    /// Whether somebody wants to know more than packets.
    news: bool,
    /// How many were told so far.
    told: u64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { queue: VecDeque::new(), news: true, told: 0 }
    }
}

impl Outbox {
    /// From now on news are kept, or not.
    pub(super) fn set_news(&mut self, news: bool) {
        self.news = news;
    }

    /// What is not told yet.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// How much was told, and how much there was.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.told, self.told + self.queue.len() as u64)
    }

    /// A packet leaves or was dropped.
    pub(super) fn deed(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    /// A packet between these ends, this host's first, was dropped.
    pub(super) fn dropped(&mut self, local: Endpoint, remote: Endpoint, rule: Rule) {
        self.deed(Output::Dropped { remote, local, rule });
    }

    /// What only a log wants to know.
    fn news(&mut self, output: impl FnOnce() -> Output) {
        if self.news {
            self.queue.push_back(output());
        }
    }

    /// An effect between these ends, this host's first; `segments` has the segment of one that leaves. If the network
    /// has failed nothing does.
    pub(super) fn tell(
        &mut self,
        effect: Effect<()>,
        segments: &mut impl Iterator<Item = Segment>,
        (local, remote): (Endpoint, Endpoint),
        failed: bool,
    ) {
        match effect {
            Effect::Transmit { segment: (), rule } => {
                let segment = segments.next().expect("a segment for each that leaves");
                if failed {
                    return self.dropped(local, remote, Rule::NetworkFailed);
                }
                self.deed(Output::Transmit { packet: Packet { src: local, dst: remote, segment }, rule });
            }
            Effect::Dropped { rule } => self.dropped(local, remote, rule),
            Effect::Became { from, to, rule } => {
                self.news(|| Output::Became { local, remote, from, to, rule });
            }
            Effect::Expired { rule } => self.news(|| Output::Expired { local, remote, rule }),
            Effect::Notify { notice, rule } => self.news(|| Output::Notified { local, remote, notice, rule }),
        }
    }

    /// The next, told.
    pub(super) fn poll(&mut self) -> Option<Output> {
        let output = self.queue.pop_front()?;
        self.told += 1;
        Some(output)
    }
}
