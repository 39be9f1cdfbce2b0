//! Blocked calls as data, and their release.
//!
//! A call that cannot finish becomes a [`Blocked`] value in its thread, and each socket or event that it waits for
//! remembers the thread. After every event the host releases the calls of each socket that the event touched, in the
//! order in which they were made; a call is tried again by the very function that tried it first. A call that waits
//! for so long only has its deadline in `next_deadline`.

use super::answer::{Attempt, Value};
use super::arguments::Handle;
use super::error::WsaError;
use super::event::EventId;
use super::notify::{self, FdEvent};
use super::process::ThreadId;
use super::select::{Polling, Selecting};
use super::socket::{Phase, Socket, SocketId};
use super::{CallResult, Outcome, Output, Return, Winsock};
use crate::rule::Rule;
use crate::stack::Stack;
use crate::tcp::{Cause, Unreachable};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;

/// A call that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    pub(super) on: On,
    /// The handle it was made on; the first of them.
    pub handle: Handle,
    /// What it waits for.
    pub wait: Wait,
    /// When it was made.
    pub since: Instant,
    /// When it returns at the latest; None: it may wait for ever.
    pub until: Option<Instant>,
}

/// The sockets that a blocked call waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum On {
    Nothing,
    Socket(SocketId),
    /// Each of them once.
    Sockets(Vec<SocketId>),
}

impl On {
    pub(super) fn as_slice(&self) -> &[SocketId] {
        match self {
            Self::Nothing => &[],
            Self::Socket(id) => core::slice::from_ref(id),
            Self::Sockets(ids) => ids,
        }
    }
}

/// What a blocked call waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// A connection to accept.
    Accept {
        /// Whether a condition function is to be asked.
        condition: bool,
    },
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
    /// A socket of its sets that is ready.
    Select(Box<Selecting>),
    /// A socket that is as an entry asks.
    Poll(Box<Polling>),
    /// Events that are signalled.
    Events {
        /// Which.
        events: Vec<EventId>,
        /// Whether all of them must be.
        all: bool,
    },
}

impl Wait {
    /// Whether it receives (R5).
    #[must_use]
    pub const fn is_receive(&self) -> bool {
        match self {
            Self::Recv { .. } | Self::Recvfrom { .. } => true,
            Self::Accept { .. }
            | Self::Connect
            | Self::Send { .. }
            | Self::Closesocket
            | Self::Select(_)
            | Self::Poll(_)
            | Self::Events { .. } => false,
        }
    }

