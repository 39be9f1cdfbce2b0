//! send, recv, shutdown.

use super::answer::{Attempt, Value};
use super::arguments::SockAddr;
use super::blocked::Wait;
use super::consts;
use super::error::WsaError;
use super::process::ThreadId;
use super::socket::{Phase, SocketId};
use super::{Handle, Outcome, Winsock};
use crate::buf::Rope;
use crate::profile::{GiveUpCode, Profile, ResetCode, ShutAndReset};
use crate::rule::Rule;
use crate::stack::{ConnId, Stack};
use crate::tcp::{Cause, UrgentOctet};
use crate::time::{Duration, Instant};
use bytes::Bytes;

impl Winsock {
    /// The connection behind a socket, or why it has none (WF-3.25, 3.26, 4.1).
    pub(super) fn connection(&self, id: SocketId) -> Result<ConnId, WsaError> {
        match self.sockets.get(id).phase {
            Phase::Connected(conn) => Ok(conn),
            Phase::Unconnected
            | Phase::Listening(_)
            | Phase::Connecting(_)
            | Phase::Closing(_)
            | Phase::Datagram(_) => Err(WsaError::NotConn),
        }
    }

    /// send and sendto. A stream socket ignores where it is to go.
    pub(super) fn send(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        (data, flags): (Option<Bytes>, i32),
        to: Option<SockAddr>,
    ) -> Outcome {
        let Some(data) = data else { return self.immediate(self.no_buffer(id)) };
        if self.is_datagram(id) {
            return self.send_datagram(stack, id, (data, flags), to);
        }
        if flags & !consts::MSG_OOB != 0 {
            return self.immediate(Attempt::fail(WsaError::OpNotSupp));
        }
        self.attempt_or_block(stack, now, thread, (id, s), Wait::Send { data, urgent: flags != 0 })
    }

    /// A null buffer: what the socket is, is looked at before.
    fn no_buffer(&self, id: SocketId) -> Attempt {
        let connected = if self.is_datagram(id) { Ok(()) } else { self.connection(id).map(|_| ()) };
        Attempt::fail(connected.err().unwrap_or(WsaError::Fault))
    }

    pub(super) fn try_send(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        data: &Bytes,
        urgent: bool,
    ) -> Attempt {
        let conn = match self.connection(id) {
            Ok(conn) => conn,
            Err(error) => return Attempt::fail(error),
        };
        let socket = self.sockets.get(id);
        if socket.send_shut {
            return Attempt::Done(Err(WsaError::Shutdown), Rule::ShutDown);
        }
        let send_buffer = socket.options.send_buffer as usize;
        let state = stack.state(conn);
        if let Some(ended) = self.ended(id, state.cause(), stack.profile()) {
            return ended;
        }
        // R34: taken whole while less than SO_SNDBUF is queued.
        let queued = state.unacknowledged();
        if queued > 0 && queued >= send_buffer && !data.is_empty() {
            return Attempt::Wait;
        }
        let send = if urgent { Stack::send_urgent } else { Stack::send };
        if !data.is_empty() && !send(stack, now, conn, data.clone()) {
            return Attempt::fail(WsaError::NoBufs);
        }
        Attempt::ok(Value::Sent(data.len()))
    }

    pub(super) fn recv(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        (len, flags): (Option<usize>, i32),
        wait: impl FnOnce(usize, i32) -> Wait,
    ) -> Outcome {
        let Some(len) = len else { return self.immediate(self.no_buffer(id)) };
        if flags & !(consts::MSG_PEEK | consts::MSG_OOB) != 0 {
            return self.immediate(Attempt::fail(WsaError::OpNotSupp));
        }
        if let Some(refused) = self.shut_receiving(stack, id) {
            return self.immediate(refused);
        }
        if flags & consts::MSG_OOB != 0 && self.is_datagram(id) {
            return self.immediate(Attempt::fail(WsaError::OpNotSupp));
        }
        if self.is_datagram(id) && self.is_unnamed(thread, s) {
            return self.immediate(Attempt::fail(WsaError::Inval));
        }
        if flags & consts::MSG_OOB != 0 {
            let attempt = self.recv_urgent(stack, now, id, len, flags & consts::MSG_PEEK != 0);
            return self.immediate(attempt);
        }
        self.attempt_or_block(stack, now, thread, (id, s), wait(len, flags))
    }

