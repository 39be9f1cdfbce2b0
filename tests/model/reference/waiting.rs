//! Blocked calls: when they return, and that they do.

use super::{Answer, Blocked, Phase, Reference};
use crate::model::network::Network;
use crate::model::program::Op;
use closewait::time::Instant;
use closewait::winsock::WsaError;

impl Reference {
    /// A blocked call has returned, and nobody cancelled it. Whether it may, by what is there after it: what it took is
    /// gone by then.
    pub(crate) fn released(
        &mut self,
        thread: usize,
        answer: Answer,
        now: Instant,
        network: &Network,
    ) -> Result<Blocked, String> {
        self.settle(network);
        let blocked = self.blocked.remove(&thread).ok_or("no call of this thread was blocked")?;
        let id = blocked.socket;
        let end = self.end(id).map(|end| &network.ends[end]);
        let allowed = match (blocked.op, answer) {
            // R34; what it queued is in the queue now.
            (Op::Send { len, .. }, Answer::Sent(n)) => {
                n == len && end.is_some_and(|end| end.over.is_none()) && !self.sockets[id].shut_send
            }
            // What was there was less than it asked for, so nothing is left.
            (Op::Recv { len, .. }, Answer::Bytes(n)) if n > 0 => {
                n == len || (n < len && end.is_some_and(|end| end.unread == 0))
            }
            (Op::Recv { .. } | Op::Send { .. }, answer) => {
                let allowed = self.can_return(blocked.op, id, network);
                let shut = matches!(blocked.op, Op::Send { .. }) && self.sockets[id].shut_send;
                let shut = shut && answer == Answer::Fails(WsaError::Shutdown);
                shut || allowed.is_some_and(|allowed| super::allows(&allowed, answer))
            }
            (Op::Accept { .. }, Answer::Accepted) => true,
            (Op::Accept { .. }, Answer::Fails(WsaError::ConnReset)) => !self.rules.windows,
            (Op::Connect { .. }, Answer::Zero) => matches!(self.sockets[id].phase, Phase::Connected(_)),
            // R23, R29, R44.
            (Op::Connect { .. }, Answer::Fails(WsaError::ConnRefused | WsaError::TimedOut)) => {
                self.sockets[id].failed
            }
            (Op::Close { .. }, Answer::Zero) => {
                self.has_lingered(&blocked, network) || blocked.until.is_some_and(|until| until <= now)
            }
            _ => false,
        };
        if !allowed {
            return Err(format!("{blocked:?} must not return {answer:?}"));
        }
        // Once what it waited for has come, its deadline threatens nobody.
        if blocked.until.is_some_and(|until| now < until) {
            self.stream(self.end(id)).deadline = None;
        }
        Ok(blocked)
    }

    /// CS-E6 to CS-E9, R2: what a lingering close waits for has come, or the connection has ended.
    pub(crate) fn has_lingered(&self, blocked: &Blocked, network: &Network) -> bool {
        let end = self.end(blocked.socket).map(|end| &network.ends[end]);
        end.is_some_and(|end| end.over.is_some() || self.rules.lingered(end.state, end.unacknowledged))
    }

    /// A blocked call that should have returned by now.
    pub(crate) fn overdue(&mut self, now: Instant, network: &Network) -> Option<(usize, Blocked)> {
        self.settle(network);
        let mut calls = self.blocked.iter().map(|(&thread, &blocked)| (thread, blocked));
        calls.find(|(_, blocked)| {
            let id = blocked.socket;
            if matches!(blocked.op, Op::Accept { .. }) {
                self.waiting(id, network) > 0
            } else if matches!(blocked.op, Op::Connect { .. }) {
                !matches!(self.sockets[id].phase, Phase::Connecting(_))
            } else if let Some(until) = blocked.until {
                // CS-E8: at its deadline, not a nanosecond later.
                self.has_lingered(blocked, network) || until < now
            } else {
                self.can_return(blocked.op, id, network).is_some()
            }
        })
    }

    /// CS-E8, R2: the deadline of a close has come: if data is unacknowledged the connection is over by now.
    pub(crate) fn outlives_its_deadline(&self, now: Instant, network: &Network) -> Option<usize> {
        let mut streams = self.streams.iter();
        let late = streams.find(|(end, stream)| {
            let facts = &network.ends[**end];
            let over = facts.over.is_some() || facts.unacknowledged == 0;
            stream.orphan && stream.deadline.is_some_and(|at| at < now) && !over
        });
        late.map(|(end, _)| *end)
    }
}
