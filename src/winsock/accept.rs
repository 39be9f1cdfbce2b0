//! accept and WSAAccept. With a condition function WSAAccept is two calls as data: it returns
//! [`Value::Condition`] when a connection is there, the thread is in the function from then on (CS-A5), and
//! [`Call::ConditionReturns`](super::Call::ConditionReturns) carries out what the function decided.

use super::answer::{Attempt, Value};
use super::arguments::{Decision, Handle, SockAddr};
use super::blocked::Wait;
use super::error::WsaError;
use super::notify::FdEvent;
use super::process::{Object, ThreadId};
use super::socket::{Family, Phase, Socket, SocketId, Waiters};
use super::{Outcome, Winsock};
use crate::addr::Endpoint;
use crate::rule::Rule;
use crate::stack::{ListenerId, Stack};
use crate::time::Instant;

/// A WSAAccept whose condition function runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asking {
    pub(super) listener: SocketId,
    pub(super) handle: Handle,
    /// Whom it is asked about.
    pub(super) caller: Endpoint,
}

impl Winsock {
    pub(super) fn accept(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        (name_len, condition): (Option<usize>, bool),
    ) -> Outcome {
        if name_len.is_some_and(|len| len < self.sockets.get(id).family.name_len()) {
            return self.immediate(Attempt::fail(WsaError::Fault));
        }
        self.attempt_or_block(stack, now, thread, (id, s), Wait::Accept { condition })
    }

    fn listener(&self, id: SocketId) -> Result<ListenerId, WsaError> {
        match self.sockets.get(id).phase {
            Phase::Listening(listener) => Ok(listener),
            Phase::Datagram(_) => Err(WsaError::OpNotSupp),
            Phase::Unconnected | Phase::Connecting(_) | Phase::Connected(_) | Phase::Closing(_) => {
                Err(WsaError::Inval)
            }
        }
    }

    /// The condition function is called for the first connection that waits.
    pub(super) fn try_ask(
        &mut self,
        stack: &Stack,
        thread: ThreadId,
        id: SocketId,
        handle: Handle,
    ) -> Attempt {
        let listener = match self.listener(id) {
            Ok(listener) => listener,
            Err(error) => return Attempt::fail(error),
        };
        let Some(caller) = stack.first_waiting(listener) else { return Attempt::Wait };
        self.thread_mut(thread).asking = Some(Asking { listener: id, handle, caller });
        Attempt::Done(Ok(Value::Condition(caller)), Rule::ConditionAsked)
    }

    /// The condition function has returned: what becomes of its WSAAccept.
    pub(super) fn condition_returns(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        decision: Decision,
    ) -> Outcome {
        let Some(Asking { listener, handle, caller }) = self.thread_mut(thread).asking.take() else {
            return self.immediate(Attempt::fail(WsaError::Inval));
        };
        // Another thread may have closed the listener meanwhile.
        if self.socket_of(self.thread(thread).process, handle) != Ok(listener) {
            return self.immediate(Attempt::Done(Err(WsaError::Intr), Rule::Cancelled));
        }
        let attempt = self.decided(stack, now, thread, listener, (decision, caller));
        let outcome = self.immediate(attempt);
        self.after(stack, now, listener, Some(FdEvent::Accept), &outcome);
        outcome
    }

    fn decided(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        id: SocketId,
        (decision, caller): (Decision, Endpoint),
    ) -> Attempt {
        let listener = match self.listener(id) {
            Ok(listener) => listener,
            Err(error) => return Attempt::fail(error),
        };
        // Another thread may have accepted or rejected the connection meanwhile: the next one is not what was asked about.
        let there = stack.first_waiting(listener) == Some(caller);
        match decision {
            Decision::Accept if there => self.try_accept(stack, now, thread, id),
            Decision::Accept => Attempt::fail(WsaError::ConnReset),
            Decision::Reject => {
                if there {
                    stack.reject(now, listener);
                }
                Attempt::Done(Err(WsaError::ConnRefused), Rule::ConditionRejected)
            }
            Decision::Defer => Attempt::Done(Err(WsaError::TryAgain), Rule::ConditionDeferred),
        }
    }

    pub(super) fn try_accept(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        id: SocketId,
    ) -> Attempt {
        let listener = match self.listener(id) {
            Ok(listener) => listener,
            Err(error) => return Attempt::fail(error),
        };
        if stack.waiting(listener) == 0 {
            return Attempt::Wait;
        }
        let process = self.thread(thread).process;
        let listening = self.sockets.get(id);
        // WF-2.39: options, mode and registration are inherited.
        let accepted = Socket {
            phase: Phase::Unconnected,
            options: listening.options.inherited(),
            references: 1,
            binding: None,
            error: None,
            end_told: false,
            connect_failed: None,
            waiters: Waiters::Nobody,
            owner: process,
            accepted: true,
            maker: thread,
            made: now,
            ..listening.clone()
        };
        let Some(handle) = self.new_handle(process, accepted) else { return Attempt::fail(WsaError::NoBufs) };
        let Ok(new) = self.socket_of(process, handle) else { unreachable!("the handle was just made") };
        match stack.accept(listener, new.0) {
            Some(Ok(conn)) => {
                self.sockets.get_mut(new).phase = Phase::Connected(conn);
                let inherited = self.inherited(id, process, handle);
                self.sockets.get_mut(new).waiters.set_notify(inherited);
                self.notice(stack, now, new);
                Attempt::ok(Value::Accepted(handle, stack.ends(conn).1))
            }
            failed => {
                self.process_mut(process).handles.remove(handle);
                self.sockets.remove(new);
                if failed.is_some() { Attempt::fail(WsaError::ConnReset) } else { Attempt::Wait }
            }
        }
    }

    /// A handle for a new socket; none when the process has had every value.
    pub(super) fn new_handle(&mut self, process: super::ProcessId, socket: Socket) -> Option<Handle> {
        let id = self.sockets.insert(socket);
        let handle = self.process_mut(process).handles.insert(Object::Socket(id));
        if handle.is_none() {
            self.sockets.remove(id);
        }
        handle
    }
}

impl Family {
    /// How long a name of the family is.
    pub(super) const fn name_len(self) -> usize {
        match self {
            Self::Inet => SockAddr::INET,
            Self::Inet6 => SockAddr::INET6,
        }
    }
}
