//! What happened and was not yet told, oldest first. Effects lie here as connections caused them; their names are put
//! to them when they are told.

use super::Output;
use crate::addr::Endpoint;
use crate::packet::{Message, Packet};
use crate::rule::Rule;
use crate::tcp::{Effect, Effects};
use alloc::boxed::Box;
use alloc::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    /// Where an event pushes its effects; [`Outbox::sign`] comes after.
    pub(super) effects: Effects,
    entries: VecDeque<Entry>,
    /// Datagrams among them.
    messages: usize,
    /// Effects and datagrams that were told so far.
    told: u64,
}

#[derive(Clone, Debug)]
enum Entry {
    /// So many effects of one event.
    Event { local: Endpoint, remote: Endpoint, left: usize },
    /// A datagram without a TCP segment leaves.
    Message { message: Box<Message>, rule: Rule },
}

impl Outbox {
    /// What is not told yet.
    pub(super) fn len(&self) -> usize {
        self.effects.len() + self.messages
    }

    /// How much was told, and how much there was.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.told, self.told + self.len() as u64)
    }

    /// The effects from the `from`th on are these ends'.
    pub(super) fn sign(&mut self, local: Endpoint, remote: Endpoint, from: usize) {
        let left = self.effects.len() - from;
        if left > 0 {
            self.entries.push_back(Entry::Event { local, remote, left });
        }
    }

    pub(super) fn push(&mut self, local: Endpoint, remote: Endpoint, effect: Effect<()>) {
        let from = self.effects.len();
        self.effects.push(effect);
        self.sign(local, remote, from);
    }

    pub(super) fn emit(&mut self, message: Box<Message>, rule: Rule) {
        self.messages += 1;
        self.entries.push_back(Entry::Message { message, rule });
    }

    /// One effect is told: its ends.
    fn told(&mut self) -> (Endpoint, Endpoint) {
        self.told += 1;
        let Some(Entry::Event { local, remote, left }) = self.entries.front_mut() else {
            unreachable!("an effect belongs to an event")
        };
        *left -= 1;
        let (ends, last) = ((*local, *remote), *left == 0);
        if last {
            self.entries.pop_front();
        }
        ends
    }

    /// The next of all there is, told.
    pub(super) fn poll(&mut self) -> Option<Output> {
        if let Some(Entry::Message { .. }) = self.entries.front() {
            return self.poll_message();
        }
        let effect = self.effects.pop()?;
        let (local, remote) = self.told();
        Some(match effect {
            Effect::Transmit { segment, rule } => {
                Output::Transmit { packet: Packet { src: local, dst: remote, segment }, rule }
            }
            Effect::Dropped { rule } => Output::Dropped { remote, local, rule },
            Effect::Became { from, to, rule } => Output::Became { local, remote, from, to, rule },
            Effect::Expired { rule } => Output::Expired { local, remote, rule },
            Effect::Notify { notice, rule } => Output::Notified { local, remote, notice, rule },
        })
    }

    fn poll_message(&mut self) -> Option<Output> {
        let Some(Entry::Message { message, rule }) = self.entries.pop_front() else {
            unreachable!("a datagram is next")
        };
        self.told += 1;
        self.messages -= 1;
        Some(Output::Emit { message, rule })
    }

    /// The next packet that leaves or was dropped among the first `until` there were; what comes before it is not
    /// told.
    pub(super) fn poll_packet(&mut self, until: u64) -> Option<Output> {
        while self.told < until {
            let message = matches!(self.entries.front(), Some(Entry::Message { .. }));
            if message || self.effects.is_news_of_a_packet() {
                return self.poll();
            }
            self.effects.skip();
            self.told();
        }
        None
    }
}
