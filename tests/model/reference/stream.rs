//! send, recv, shutdown, select.

use super::{Answer, Expect, Phase, Reference, SocketId};
use crate::model::network::{EndId, Network, Over};
use crate::model::program::Op;
use closewait::winsock::WsaError;

/// R34: SO_SNDBUF. A send is taken whole while less than this is queued.
const SNDBUF: usize = 65_536;
const NOT_CONNECTED: Answer = Answer::Fails(WsaError::NotConn);
const SHUT: Answer = Answer::Fails(WsaError::Shutdown);

impl Reference {
    fn connected(&self, id: SocketId) -> Option<EndId> {
        match self.sockets[id].phase {
            Phase::Connected(end) => Some(end),
            // WF-3.25, WF-3.26.
            Phase::Unconnected | Phase::Listening | Phase::Connecting(_) => None,
        }
    }

    /// WF-4.4, WF-3.6, R34.
    pub(super) fn send(&self, id: SocketId, len: usize, network: &Network) -> Expect {
        let socket = &self.sockets[id];
        let Some(end) = self.connected(id) else { return Expect::only(NOT_CONNECTED) };
        let ended = self.ended(end, network);
        if socket.shut_send {
            let mut answers = ended.unwrap_or_default();
            answers.push(SHUT);
            return Expect::one_of(&answers);
        }
        if let Some(answers) = ended {
            return Expect::one_of(&answers);
        }
        if network.ends[end].unacknowledged < SNDBUF {
            Expect::only(Answer::Sent(len))
        } else {
            Expect::waits(socket.nonblocking)
        }
    }

    /// What recv finds: a RST (R8: it discards what was unread), data, the end of the stream, or nothing yet.
    fn readable(&self, end: EndId, len: usize, network: &Network) -> Option<Vec<Answer>> {
        let facts = &network.ends[end];
        if let Some(answers) = self.ended(end, network) {
            return Some(answers);
        }
        if facts.unread > 0 {
            return Some(vec![Answer::Bytes(len.min(facts.unread))]);
        }
        facts.fin_received.then(|| vec![Answer::Bytes(0)])
    }

    /// WF-4.4 and CS-E5: after SD_RECEIVE it is WSAESHUTDOWN; DOCUMENTED has WSAECONNRESET if a RST came.
    pub(super) fn recv(&self, id: SocketId, len: usize, network: &Network) -> Expect {
        let socket = &self.sockets[id];
        let Some(end) = self.connected(id) else { return Expect::only(NOT_CONNECTED) };
        let reset = matches!(network.ends[end].over, Some(Over::Reset { .. }));
        if socket.shut_receive && (self.rules.windows || !reset) {
            return Expect::only(SHUT);
        }
        self.readable(end, len, network)
            .map_or_else(|| Expect::waits(socket.nonblocking), |a| Expect::one_of(&a))
    }

    /// Bytes were read from an end: they are no longer unread, where netstat does not say so.
    pub(crate) fn received(&mut self, end: EndId, n: usize, network: &mut Network) {
        self.stream(Some(end)).received += n;
        let facts = &mut network.ends[end];
        if facts.over.is_some() {
            facts.unread = facts.unread.saturating_sub(n);
        }
    }

    /// WF-4.1, 4.2, 4.3, 4.13.
    pub(super) fn shutdown(&self, id: SocketId, how: i32, network: &Network) -> Expect {
        let Some(end) = self.connected(id) else {
            let answers = [NOT_CONNECTED, Answer::Fails(WsaError::Inval)];
            return Expect::one_of(if how > 2 { &answers } else { &answers[..1] });
        };
        match self.ended(end, network) {
            _ if how > 2 => Expect::one_of(&[Answer::Fails(WsaError::Inval), Answer::FailsSomehow]),
            Some(mut answers) => {
                answers.extend([NOT_CONNECTED, Answer::Zero]);
                Expect::one_of(&answers)
            }
            None => Expect::only(Answer::Zero),
        }
    }

    /// WF-4.8: SD_RECEIVE with data unread and no receive pending resets the connection.
    pub(super) fn shut(&mut self, id: SocketId, how: i32, network: &Network) {
        let socket = &mut self.sockets[id];
        socket.shut_receive |= how != 1;
        socket.shut_send |= how != 0;
        if let Phase::Connected(end) = socket.phase
            && socket.shut_receive
            && network.ends[end].unread > 0
        {
            self.stream(Some(end)).reset_due = Some("WF-4.8: SD_RECEIVE with data unread");
        }
    }

    /// select with a timeout of 0: readable, writable, in the except set. WF-3.1, 3.8, 6.14.
    pub(super) fn ready(&self, id: SocketId, network: &Network) -> [Option<bool>; 3] {
        let socket = &self.sockets[id];
        let end = match socket.phase {
            // WF-6.14: a connect that failed is in the except set, and in no other.
            Phase::Unconnected if socket.failed => return [Some(false), Some(false), Some(true)],
            Phase::Unconnected => return [None; 3],
            Phase::Listening => return [Some(self.waiting(id, network) > 0), Some(false), Some(false)],
            Phase::Connecting(_) => return [Some(false); 3],
            Phase::Connected(end) => end,
        };
        let ended = self.ended(end, network).is_some();
        let readable = self.readable(end, 1, network).is_some();
        let writable = ended || network.ends[end].unacknowledged < SNDBUF;
        let unless = |shut: bool, ready| (!shut).then_some(ready);
        [unless(socket.shut_receive, readable), unless(socket.shut_send, writable), Some(false)]
    }

    /// What a recv or send that is blocked can return now; none: it goes on waiting.
    pub(super) fn can_return(&self, op: Op, id: SocketId, network: &Network) -> Option<Vec<Answer>> {
        let end = self.connected(id)?;
        if let Op::Recv { len, .. } = op {
            return self.readable(end, len, network);
        }
        let Op::Send { len, .. } = op else { return None };
        let room = network.ends[end].unacknowledged < SNDBUF;
        self.ended(end, network).or_else(|| room.then(|| vec![Answer::Sent(len)]))
    }
}
