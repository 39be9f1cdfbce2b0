//! What only Winsock 1.1 had: blocking hooks, and calls that a thread makes while another of its calls blocks (CS-A5,
//! CS-A6, WF-8.11, 8.12).
//!
//! A blocking hook is the caller's own: this module knows only that the thread has one. Whoever drives the host runs it
//! when [`Outcome::Blocked`](super::Outcome::Blocked) says that a call waits, and the calls made in it come here while
//! the thread is blocked: WSAIsBlocking, WSACancelBlockingCall, and others, which fail with WSAEINPROGRESS.

use super::Winsock;
use super::answer::{Return, Value};
use super::blocked::Wait;
use super::error::WsaError;
use super::process::{Object, ThreadId};
use super::socket::Phase;
use crate::rule::Rule;
use crate::stack::Stack;
use crate::time::Instant;

impl Winsock {
    /// WF-8.11: these calls are there once a WSAStartup asked for 1.0 or 1.1.
    fn legacy(&self, thread: ThreadId) -> Result<(), WsaError> {
        if self.process(self.thread(thread).process).legacy { Ok(()) } else { Err(WsaError::OpNotSupp) }
    }

    /// Whether the thread's process has started Winsock 1.x.
    #[must_use]
    pub fn is_legacy(&self, thread: ThreadId) -> bool {
        self.find_thread(thread).is_some_and(|thread| self.process(thread.process).legacy)
    }

    /// Whether the thread has a blocking hook of its own.
    #[must_use]
    pub fn has_blocking_hook(&self, thread: ThreadId) -> bool {
        self.find_thread(thread).is_some_and(|thread| thread.hook)
    }

    pub(super) fn set_blocking_hook(&mut self, thread: ThreadId, hook: bool) -> Result<Value, WsaError> {
        self.legacy(thread)?;
        if !hook {
            return Err(WsaError::Fault);
        }
        self.thread_mut(thread).hook = true;
        // The hook before it is returned; there is always one.
        Ok(Value::Bool(true))
    }

    pub(super) fn unhook_blocking_hook(&mut self, thread: ThreadId) -> Result<Value, WsaError> {
        self.legacy(thread)?;
        self.thread_mut(thread).hook = false;
        Ok(Value::Zero)
    }

    /// WSACancelBlockingCall: the thread's own blocked call fails with WSAEINTR. A closesocket leaves its handle valid
    /// (CS-A6).
    pub(super) fn cancel_blocking_call(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
    ) -> Result<Value, WsaError> {
        self.legacy(thread)?;
        let blocked = self.thread(thread).blocked.clone().ok_or(WsaError::Inval)?;
        self.unblock(thread);
        for &id in blocked.on.as_slice() {
            if blocked.wait == Wait::Closesocket
                && let Phase::Closing(conn) = self.sockets.get(id).phase
            {
                stack.lift_close_limit(now, conn);
                let socket = self.sockets.get_mut(id);
                (socket.phase, socket.references) = (Phase::Connected(conn), 1);
                let process = self.thread(thread).process;
                self.process_mut(process).handles.replace(blocked.handle, Object::Socket(id));
            }
            self.settle_shut_receive(stack, now, id);
        }
        self.returned(stack, thread, Return { result: Err(WsaError::Intr), rule: Rule::HookCancelled });
        Ok(Value::Zero)
    }
}