    /// The call's name.
    #[must_use]
    pub const fn call(&self) -> &'static str {
        match self {
            Self::Accept { condition: false } => "accept",
            Self::Accept { condition: true } => "WSAAccept",
            Self::Connect => "connect",
            Self::Recv { .. } => "recv",
            Self::Recvfrom { .. } => "recvfrom",
            Self::Send { .. } => "send",
            Self::Closesocket => "closesocket",
            Self::Select(_) => "select",
            Self::Poll(_) => "WSAPoll",
            Self::Events { .. } => "WSAWaitForMultipleEvents",
        }
    }

    /// What the call returns when its time is over.
    fn timed_out(&self) -> Attempt {
        let result = match self {
            Self::Recv { .. }
            | Self::Recvfrom { .. }
            | Self::Send { .. }
            | Self::Accept { .. }
            | Self::Connect
            | Self::Closesocket => Err(WsaError::TimedOut),
            Self::Select(selecting) => Ok(Value::Selected(Box::new(selecting.none()))),
            Self::Poll(polling) => Ok(polling.none()),
            Self::Events { .. } => Ok(Value::Waited(super::consts::WSA_WAIT_TIMEOUT)),
        };
        Attempt::Done(result, Rule::TimeOver)
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
                self.notice(stack, now, id);
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
                    (socket.error, socket.connect_failed) = (None, None);
                    self.connect_decided(id, None);
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
                self.connect_decided(id, None);
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
                // WF-6.14: after a connect that was waited for SO_ERROR reads 0.
                let waiters = socket.waiters.as_slice().to_vec();
                let connecting = |&thread: &ThreadId| {
                    self.thread(thread).blocked.as_ref().is_some_and(|blocked| blocked.wait == Wait::Connect)
                };
                let waited_for = waiters.iter().any(connecting);
                self.sockets.get_mut(id).error = (!waited_for).then_some(error);
                stack.detach(conn);
                self.connect_decided(id, Some(error));
            }
        }
    }

    /// Tries the blocked calls of a socket again, in the order of the calls.
    pub(super) fn release(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        let mut i = 0;
        while let Some(socket) = self.sockets.find(id)
            && let Some(&thread) = socket.waiters.as_slice().get(i)
        {
            if !self.retry(stack, now, thread) {
                i += 1;
            }
        }
        self.settle_shut_receive(stack, now, id);
    }

    /// Tries a thread's blocked call again. False if it goes on waiting.
    pub(super) fn retry(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId) -> bool {
        let Some(blocked) = self.thread(thread).blocked.clone() else {
            unreachable!("a waiting thread is blocked")
        };
        match self.attempt(stack, now, thread, &blocked) {
            Attempt::Wait => false,
            Attempt::Done(result, rule) => {
                self.unblock(thread);
                self.finish_closing(stack, now, thread, &blocked);
                self.reopened(stack, now, &blocked, &result);
                self.returned(stack, thread, Return { result, rule });
                true
            }
        }
    }

    /// A call that had blocked has returned: what it re-enables is told again.
    fn reopened(&mut self, stack: &mut Stack, now: Instant, blocked: &Blocked, result: &CallResult) {
        let event = match blocked.wait {
            Wait::Recv { .. } | Wait::Recvfrom { .. } => FdEvent::Read,
            Wait::Accept { .. } => FdEvent::Accept,
            Wait::Connect
            | Wait::Send { .. }
            | Wait::Closesocket
            | Wait::Select(_)
            | Wait::Poll(_)
            | Wait::Events { .. } => return,
        };
        if let Some(done) = notify::reenables(event, result) {
            for &id in blocked.on.as_slice() {
                self.reenable(stack, now, id, (event, done));
            }
        }
    }

    /// Tries a call that can block.
    pub(super) fn attempt(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        blocked: &Blocked,
    ) -> Attempt {
        let on_one = match blocked.on.as_slice() {
            &[id] => Some(id),
            [] | [_, ..] => None,
        };
        match (&blocked.wait, on_one) {
            (Wait::Select(selecting), _) => self.try_select(stack, selecting),
            (Wait::Poll(polling), _) => self.try_poll(stack, polling),
            (Wait::Events { events, all }, _) => self.try_events(events, *all),
            (wait, Some(id)) => self.attempt_on(stack, now, thread, (id, blocked.handle), wait),
            (_, None) => unreachable!("every other call waits for one socket"),
        }
    }

    /// Tries a call on one socket that can block.
    fn attempt_on(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        wait: &Wait,
    ) -> Attempt {
        match wait {
            Wait::Accept { condition: false } => self.try_accept(stack, now, thread, id),
            Wait::Accept { condition: true } => self.try_ask(stack, thread, id, s),
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
            Wait::Select(_) | Wait::Poll(_) | Wait::Events { .. } => {
                unreachable!("attempt has tried it")
            }
        }
    }

    /// A call that does not wait.
    pub(super) fn immediate(&self, attempt: Attempt) -> Outcome {
        Outcome::Returned(match attempt {
            Attempt::Done(result, rule) => Return { result, rule },
            Attempt::Wait => Return { result: Err(WsaError::WouldBlock), rule: Rule::WouldBlock },
        })
    }

    /// Tries a call on one socket that can block; if it must wait, a nonblocking socket says so and a blocking one waits.
    pub(super) fn attempt_or_block(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, handle): (SocketId, Handle),
        wait: Wait,
    ) -> Outcome {
        match self.attempt_on(stack, now, thread, (id, handle), &wait) {
            Attempt::Wait if !self.sockets.get(id).nonblocking => {
                let until = self.patience(stack, id, &wait).map(|time| now + time);
                self.block(thread, Blocked { on: On::Socket(id), handle, wait, since: now, until });
                Outcome::Blocked
            }
            attempt @ (Attempt::Wait | Attempt::Done(..)) => self.immediate(attempt),
        }
    }

    /// Tries a call that waits for several things, or for nothing; if it must wait, it does, but for one whose time is over
    /// at once.
    pub(super) fn attempt_or_wait(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        blocked: Blocked,
    ) -> Outcome {
        match self.attempt(stack, now, thread, &blocked) {
            Attempt::Wait if blocked.until.is_some_and(|until| until <= now) => {
                self.immediate(blocked.wait.timed_out())
            }
            Attempt::Wait => {
                self.block(thread, blocked);
                Outcome::Blocked
            }
            attempt @ Attempt::Done(..) => self.immediate(attempt),
        }
    }

    /// The thread waits.
    pub(super) fn block(&mut self, thread: ThreadId, blocked: Blocked) {
        for &id in blocked.on.as_slice() {
            self.sockets.get_mut(id).waiters.push(thread);
        }
        if let Wait::Events { events, .. } = &blocked.wait {
            for &id in events {
                self.events.hold(id);
                self.events.get_mut(id).waiters.push(thread);
            }
        }
        self.deadlines.extend(blocked.until.map(|until| (until, thread)));
        self.thread_mut(thread).blocked = Some(blocked);
    }

    /// The thread waits no more.
    pub(super) fn unblock(&mut self, thread: ThreadId) {
        let Some(blocked) = self.thread_mut(thread).blocked.take() else { return };
        for &id in blocked.on.as_slice() {
            self.sockets.get_mut(id).waiters.remove(thread);
        }
        if let Wait::Events { events, .. } = blocked.wait {
            for id in events {
                self.events.get_mut(id).waiters.retain(|&t| t != thread);
                self.events.release(id);
            }
        }
        if let Some(until) = blocked.until {
            self.deadlines.remove(&(until, thread));
        }
    }

    /// When a blocked call's time is over next.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(until, _)| until)
    }

    /// The time of the call that is due first is over.
    pub(crate) fn expire(&mut self, stack: &mut Stack, now: Instant) {
        let Some(&(until, thread)) = self.deadlines.first() else { return };
        if until > now {
            return;
        }
        let Some(blocked) = self.thread(thread).blocked.clone() else {
            unreachable!("a thread with a deadline is blocked")
        };
        self.unblock(thread);
        if let Attempt::Done(result, rule) = blocked.wait.timed_out() {
            self.returned(stack, thread, Return { result, rule });
        }
        for &id in blocked.on.as_slice() {
            self.settle_shut_receive(stack, now, id);
        }
    }

    /// CS-B4, R13, WF-5.13 to 5.15: calls on a socket that is being closed, of the threads that `whose` names.
    pub(super) fn cancel_waiters(
        &mut self,
        stack: &mut Stack,
        id: SocketId,
        whose: impl Fn(&Self, ThreadId) -> bool,
    ) {
        let waiters = self.sockets.get(id).waiters.clone();
        for &thread in waiters.as_slice() {
            if !whose(self, thread) {
                continue;
            }
            let Some(blocked) = self.thread(thread).blocked.clone() else { continue };
            let returned = match &blocked.wait {
                Wait::Select(selecting) => self.select_closed(stack, selecting, id),
                Wait::Poll(polling) => self.poll_closed(stack, polling, id),
                Wait::Accept { .. }
                | Wait::Connect
                | Wait::Recv { .. }
                | Wait::Recvfrom { .. }
                | Wait::Send { .. }
                | Wait::Closesocket
                | Wait::Events { .. } => Return { result: Err(WsaError::Intr), rule: Rule::Cancelled },
            };
            self.unblock(thread);
            self.returned(stack, thread, returned);
        }
    }

    /// A call that had blocked returns.
    pub(super) fn returned(&mut self, stack: &Stack, thread: ThreadId, returned: Return) {
        // R19: one whose process ends is told nothing.
        if self.thread(thread).ended {
            return;
        }
        self.remember_error(thread, &returned.result);
        let (_, outputs) = stack.outputs();
        self.out.push_back((outputs, Output::Returned { thread, returned }));
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
