//! What happened and was not yet told, oldest first.

use super::Output;
use crate::addr::Endpoint;
use crate::packet::{Packet, Segment};
use crate::rule::Rule;
use crate::tcp::{Effect, Notice, Out};
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

    /// The packet that leaves next, if that is what is told next.
    pub(super) fn next_packet(&self) -> Option<(&Packet, Rule)> {
        match self.queue.front()? {
            Output::Transmit { packet, rule } => Some((packet, *rule)),
            Output::Emit { .. }
            | Output::Dropped { .. }
            | Output::Became { .. }
            | Output::Expired { .. }
            | Output::Notified { .. } => None,
        }
    }

    /// The packet that leaves next, told.
    pub(super) fn poll_packet(&mut self) -> Option<Packet> {
        let output = self.queue.pop_front_if(|output| matches!(output, Output::Transmit { .. }))?;
        self.told += 1;
        if let Output::Transmit { packet, .. } = output { Some(packet) } else { None }
    }

    /// The next, told.
    pub(super) fn poll(&mut self) -> Option<Output> {
        let output = self.queue.pop_front()?;
        self.told += 1;
        Some(output)
    }
}

/// Puts the names of its ends, this host's first, to what a connection does.
#[derive(Debug)]
pub(super) struct Post<'a> {
    pub(super) out: &'a mut Outbox,
    pub(super) ends: [&'a Endpoint; 2],
    /// The network has failed: nothing leaves.
    pub(super) failed: bool,
    /// What its holder wants to know.
    pub(super) heard: Heard,
}

/// What a connection's holder wants to know of an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    /// There was a notice.
    pub(super) any: bool,
    /// The handshake is done.
    pub(super) connected: bool,
    /// The connection is over.
    pub(super) ended: bool,
}

impl Heard {
    fn note(&mut self, notice: Notice) {
        self.any = true;
        match notice {
            Notice::Connected => self.connected = true,
            Notice::Ended(_) => self.ended = true,
            Notice::Readable
            | Notice::Urgent
            | Notice::EndOfStream
            | Notice::Acknowledged
            | Notice::Unresponsive
            | Notice::CloseExpired
            | Notice::SoftError(_) => {}
        }
    }
}

impl Out for Post<'_> {
    fn transmit(&mut self, segment: Segment, rule: Rule) {
        let [&local, &remote] = self.ends;
        if self.failed {
            return self.out.dropped(local, remote, Rule::NetworkFailed);
        }
        self.out.deed(Output::Transmit { packet: Packet { src: local, dst: remote, segment }, rule });
    }

    fn push(&mut self, effect: Effect<()>) {
        let [&local, &remote] = self.ends;
        match effect {
            Effect::Transmit { .. } => unreachable!("a segment goes another way"),
            Effect::Dropped { rule } => self.out.dropped(local, remote, rule),
            Effect::Became { from, to, rule } => {
                self.out.news(|| Output::Became { local, remote, from, to, rule });
            }
            Effect::Expired { rule } => self.out.news(|| Output::Expired { local, remote, rule }),
            Effect::Notify { notice, rule } => {
                self.heard.note(notice);
                self.out.news(|| Output::Notified { local, remote, notice, rule });
            }
        }
    }
}
