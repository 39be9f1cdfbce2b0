//! closesocket: what a close is, and what comes of it. CS-A to CS-E.

use super::rules::Wrong;
use super::{Answer, Asked, Cancelled, Expect, Phase, Reference, SocketId};
use crate::model::network::{EndId, Network, ResetSent, is_late};
use crate::model::program::{Op, process_of};
use closewait::time::{Duration, Instant};
use closewait::winsock::WsaError;

/// What a close is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Closing {
    /// CS-B2: other descriptors remain.
    NotLast,
    /// There is no connection, or it is over.
    Nothing,
    /// R21, R38: connections that wait for accept are reset.
    Listener,
    /// R24, R38: the attempt ends.
    Opening,
    /// CS-D2, CS-E4; R4: unread data; R5: a receive is pending.
    Hard(&'static str),
    /// R28: too late for a RST.
    HardLate,
    /// CS-D1, CS-E1, CS-E2; R1: nothing is unacknowledged.
    Graceful,
    /// CS-A7, CS-E10: nonblocking, and it cannot complete at once.
    WouldBlock,
    /// CS-D3, CS-E6.
    Lingers,
}

impl Reference {
    /// What closing one of a socket's descriptors is. The order is that of the clauses: CS-B2, then what there is to
    /// close, R4 and R5, then the linger table (CS-D).
    pub(crate) fn closing(&self, id: SocketId, network: &Network) -> Closing {
        let socket = &self.sockets[id];
        if socket.references > 1 && !self.rules.is_wrong(Wrong::AnyDescriptorIsTheLast) {
            return Closing::NotLast;
        }
        let end = match socket.phase {
            Phase::Unconnected => return Closing::Nothing,
            Phase::Listening => return Closing::Listener,
            Phase::Connecting(_) => return Closing::Opening,
            Phase::Connected(end) => &network.ends[end],
        };
        if end.over.is_some() {
            return Closing::Nothing;
        }
        let hard = socket.l_onoff != 0 && socket.l_linger == 0;
        if is_late(end.state) {
            // R28: in CLOSING, LAST_ACK and TIME_WAIT no RST is sent.
            if hard || end.unread > 0 {
                return Closing::HardLate;
            }
        } else if end.unread > 0 {
            return Closing::Hard("close: R4: unread data");
        } else if self.receive_pending(id) && self.rules.resets_with_receive_pending() {
            return Closing::Hard("close: R5: a receive was pending");
        } else if hard {
            return Closing::Hard("close: CS-E4: hard close");
        }
        self.rules.wrongly(match (socket.l_onoff, socket.nonblocking) {
            (0, _) => Closing::Graceful,
            (_, true) if end.unacknowledged > 0 => Closing::WouldBlock,
            (_, true) => Closing::Graceful,
            (_, false) => Closing::Lingers,
        })
    }

    fn receive_pending(&self, id: SocketId) -> bool {
        self.blocked.values().any(|b| b.socket == id && matches!(b.op, Op::Recv { .. }))
    }

    /// What closesocket may return. A lingering close waits, unless what it waits for is there (R2); in WINDOWS our FIN
    /// must be acknowledged, and it has not even been sent if the end is in ESTABLISHED or CLOSE_WAIT.
    pub(super) fn close(&self, id: SocketId, network: &Network) -> Expect {
        match self.closing(id, network) {
            Closing::WouldBlock => Expect::fails(WsaError::WouldBlock),
            Closing::Lingers => {
                let end = &network.ends[self.end(id).expect("it is connected")];
                let done = self.rules.lingered(end.state, end.unacknowledged);
                if done { Expect::only(Answer::Zero) } else { Expect::waits(false) }
            }
            Closing::NotLast
            | Closing::Nothing
            | Closing::Listener
            | Closing::Opening
            | Closing::Hard(_)
            | Closing::HardLate
            | Closing::Graceful => Expect::only(Answer::Zero),
        }
    }

