//! closesocket and WSACleanup: carry out what `close.rs` decides.

use super::blocked::{Blocked, Wait};
use super::call::{Attempt, Handle, Value};
use super::close::{Closing, Disposition, Subject, disposition};
use super::error::WsaError;
use super::process::{ProcessId, ThreadId};
use super::socket::{Phase, SocketId};
use super::{Outcome, Return, Winsock};
use crate::profile::LingerWake;
use crate::rule::Rule;
use crate::stack::Stack;
use crate::tcp::StateName;
use crate::time::{Duration, Instant};

impl Winsock {
    /// What `disposition` looks at.
    fn closing(&self, stack: &Stack, id: SocketId) -> Closing {
        let socket = self.sockets.get(id);
        let connection = match socket.phase {
            Phase::Unconnected | Phase::Listening(_) | Phase::Datagram(_) => None,
            Phase::Connecting(conn) | Phase::Connected(conn) | Phase::Closing(conn) => {
                Some(stack.state(conn))
            }
        };
        let subject = match (socket.phase, connection) {
            (Phase::Listening(_), _) => Subject::Listener,
            (_, None) => Subject::Unconnected,
            (_, Some(state)) => Subject::Connection(state.name()),
        };
        let receiving = |&thread: &ThreadId| {
            self.thread(thread).blocked.as_ref().is_some_and(|blocked| blocked.wait.is_receive())
        };
        Closing {
            subject,
            linger: socket.options.linger,
            nonblocking: socket.nonblocking,
            last_reference: socket.references == 1,
            unread: connection.is_some_and(|state| state.readable() > 0),
            unacknowledged: connection.is_some_and(|state| state.unacknowledged() > 0),
            receive_pending: socket.waiters.as_slice().iter().any(receiving),
        }
    }

    pub(super) fn closesocket(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        process: ProcessId,
        s: Handle,
    ) -> Outcome {
        let id = match self.socket_of(process, s) {
            Ok(id) => id,
            Err(error) => return fail(error, Rule::NotSocket),
        };
        let (disposition, rule) = disposition(&self.closing(stack, id), stack.profile());
        if disposition == Disposition::WouldBlock {
            return fail(WsaError::WouldBlock, rule);
        }
        self.process_mut(process).handles.remove(s);
        self.sockets.get_mut(id).references -= 1;
        if disposition == Disposition::KeepSocket {
            return done(rule);
        }
        self.cancel_waiters(stack, id);
        if let Disposition::Linger(seconds) = disposition {
            return self.linger(stack, now, thread, id, s, seconds);
        }
        self.close_now(stack, now, id, disposition, rule);
        done(rule)
    }

    /// A close that waits for nothing.
    fn close_now(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        disposition: Disposition,
        rule: Rule,
    ) {
        match (self.sockets.get(id).phase, disposition) {
            (Phase::Listening(listener), _) => stack.close_listener(now, listener),
            (Phase::Unconnected | Phase::Datagram(None), _) => {}
            (Phase::Datagram(Some(bound)), _) => stack.close_datagrams(bound),
            (Phase::Connecting(conn) | Phase::Connected(conn) | Phase::Closing(conn), what) => {
                match what {
                    Disposition::Hard => stack.abort(now, conn, rule),
                    Disposition::Linger(seconds) => {
                        stack.close(now, conn, Some(now + Duration::from_secs(u64::from(seconds))));
                    }
                    Disposition::Graceful
                    | Disposition::StopOpening
                    | Disposition::Forget
                    | Disposition::StopListening => stack.close(now, conn, None),
                    Disposition::KeepSocket | Disposition::WouldBlock => return,
                }
                stack.detach(conn);
            }
        }
        self.forget(stack, id);
    }

    /// The socket is no more; its name is free (CS-B3).
    fn forget(&mut self, stack: &mut Stack, id: SocketId) {
        if let Some(binding) = self.sockets.remove(id).binding {
            stack.unbind(binding);
        }
    }

