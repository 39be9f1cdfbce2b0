//! Blocked calls as data, and their release.
//!
//! A call that cannot finish becomes a [`Blocked`] value in its thread, and its socket remembers the thread.
//! After every event the host releases the calls of each socket that the event touched, in the order in which
//! they were made; a call is tried again by the very function that tried it first.

use super::call::{Attempt, Handle, Value};
use super::error::WsaError;
use super::process::ThreadId;
use super::socket::{Phase, Socket, SocketId};
use super::{Return, Winsock};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::tcp::{Cause, Unreachable};
use crate::time::Instant;
use bytes::Bytes;

/// A call that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    pub(super) socket: SocketId,
    /// The handle it was made on.
    pub handle: Handle,
    /// What it waits for.
    pub wait: Wait,
    /// When it was made.
    pub since: Instant,
}

/// What a blocked call waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// A connection to accept.
    Accept,
    /// The handshake.
    Connect,
    /// Data, the end of the stream or of the connection.
    Recv {
        /// The most bytes to return.
        len: usize,
        /// recv's flags.
        flags: i32,
    },
    /// The same, and where it came from.
    Recvfrom {
        /// The most bytes to return.
        len: usize,
        /// recvfrom's flags.
        flags: i32,
    },
    /// Room in the send queue.
    Send {
        /// What to send.
        data: Bytes,
        /// All of it is urgent.
        urgent: bool,
    },
    /// What a lingering close waits for.
    Closesocket,
}

impl Wait {
    /// Whether it receives (R5).
    #[must_use]
    pub const fn is_receive(&self) -> bool {
        match self {
            Self::Recv { .. } | Self::Recvfrom { .. } => true,
            Self::Accept | Self::Connect | Self::Send { .. } | Self::Closesocket => false,
        }
    }

    /// The call's name.
    #[must_use]
    pub const fn call(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Connect => "connect",
            Self::Recv { .. } => "recv",
            Self::Recvfrom { .. } => "recvfrom",
            Self::Send { .. } => "send",
            Self::Closesocket => "closesocket",
        }
    }
}

impl Winsock {
    /// Releases every call that the events so far let return.
    #[inline]
    pub(crate) fn release_all(&mut self, stack: &mut Stack, now: Instant) {
        while let Some(user) = stack.poll_wake() {
            let id = SocketId(user);
            if self.sockets.find(id).is_some_and(Socket::is_waited_for) {
                self.settle_connect(stack, id);
                self.release(stack, now, id);
            }
        }
    }

    /// A connect that is decided changes what the socket is.
    fn settle_connect(&mut self, stack: &mut Stack, id: SocketId) {
        let socket = self.sockets.get_mut(id);
        let Phase::Connecting(conn) = socket.phase else { return };
        let state = stack.state(conn);
        match state.cause() {
            None => match state.name() {
                crate::tcp::StateName::SynSent | crate::tcp::StateName::SynReceived => {}
                crate::tcp::StateName::Closed
                | crate::tcp::StateName::Listen
                | crate::tcp::StateName::Established
                | crate::tcp::StateName::FinWait1
                | crate::tcp::StateName::FinWait2
                | crate::tcp::StateName::CloseWait
                | crate::tcp::StateName::Closing
                | crate::tcp::StateName::LastAck
                | crate::tcp::StateName::TimeWait => {
                    socket.phase = Phase::Connected(conn);
                    socket.error = None;
                }
            },
            // It was established and is over already: the next call on it says how.
            Some(
                Cause::Reset
                | Cause::ResetAfterFin
                | Cause::ResetClosing
                | Cause::HardError
                | Cause::Finished,
            ) => {
                socket.phase = Phase::Connected(conn);
            }
            Some(
                cause @ (Cause::Refused
                | Cause::SynTimedOut
                | Cause::Unreachable(_)
                | Cause::TimedOut
                | Cause::KeepAliveFailed
                | Cause::Aborted
                | Cause::CloseExpired
                | Cause::Deleted),
            ) => {
                socket.phase = Phase::Unconnected;
                let error = connect_error(cause);
                socket.connect_failed = Some(error);
                // After a failed blocking connect SO_ERROR reads 0.
                socket.error = socket.waiters.as_slice().is_empty().then_some(error);
                stack.detach(conn);
            }
        }
    }

