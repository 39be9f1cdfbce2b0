//! What a connection's user asks of it: the calls of RFC 9293 3.9.1, and what it is.

use super::Stack;
use super::table::{ConnId, Holder};
use crate::addr::Endpoint;
use crate::buf::Rope;
use crate::rule::Rule;
use crate::tcp::{self, State, UrgentOctet};
use crate::time::Instant;
use bytes::Bytes;

impl Stack {
    /// The state of a connection.
    #[must_use]
    pub fn state(&self, id: ConnId) -> &State {
        &self.table.get(id).state
    }

    /// Both ends of a connection, this host's first.
    #[must_use]
    pub fn ends(&self, id: ConnId) -> (Endpoint, Endpoint) {
        self.table.get(id).tuple.ends(&self.addrs)
    }

    /// SEND. False if the connection takes no text.
    #[must_use = "text that was not taken is not sent"]
    pub fn send(&mut self, now: Instant, id: ConnId, text: Bytes) -> bool {
        let mut taken = false;
        self.on(now, id, |mut state, cx| {
            taken = state.send(text, cx);
            state
        });
        taken
    }

    /// RECEIVE: up to `max` bytes of what can be read.
    #[must_use]
    pub fn receive(&mut self, now: Instant, id: ConnId, max: usize) -> Rope {
        let mut text = Rope::default();
        self.on(now, id, |mut state, cx| {
            text = state.receive(max, cx);
            state
        });
        text
    }

    /// SEND with the URGENT flag: all of the text is urgent.
    #[must_use = "text that was not taken is not sent"]
    pub fn send_urgent(&mut self, now: Instant, id: ConnId, text: Bytes) -> bool {
        let mut taken = false;
        self.on(now, id, |mut state, cx| {
            taken = state.send_urgent(text, cx);
            state
        });
        taken
    }

    /// The urgent octet that was taken out of the stream; `peek` leaves it there.
    #[must_use]
    pub fn urgent_octet(&mut self, now: Instant, id: ConnId, peek: bool) -> UrgentOctet {
        let mut octet = UrgentOctet::None;
        self.on(now, id, |mut state, _| {
            octet = state.urgent_octet(peek);
            state
        });
        octet
    }

    /// CLOSE, full duplex: no more sending.
    pub fn shut_send(&mut self, now: Instant, id: ConnId) {
        self.on(now, id, State::shut_send);
    }

    /// No more receiving: text that is unread or comes resets the connection.
    pub fn shut_receive(&mut self, now: Instant, id: ConnId) {
        self.on(now, id, State::shut_receive);
    }

    /// CLOSE, half duplex, to become ABORT at `by` if text is unacknowledged then.
    pub fn close(&mut self, now: Instant, id: ConnId, by: Option<Instant>) {
        self.on(now, id, |state, cx| state.close(by, cx));
    }

    /// CLOSE's time limit no longer counts.
    pub fn lift_close_limit(&mut self, now: Instant, id: ConnId) {
        self.on(now, id, |mut state, _| {
            state.lift_close_limit();
            state
        });
    }

    /// ABORT.
    pub fn abort(&mut self, now: Instant, id: ConnId, rule: Rule) {
        self.on(now, id, |state, cx| state.abort(rule, cx));
    }

    /// Nagle's algorithm off or on.
    pub fn set_nodelay(&mut self, now: Instant, id: ConnId, nodelay: bool) {
        self.on(now, id, |mut state, cx| {
            state.set_nodelay(nodelay, cx);
            state
        });
    }

    /// What few set for a connection.
    pub fn tune(&mut self, now: Instant, id: ConnId, tuning: tcp::Tuning) {
        self.on(now, id, |mut state, cx| {
            state.tune(tuning, cx);
            state
        });
    }

    /// The receive buffer's size in bytes.
    pub fn set_receive_buffer(&mut self, now: Instant, id: ConnId, bytes: u32) {
        self.on(now, id, |mut state, cx| {
            state.set_receive_buffer(bytes, cx);
            state
        });
    }

    /// The user lets go of a connection: it ends by itself, or is forgotten if it has.
    pub fn detach(&mut self, id: ConnId) {
        self.table.get_mut(id).holder = Holder::Nobody;
        self.rest(id);
    }
}
