//! closesocket and WSACleanup: carry out what `close.rs` decides.

use super::answer::{Attempt, Value};
use super::arguments::Handle;
use super::blocked::{Blocked, On, Wait};
use super::close::{Closing, Disposition, Subject, disposition};
use super::error::WsaError;
use super::process::{Object, ProcessId, ThreadId};
use super::socket::{Phase, SocketId};
use super::{Outcome, Return, Winsock};
use crate::profile::{CloseOneOfMany, LingerWake};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::tcp::StateName;
use crate::time::{Duration, Instant};
use alloc::vec::Vec;

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
        if let Disposition::Linger(seconds) = disposition {
            self.release_descriptor(stack, process, id);
            self.process_mut(process).handles.replace(s, Object::Closing(id));
            return self.linger(stack, now, thread, id, s, seconds);
        }
        self.process_mut(process).handles.remove(s);
        self.release_descriptor(stack, process, id);
        self.close_now(stack, now, id, disposition, rule);
        done(rule)
    }

    /// One descriptor less. With the last one the calls of every thread on the socket are cancelled and its registration
    /// ends (CS-B4); before that those of the process, if R20 says so.
    fn release_descriptor(&mut self, stack: &mut Stack, process: ProcessId, id: SocketId) {
        let socket = self.sockets.get_mut(id);
        socket.references -= 1;
        if socket.references == 0 {
            self.unregister(id);
            self.cancel_waiters(stack, id, |_, _| true);
        } else if stack.profile().close_one_of_many == CloseOneOfMany::CancelsCalls {
            self.cancel_waiters(stack, id, |winsock, thread| winsock.thread(thread).process == process);
        }
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
            (_, Disposition::KeepSocket | Disposition::WouldBlock) => return,
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
    pub(super) fn forget(&mut self, stack: &mut Stack, id: SocketId) {
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
        let on = On::Socket(id);
        let blocked = Blocked { on, handle: s, wait: Wait::Closesocket, since: now, until: None };
        if let Attempt::Done(result, rule) = self.try_linger(stack, id) {
            self.finish_closing(stack, now, thread, &blocked);
            return Outcome::Returned(Return { result, rule });
        }
        self.block(thread, blocked);
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
    pub(super) fn finish_closing(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        blocked: &Blocked,
    ) {
        if let (Wait::Closesocket, &[id]) = (&blocked.wait, blocked.on.as_slice())
            && let Phase::Closing(conn) = self.sockets.get(id).phase
        {
            stack.lift_close_limit(now, conn);
            stack.detach(conn);
            self.forget(stack, id);
            let process = self.thread(thread).process;
            self.process_mut(process).handles.remove(blocked.handle);
        }
    }

    /// R18: the last WSACleanup, or the end of the process, closes every socket of the process without waiting, and every
    /// descriptor that it was given and has not taken.
    pub(super) fn close_all(&mut self, stack: &mut Stack, now: Instant, process: ProcessId) {
        for (s, id) in self.process(process).handles.sockets() {
            self.close_at_once(stack, now, process, (id, Some(s)));
        }
        let given = self.infos.open.extract_if(.., |_, info| info.process == process);
        let given: Vec<_> = given.map(|(_, info)| info.socket).collect();
        for id in given {
            self.close_at_once(stack, now, process, (id, None));
        }
    }

    /// R40, WF-6.2: CloseHandle does not wait, whatever the linger option, and FD_CLOSE is told.
    pub(super) fn close_behind_winsock(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        process: ProcessId,
        (id, s): (SocketId, Handle),
    ) {
        if self.sockets.get(id).references == 1 {
            self.tell_of_close(stack, now, id);
        }
        self.close_at_once(stack, now, process, (id, Some(s)));
    }

    /// Closes a descriptor without waiting; a linger timeout is the limit of the close that goes on.
    fn close_at_once(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        process: ProcessId,
        (id, s): (SocketId, Option<Handle>),
    ) {
        let closing = Closing { nonblocking: false, ..self.closing(stack, id) };
        let (disposition, rule) = disposition(&closing, stack.profile());
        if let Some(s) = s {
            self.process_mut(process).handles.remove(s);
        }
        self.release_descriptor(stack, process, id);
        self.close_now(stack, now, id, disposition, rule);
    }
}

fn fail(error: WsaError, rule: Rule) -> Outcome {
    Outcome::Returned(Return { result: Err(error), rule })
}

fn done(rule: Rule) -> Outcome {
    Outcome::Returned(Return { result: Ok(Value::Zero), rule })
}
