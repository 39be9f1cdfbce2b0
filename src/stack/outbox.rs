//! What happened and was not yet told, oldest first. Effects lie here as connections caused them; their names are put
//! to them when they are told.

use super::Output;
use crate::addr::Endpoint;
use crate::packet::Packet;
use crate::tcp::{Effect, Effects};
use alloc::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    /// Where an event pushes its effects; [`Outbox::sign`] comes after.
    pub(super) effects: Effects,
    events: VecDeque<Event>,
    /// Effects that were told so far.
    told: u64,
}

/// The effects of one event.
#[derive(Clone, Debug)]
struct Event {
    local: Endpoint,
    remote: Endpoint,
    left: usize,
}

impl Outbox {
    /// How many effects were told, and how many there were.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.told, self.told + self.effects.len() as u64)
    }

    /// The effects from the `from`th on are these ends'.
    pub(super) fn sign(&mut self, local: Endpoint, remote: Endpoint, from: usize) {
        let left = self.effects.len() - from;
        if left > 0 {
            self.events.push_back(Event { local, remote, left });
        }
    }

    pub(super) fn push(&mut self, local: Endpoint, remote: Endpoint, effect: Effect<()>) {
        let from = self.effects.len();
        self.effects.push(effect);
        self.sign(local, remote, from);
    }

    /// One effect is told: its ends.
    fn told(&mut self) -> (Endpoint, Endpoint) {
        self.told += 1;
        let event = self.events.front_mut().expect("an effect belongs to an event");
        event.left -= 1;
        let ends = (event.local, event.remote);
        if event.left == 0 {
            self.events.pop_front();
        }
        ends
    }

    /// The next effect, told.
    pub(super) fn poll(&mut self) -> Option<Output> {
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

    /// The next packet that leaves or was dropped among the first `until` effects there were; what comes before it is
    /// not told.
    pub(super) fn poll_packet(&mut self, until: u64) -> Option<Output> {
        while self.told < until {
            if self.effects.is_news_of_a_packet() {
                return self.poll();
            }
            self.effects.skip();
            self.told();
        }
        None
    }
}