    /// SO_RCVTIMEO, SO_SNDTIMEO: how long a call waits; None: for ever (WF-3.30, R35).
    pub(super) fn patience(&self, stack: &Stack, id: SocketId, wait: &Wait) -> Option<Duration> {
        let options = &self.sockets.get(id).options;
        let ms = match wait {
            Wait::Recv { .. } | Wait::Recvfrom { .. } => options.receive_timeout(),
            Wait::Send { .. } => options.send_timeout(),
            Wait::Accept { .. }
            | Wait::Connect
            | Wait::Closesocket
            | Wait::Select(_)
            | Wait::Poll(_)
            | Wait::Events { .. } => 0,
        };
        (ms != 0).then(|| Duration::from_millis(ms.into()) + stack.profile().timeout_slack)
    }

    pub(super) fn try_recv(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        len: usize,
        flags: i32,
    ) -> Attempt {
        let conn = match self.connection(id) {
            Ok(conn) => conn,
            Err(error) => return Attempt::fail(error),
        };
        let state = stack.state(conn);
        if len > 0 && state.readable() > 0 {
            let data = if flags & consts::MSG_PEEK != 0 {
                let before_mark = state.before_mark().filter(|before| *before > 0);
                state.peek().split_front(before_mark.map_or(len, |before| len.min(before as usize)))
            } else {
                stack.receive(now, conn, len)
            };
            return Attempt::Done(Ok(Value::Received(data)), Rule::DataArrived);
        }
        let end = |rule| Attempt::Done(Ok(Value::Received(Rope::default())), rule);
        if let Some(ended) = self.ended(id, state.cause(), stack.profile()) {
            ended
        } else if state.fin_received() || state.cause().is_some() {
            end(Rule::EndOfStream)
        } else if len == 0 {
            end(Rule::Completed)
        } else {
            Attempt::Wait
        }
    }

    /// recv with MSG_OOB never waits: the urgent byte, WSAEWOULDBLOCK while it is on its way, WSAEINVAL if there is none
    /// or it is in line (R71).
    fn recv_urgent(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        len: usize,
        peek: bool,
    ) -> Attempt {
        let conn = match self.connection(id) {
            Ok(conn) => conn,
            Err(error) => return Attempt::fail(error),
        };
        if let Some(ended) = self.ended(id, stack.state(conn).cause(), stack.profile()) {
            return ended;
        }
        match stack.urgent_octet(now, conn, peek || len == 0) {
            UrgentOctet::Octet(octet) => {
                let mut byte = Rope::default();
                byte.push(Bytes::copy_from_slice(&[octet][..len.min(1)]));
                Attempt::Done(Ok(Value::Received(byte)), Rule::DataArrived)
            }
            UrgentOctet::Expected => Attempt::fail(WsaError::WouldBlock),
            UrgentOctet::None => Attempt::fail(WsaError::Inval),
        }
    }

    /// The error that send and recv report on a connection that is over, if there is one. What keep-alive found is told
    /// once; after that there is no connection (R68).
    fn ended(&mut self, id: SocketId, cause: Option<Cause>, profile: &Profile) -> Option<Attempt> {
        let cause = cause?;
        let (error, rule) = over(cause, profile)?;
        let told = core::mem::replace(&mut self.sockets.get_mut(id).end_told, true);
        let error = if told && cause == Cause::KeepAliveFailed { WsaError::NotConn } else { error };
        Some(Attempt::Done(Err(error), rule))
    }

    /// WF-4.4: after shutdown(SD_RECEIVE) a new receive fails; one that was pending before goes on (WF-4.7).
    fn shut_receiving(&self, stack: &Stack, id: SocketId) -> Option<Attempt> {
        if self.is_datagram(id) {
            let shut = self.sockets.get(id).receive_shut;
            return shut.then_some(Attempt::Done(Err(WsaError::Shutdown), Rule::ShutDown));
        }
        let conn = self.connection(id).ok().filter(|_| self.sockets.get(id).receive_shut)?;
        let (profile, cause) = (stack.profile(), stack.state(conn).cause());
        let reset = cause.filter(|c| matches!(c, Cause::Reset | Cause::ResetAfterFin));
        let (error, rule) = match (profile.recv_shut_and_reset, reset.and_then(|cause| over(cause, profile)))
        {
            (ShutAndReset::Reset, Some(reset)) => reset,
            (ShutAndReset::Reset, None) | (ShutAndReset::Shutdown, _) => (WsaError::Shutdown, Rule::ShutDown),
        };
        Some(Attempt::Done(Err(error), rule))
    }