    /// Tries the blocked calls of a socket again, in the order of the calls.
    pub(super) fn release(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        let mut i = 0;
        while self.sockets.contains(id)
            && let Some(&thread) = self.sockets.get(id).waiters.as_slice().get(i)
        {
            let Some(blocked) = self.thread(thread).blocked.clone() else {
                unreachable!("a waiting thread is blocked")
            };
            match self.attempt(stack, now, thread, id, &blocked.wait) {
                Attempt::Wait => i += 1,
                Attempt::Done(result, rule) => {
                    self.unblock(thread, id);
                    self.finish_closing(stack, now, id, &blocked.wait);
                    self.returned(stack, thread, Return { result, rule });
                }
            }
        }
        self.settle_shut_receive(stack, now, id);
    }

    /// Tries a call that can block.
    pub(super) fn attempt(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        id: SocketId,
        wait: &Wait,
    ) -> Attempt {
        match wait {
            Wait::Accept => self.try_accept(stack, now, thread, id),
            Wait::Connect => self.try_connect(id),
            Wait::Recv { len, flags } if self.is_datagram(id) => {
                self.try_recv_datagram(stack, id, (*len, *flags), false)
            }
            Wait::Recvfrom { len, flags } if self.is_datagram(id) => {
                self.try_recv_datagram(stack, id, (*len, *flags), true)
            }
            Wait::Recv { len, flags } | Wait::Recvfrom { len, flags } => {
                self.try_recv(stack, now, id, *len, *flags)
            }
            Wait::Send { data, urgent } => self.try_send(stack, now, id, data, *urgent),
            Wait::Closesocket => self.try_linger(stack, id),
        }
    }

    /// The thread waits.
    pub(super) fn block(&mut self, thread: ThreadId, blocked: Blocked) {
        self.sockets.get_mut(blocked.socket).waiters.push(thread);
        self.thread_mut(thread).blocked = Some(blocked);
    }

    pub(super) fn unblock(&mut self, thread: ThreadId, id: SocketId) {
        self.thread_mut(thread).blocked = None;
        self.sockets.get_mut(id).waiters.remove(thread);
    }

    /// CS-B4, R13: the calls of other threads on a socket that is being closed.
    pub(super) fn cancel_waiters(&mut self, stack: &mut Stack, id: SocketId) {
        for &thread in core::mem::take(&mut self.sockets.get_mut(id).waiters).as_slice() {
            self.thread_mut(thread).blocked = None;
            self.returned(stack, thread, Return { result: Err(WsaError::Intr), rule: Rule::Cancelled });
        }
    }

    /// A call that had blocked returns.
    pub(super) fn returned(&mut self, stack: &Stack, thread: ThreadId, returned: Return) {
        self.remember_error(thread, &returned.result);
        let (_, outputs) = stack.outputs();
        self.out.push_back((outputs, thread, returned));
    }

    /// connect: how it went. The phase has been settled.
    pub(super) fn try_connect(&self, id: SocketId) -> Attempt {
        let socket = self.sockets.get(id);
        match (socket.phase, socket.connect_failed) {
            (Phase::Connecting(_), _) => Attempt::Wait,
            (Phase::Connected(_), _) => Attempt::ok(Value::Zero),
            (Phase::Unconnected | Phase::Listening(_) | Phase::Closing(_) | Phase::Datagram(_), error) => {
                Attempt::fail(error.unwrap_or(WsaError::ConnRefused))
            }
        }
    }
}

fn connect_error(cause: Cause) -> WsaError {
    match cause {
        Cause::SynTimedOut | Cause::TimedOut => WsaError::TimedOut,
        Cause::Unreachable(Unreachable::Net) => WsaError::NetUnreach,
        Cause::Unreachable(Unreachable::Host) => WsaError::HostUnreach,
        Cause::Refused
        | Cause::Reset
        | Cause::ResetAfterFin
        | Cause::ResetClosing
        | Cause::HardError
        | Cause::Finished
        | Cause::Aborted
        | Cause::KeepAliveFailed
        | Cause::CloseExpired
        | Cause::Deleted => WsaError::ConnRefused,
    }
}
