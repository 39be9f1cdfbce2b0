//! Which call is which: checks that every call makes first, then the one that was asked for.

use super::Winsock;
use super::answer::{Attempt, Outcome, Value};
use super::arguments::Handle;
use super::blocked::Wait;
use super::call::Call;
use super::consts;
use super::error::WsaError;
use super::notify::{self, FdEvent};
use super::process::ThreadId;
use super::socket::SocketId;
use crate::rule::Rule;
use crate::stack::Stack;
use crate::time::Instant;

impl Winsock {
    /// A thread makes a call. One that is none of this host's (any more) has no process that called WSAStartup.
    pub(crate) fn call(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId, call: Call) -> Outcome {
        if let Some(refusal) = self.refusal(thread, &call) {
            return self.immediate(refusal);
        }
        let startup = matches!(call, Call::WsaStartup { .. });
        let outcome = self.dispatch(stack, now, thread, call);
        if let Outcome::Returned(returned) = &outcome {
            if !startup {
                self.remember_error(thread, &returned.result);
            } else if returned.result.is_err() {
                // WF-8.2: WSAStartup's error is its return value.
                self.remember_error(thread, &Err(WsaError::NotInitialised));
            } else {
                // ReactOS WSAStartup: success leaves no error behind.
                self.thread_mut(thread).last_error = 0;
            }
        }
        outcome
    }

    /// Why a thread may not make a call at all: it is none; it is in a call already, or in the callback of one (CS-A5).
    fn refusal(&mut self, thread: ThreadId, call: &Call) -> Option<Attempt> {
        let Some(caller) = self.find_thread(thread) else {
            return Some(Attempt::Done(Err(WsaError::NotInitialised), Rule::NotInitialised));
        };
        let about_itself =
            matches!(call, Call::WsaGetLastError | Call::WsaSetLastError { .. } | Call::WsaIsBlocking);
        let rule = if caller.asking.is_some() {
            let allowed = about_itself || matches!(call, Call::ConditionReturns { .. });
            if allowed { None } else { Some(Rule::InCallback) }
        } else if caller.blocked.is_some() {
            // In Winsock 1.1 the blocking hook calls; later no thread that is blocked can.
            let legacy = self.process(caller.process).legacy;
            let allowed = legacy && (about_itself || matches!(call, Call::WsaCancelBlockingCall));
            if allowed { None } else { Some(Rule::InBlockingCall) }
        } else {
            None
        }?;
        let refused = Err(WsaError::InProgress);
        self.remember_error(thread, &refused);
        Some(Attempt::Done(refused, rule))
    }

    /// Checks that every call makes first (CS-A2, WF-2.20), then the call.
    fn dispatch(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId, call: Call) -> Outcome {
        let process = self.thread(thread).process;
        if call.is_of_winsock() {
            let refused = self.process(process).startups == 0 || self.failed;
            if refused && matches!(call, Call::ConditionReturns { .. }) {
                // Its function has returned, whatever became of the call.
                self.thread_mut(thread).asking = None;
            }
            if self.process(process).startups == 0 {
                return self.immediate(Attempt::Done(Err(WsaError::NotInitialised), Rule::NotInitialised));
            }
            if self.failed {
                return self.immediate(Attempt::Done(Err(WsaError::NetDown), Rule::NetworkFailed));
            }
        }
        let result = match call {
            Call::WsaStartup { version, data } => self.wsa_startup(process, version, data),
            Call::WsaCleanup => self.cleanup(stack, now, process),
            Call::WsaGetLastError => Ok(Value::LastError(self.thread(thread).last_error)),
            Call::WsaSetLastError { code } => self.set_last_error(thread, code),
            Call::WsaCreateEvent => self.create_event(process),
            Call::WsaCloseEvent { event } => self.close_event(process, event),
            Call::WsaSetEvent { event } => self.set_event(stack, now, process, (event, true)),
            Call::WsaResetEvent { event } => self.set_event(stack, now, process, (event, false)),
            Call::WsaWaitForMultipleEvents { events, all, timeout } => {
                return self.wait_for_events(stack, now, thread, events.as_deref(), (all, timeout));
            }
            Call::DuplicateHandle { handle } => self.duplicate_handle((thread, now), handle),
            Call::CloseHandle { handle } => return self.close_handle(stack, now, thread, handle),
            Call::PeekMessage { window } => Ok(self.peek_message(process, window)),
            Call::Socket { family, kind, protocol }
            | Call::WsaSocket { family, kind, protocol, info: None } => {
                self.socket(stack, now, thread, process, (family, kind, protocol))
            }
            Call::WsaSocket { info: Some(info), .. } => self.socket_from_info((thread, now), info),
            Call::Closesocket { s } => return self.closesocket(stack, now, thread, process, s),
            Call::Select { sets, timeout } => return self.select(stack, now, thread, &sets, timeout),
            Call::WsaPoll { fds, timeout } => return self.poll(stack, now, thread, fds.as_deref(), timeout),
            Call::ConditionReturns { decision } => {
                return self.condition_returns(stack, now, thread, decision);
            }
            Call::WsaSetBlockingHook { hook } => self.set_blocking_hook(thread, hook),
            Call::WsaUnhookBlockingHook => self.unhook_blocking_hook(thread),
            Call::WsaIsBlocking => Ok(Value::Bool(self.thread(thread).blocked.is_some())),
            Call::WsaCancelBlockingCall => self.cancel_blocking_call(stack, now, thread),
            Call::Bind { s, .. }
            | Call::Listen { s, .. }
            | Call::Accept { s, .. }
            | Call::WsaAccept { s, .. }
            | Call::Connect { s, .. }
            | Call::Send { s, .. }
            | Call::Recv { s, .. }
            | Call::Sendto { s, .. }
            | Call::Recvfrom { s, .. }
            | Call::Shutdown { s, .. }
            | Call::WsaSendDisconnect { s }
            | Call::WsaRecvDisconnect { s }
            | Call::Setsockopt { s, .. }
            | Call::Getsockopt { s, .. }
            | Call::Ioctlsocket { s, .. }
            | Call::WsaIoctl { s, .. }
            | Call::Getsockname { s, .. }
            | Call::Getpeername { s, .. }
            | Call::WsaDuplicateSocket { s, .. }
            | Call::WsaEventSelect { s, .. }
            | Call::WsaEnumNetworkEvents { s, .. }
            | Call::WsaAsyncSelect { s, .. } => return self.on_handle(stack, now, thread, s, call),
        };
        self.immediate(result.into())
    }