    /// Whether a thread waits for data of the socket.
    fn is_receiving(&self, id: SocketId) -> bool {
        let receiving = |&t: &ThreadId| self.thread(t).blocked.as_ref().is_some_and(|b| b.wait.is_receive());
        self.sockets.get(id).waiters.as_slice().iter().any(receiving)
    }

    pub(super) fn shutdown(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        how: i32,
    ) -> Result<Value, WsaError> {
        if self.is_datagram(id) {
            return self.shutdown_datagrams(id, how);
        }
        let conn = self.connection(id)?;
        let (receive, send) = directions(how)?;
        // WF-4.13.
        let cause = stack.state(conn).cause();
        if let Some((error, _)) = cause.and_then(|cause| over(cause, stack.profile())) {
            return Err(error);
        }
        let socket = self.sockets.get_mut(id);
        socket.send_shut |= send;
        socket.receive_shut |= receive;
        if send {
            stack.shut_send(now, conn);
        }
        self.settle_shut_receive(stack, now, id);
        Ok(Value::Zero)
    }

    /// WF-4.7, 4.8, X16: SD_RECEIVE takes effect on the connection once no receive is pending.
    pub(super) fn settle_shut_receive(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        if self.sockets.contains(id)
            && self.sockets.get(id).receive_shut
            && !self.is_receiving(id)
            && let Ok(conn) = self.connection(id)
        {
            stack.shut_receive(now, conn);
        }
    }
}

/// What shutdown shuts: receiving, sending (WF-4.2).
pub(super) fn directions(how: i32) -> Result<(bool, bool), WsaError> {
    match how {
        consts::SD_RECEIVE => Ok((true, false)),
        consts::SD_SEND => Ok((false, true)),
        consts::SD_BOTH => Ok((true, true)),
        _ => Err(WsaError::Inval),
    }
}

/// What SO_ERROR reports on a connection that is over (R53); none if it ended in good order.
pub(super) fn pending_error(cause: Cause, profile: &Profile) -> Option<WsaError> {
    match cause {
        // Nobody receives any more, and SO_ERROR is asked all the same.
        Cause::ResetClosing => Some(WsaError::ConnReset),
        Cause::Finished
        | Cause::Reset
        | Cause::ResetAfterFin
        | Cause::TimedOut
        | Cause::KeepAliveFailed
        | Cause::SynTimedOut
        | Cause::Unreachable(_)
        | Cause::HardError
        | Cause::Aborted
        | Cause::CloseExpired
        | Cause::Refused
        | Cause::Deleted => over(cause, profile).map(|(error, _)| error),
    }
}

/// What send, recv and shutdown report on a connection that is over; none if it ended in good order.
fn over(cause: Cause, profile: &Profile) -> Option<(WsaError, Rule)> {
    Some(match cause {
        Cause::Finished | Cause::ResetClosing => return None,
        Cause::Reset => (WsaError::ConnReset, Rule::ConnectionReset),
        Cause::ResetAfterFin => match profile.reset_after_fin {
            ResetCode::ConnReset => (WsaError::ConnReset, Rule::ConnectionReset),
            ResetCode::ConnAborted => (WsaError::ConnAborted, Rule::ConnectionReset),
        },
        Cause::HardError => (WsaError::ConnReset, Rule::UnreachableForGood),
        Cause::TimedOut | Cause::SynTimedOut | Cause::Unreachable(_) => match profile.give_up {
            GiveUpCode::TimedOut => (WsaError::TimedOut, Rule::ConnectionTimedOut),
            GiveUpCode::ConnAborted => (WsaError::ConnAborted, Rule::ConnectionTimedOut),
        },
        Cause::KeepAliveFailed => (WsaError::NetReset, Rule::ConnectionLost),
        Cause::Aborted | Cause::CloseExpired | Cause::Refused | Cause::Deleted => {
            (WsaError::ConnAborted, Rule::ConnectionAborted)
        }
    })
}