    /// CS-E6: FIN is queued behind the data, and the call waits.
    fn linger(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        id: SocketId,
        s: Handle,
        seconds: u16,
    ) -> Outcome {
        let (Phase::Connected(conn) | Phase::Connecting(conn) | Phase::Closing(conn)) =
            self.sockets.get(id).phase
        else {
            unreachable!("only a connection lingers")
        };
        stack.close(now, conn, Some(now + Duration::from_secs(u64::from(seconds))));
        self.sockets.get_mut(id).phase = Phase::Closing(conn);
        if let Attempt::Done(result, rule) = self.try_linger(stack, id) {
            self.finish_closing(stack, now, id, &Wait::Closesocket);
            return Outcome::Returned(Return { result, rule });
        }
        self.block(thread, Blocked { socket: id, handle: s, wait: Wait::Closesocket, since: now });
        Outcome::Blocked
    }

    /// R2: whether a lingering close may return: 0 in every case (CS-E9).
    pub(super) fn try_linger(&self, stack: &Stack, id: SocketId) -> Attempt {
        let Phase::Closing(conn) = self.sockets.get(id).phase else {
            unreachable!("a lingering socket is closing")
        };
        let state = stack.state(conn);
        let acknowledged = match stack.profile().linger_wake {
            LingerWake::DataAcknowledged => state.unacknowledged() == 0,
            LingerWake::FinAcknowledged => state.fin_acknowledged(),
            LingerWake::PeerFin => state.fin_acknowledged() && state.fin_received(),
        };
        let over = state.name() == StateName::Closed;
        let rule = if acknowledged && (!over || state.fin_acknowledged()) {
            Rule::LingerDone
        } else if over && state.close_expired() {
            Rule::LingerExpired
        } else if over {
            Rule::LingerAborted
        } else if state.close_limit().is_none() {
            Rule::LingerExpired
        } else {
            return Attempt::Wait;
        };
        Attempt::Done(Ok(Value::Zero), rule)
    }

    /// After a lingering close has returned the connection is nobody's.
    pub(super) fn finish_closing(&mut self, stack: &mut Stack, now: Instant, id: SocketId, wait: &Wait) {
        if *wait == Wait::Closesocket
            && let Phase::Closing(conn) = self.sockets.get(id).phase
        {
            stack.lift_close_limit(now, conn);
            stack.detach(conn);
            self.forget(stack, id);
        }
    }

    /// R18: the last WSACleanup closes every socket of the process without waiting; R33: its lingering calls
    /// return at once, and their connections keep their deadline.
    pub(super) fn close_all(&mut self, stack: &mut Stack, now: Instant, process: ProcessId) {
        for (s, id) in self.process(process).handles.sockets() {
            let closing = Closing { nonblocking: false, ..self.closing(stack, id) };
            let (disposition, rule) = disposition(&closing, stack.profile());
            self.process_mut(process).handles.remove(s);
            self.sockets.get_mut(id).references -= 1;
            if disposition != Disposition::KeepSocket {
                self.cancel_waiters(stack, id);
                self.close_now(stack, now, id, disposition, rule);
            }
        }
        for thread in self.threads_of(process) {
            if self.stop_lingering(stack, thread) {
                self.returned(stack, thread, Return { result: Ok(Value::Zero), rule: Rule::Cleanup });
            }
        }
    }

    /// A thread ends: its blocked call goes with it, unreturned.
    pub(crate) fn end_thread(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId) {
        let Some(blocked) = self.find_thread(thread).map(|t| t.blocked.clone()) else { return };
        if let Some(Blocked { socket, .. }) = blocked
            && !self.stop_lingering(stack, thread)
        {
            self.unblock(thread, socket);
            self.settle_shut_receive(stack, now, socket);
        }
        self.thread_mut(thread).ended = true;
    }

    /// R33: if the thread lingers in closesocket it does no more, and the connection keeps its deadline.
    fn stop_lingering(&mut self, stack: &mut Stack, thread: ThreadId) -> bool {
        let Some(Blocked { socket, wait: Wait::Closesocket, .. }) = self.thread(thread).blocked else {
            return false;
        };
        let Phase::Closing(conn) = self.sockets.get(socket).phase else { return false };
        self.thread_mut(thread).blocked = None;
        stack.detach(conn);
        self.forget(stack, socket);
        true
    }
}

fn fail(error: WsaError, rule: Rule) -> Outcome {
    Outcome::Returned(Return { result: Err(error), rule })
}

fn done(rule: Rule) -> Outcome {
    Outcome::Returned(Return { result: Ok(Value::Zero), rule })
}