    /// closesocket succeeded, or waits. CS-B1, R32: the descriptor is gone, even while it waits. CS-B4: calls of the
    /// process on the socket are cancelled.
    pub(super) fn closed(
        &mut self,
        asked: &Asked,
        id: SocketId,
        answer: Option<Answer>,
        network: &Network,
    ) -> Vec<Cancelled> {
        let process = process_of(asked.thread);
        let closing = self.closing(id, network);
        self.processes[process].handles.remove(&asked.handle);
        let until = asked.now + Duration::from_secs(u64::from(self.sockets[id].l_linger));
        let cancelled = self.release(process, id, closing, None);
        if answer.is_none() {
            self.blocked.insert(
                asked.thread,
                super::Blocked { op: asked.op, socket: id, serial: asked.serial, until: Some(until) },
            );
            self.stream(self.end(id)).deadline = Some(until);
        }
        cancelled
    }

    /// One descriptor less. The calls that this cancels: at the last, all on the socket; else what R20 says.
    fn release(
        &mut self,
        process: usize,
        id: SocketId,
        closing: Closing,
        deadline: Option<Instant>,
    ) -> Vec<Cancelled> {
        self.sockets[id].references -= 1;
        if closing == Closing::NotLast {
            let cancels = self.rules.any_close_cancels();
            return self.cancel(|thread, other| cancels && other == id && process_of(thread) == process);
        }
        for process in &mut self.processes {
            process.handles.retain(|_, &mut other| other != id);
        }
        if closing == Closing::Listener {
            self.listener_closed(id);
        }
        if let Some(end) = self.end(id) {
            let stream = self.stream(Some(end));
            stream.orphan = true;
            stream.deadline = deadline;
            if let Closing::Hard(why) = closing {
                stream.reset_due = Some(why);
            }
        }
        self.cancel(|_, s| s == id)
    }

    /// R13: blocked calls fail with WSAEINTR. A lingering close is no call on the socket any more.
    fn cancel(&mut self, which: impl Fn(usize, SocketId) -> bool) -> Vec<Cancelled> {
        let code = self.rules.cancelled_code();
        let calls = self.blocked.iter().filter(|(_, b)| !matches!(b.op, Op::Close { .. }));
        let threads: Vec<usize> = calls.filter(|(t, b)| which(**t, b.socket)).map(|(t, _)| *t).collect();
        threads
            .into_iter()
            .map(|thread| {
                self.blocked.remove(&thread);
                (thread, Answer::Fails(code))
            })
            .collect()
    }

    /// WSACleanup. Only the last one does something (WF-8.7): every descriptor of the process is closed without waiting
    /// (R18), with l_linger as the limit of what goes on in the background; its threads' calls are cancelled; one that
    /// lingers returns 0 at once, its connection keeps its deadline (R33).
    pub(super) fn cleanup(&mut self, process: usize, now: Instant, network: &Network) -> Vec<Cancelled> {
        self.processes[process].startups -= 1;
        if self.processes[process].startups > 0 {
            return Vec::new();
        }
        let mut cancelled = Vec::new();
        let lingering = self.blocked.iter().filter(|(t, b)| process_of(**t) == process && b.until.is_some());
        for thread in lingering.map(|(t, _)| *t).collect::<Vec<_>>() {
            self.blocked.remove(&thread);
            cancelled.push((thread, Answer::Zero));
        }
        for (_, id) in std::mem::take(&mut self.processes[process].handles) {
            let closing = self.closing(id, network);
            let socket = &self.sockets[id];
            let limit = now + Duration::from_secs(u64::from(socket.l_linger));
            let deadline = (socket.l_onoff != 0).then_some(limit);
            cancelled.extend(self.release(process, id, closing, deadline));
        }
        cancelled.extend(self.cancel(|thread, _| process_of(thread) == process));
        cancelled
    }

    /// Whether a RST that an end sent in a synchronized state had to be. A RST without cause is the library's mistake.
    pub(crate) fn reset_is_due(&self, end: EndId, reset: &ResetSent, now: Instant) -> bool {
        let Some(stream) = self.streams.get(&end) else { return false };
        let shut = stream.socket.is_some_and(|id| self.sockets[id].shut_receive);
        // CS-E8, R2: at the very instant, and only if a byte of data is unacknowledged; our FIN does not count.
        let expired = stream.deadline == Some(now) && reset.unacknowledged > 0;
        // R7: text for a socket that was closed. WF-4.8: text for one that does not receive.
        let unwanted = (stream.orphan || shut) && reset.answers_text;
        stream.reset_due.is_some() || expired || unwanted
    }
}