    /// A call on a handle: what it stands for is looked at before anything else.
    fn on_handle(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        s: Handle,
        call: Call,
    ) -> Outcome {
        match self.socket_of(self.thread(thread).process, s) {
            Err(error) => self.immediate(Attempt::Done(Err(error), Rule::NotSocket)),
            Ok(id) => {
                let watched = self.sockets.get(id).waiters.notify().is_some();
                let reenabled = if watched { notify::reenabled_by(&call) } else { None };
                let names = call.gives_a_name() && self.is_datagram(id);
                let outcome = self.on_socket(stack, now, thread, (id, s), call);
                if names {
                    self.named_by(thread, s, &outcome);
                }
                if watched {
                    self.after(stack, now, id, reenabled, &outcome);
                }
                outcome
            }
        }
    }

    /// A call on a socket with network events has returned.
    pub(super) fn after(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        event: Option<FdEvent>,
        outcome: &Outcome,
    ) {
        if let (Some(event), Outcome::Returned(returned)) = (event, outcome)
            && let Some(done) = notify::reenables(event, &returned.result)
        {
            self.reenable(stack, now, id, (event, done));
        }
        self.notice(stack, now, id);
    }

    /// A call on a socket that exists.
    fn on_socket(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        (id, s): (SocketId, Handle),
        call: Call,
    ) -> Outcome {
        let process = self.thread(thread).process;
        let result = match call {
            Call::Bind { name, .. } => self.bind(stack, id, name),
            Call::Listen { backlog, .. } => self.listen(stack, id, backlog),
            Call::Accept { name_len, .. } => {
                return self.accept(stack, now, thread, (id, s), (name_len, false));
            }
            Call::WsaAccept { name_len, condition, .. } => {
                return self.accept(stack, now, thread, (id, s), (name_len, condition));
            }
            Call::Connect { name, .. } => return self.connect(stack, now, thread, (id, s), name),
            Call::Send { data, flags, .. } => {
                return self.send(stack, now, thread, (id, s), (data, flags), None);
            }
            Call::Sendto { data, flags, to, .. } => {
                return self.send(stack, now, thread, (id, s), (data, flags), to);
            }
            Call::Recv { len, flags, .. } => {
                return self
                    .recv(stack, now, thread, (id, s), (len, flags), |len, flags| Wait::Recv { len, flags });
            }
            Call::Recvfrom { len, flags, .. } => {
                let wait = |len, flags| Wait::Recvfrom { len, flags };
                return self.recv(stack, now, thread, (id, s), (len, flags), wait);
            }
            Call::Shutdown { how, .. } => self.shutdown(stack, now, id, how),
            Call::WsaSendDisconnect { .. } => self.shutdown(stack, now, id, consts::SD_SEND),
            Call::WsaRecvDisconnect { .. } => self.shutdown(stack, now, id, consts::SD_RECEIVE),
            Call::Setsockopt { level, name, value, .. } => {
                self.setsockopt(stack, now, id, (level, name), value.as_ref())
            }
            Call::Getsockopt { level, name, len, .. } => self.getsockopt(stack, now, id, (level, name), len),
            Call::Ioctlsocket { cmd, arg, .. } => self.ioctlsocket(stack, id, cmd, arg),
            Call::WsaIoctl { code, input, .. } => self.wsa_ioctl(stack, now, id, code, input.as_deref()),
            Call::Getsockname { len, .. } => self.getsockname(stack, id, len),
            Call::Getpeername { len, .. } => self.getpeername(stack, id, len),
            Call::WsaDuplicateSocket { process, info, .. } => self.duplicate_socket(id, process, info),
            Call::WsaEventSelect { event, events, .. } => {
                self.event_select(stack, now, process, (id, s), (event, events))
            }
            Call::WsaEnumNetworkEvents { event, out, .. } => {
                self.enum_network_events(stack, process, id, (event, out))
            }
            Call::WsaAsyncSelect { window, events, .. } => {
                self.async_select(stack, now, process, (id, s), (window, events))
            }
            Call::WsaStartup { .. }
            | Call::WsaCleanup
            | Call::WsaGetLastError
            | Call::WsaSetLastError { .. }
            | Call::WsaCreateEvent
            | Call::WsaCloseEvent { .. }
            | Call::WsaSetEvent { .. }
            | Call::WsaResetEvent { .. }
            | Call::WsaWaitForMultipleEvents { .. }
            | Call::DuplicateHandle { .. }
            | Call::CloseHandle { .. }
            | Call::PeekMessage { .. }
            | Call::Socket { .. }
            | Call::WsaSocket { .. }
            | Call::ConditionReturns { .. }
            | Call::Select { .. }
            | Call::WsaPoll { .. }
            | Call::WsaSetBlockingHook { .. }
            | Call::WsaUnhookBlockingHook
            | Call::WsaIsBlocking
            | Call::WsaCancelBlockingCall
            | Call::Closesocket { .. } => unreachable!("dispatch has answered it"),
        };
        self.immediate(result.into())
    }
}
