//! The Winsock API of one host: processes, threads, handles, sockets, options, blocked calls.
//!
//! ```text
//!   handle (per process)  ──▶  socket (counted by its handles)  ──▶  connection (may outlive its socket)
//!   process.rs                 socket.rs, options.rs                 the stack below
//!
//!   Call ──▶ call() ──▶ Returned, or Blocked: a value in the thread (blocked.rs)
//!                       after every event: release_all() ──▶ Output::Returned
//! ```
//!
//! `close.rs` decides what closesocket does, `closesocket.rs` does it; `connection.rs`, `io.rs` and `ioctl.rs` have the
//! other calls. Errors are [`WsaError`]; every return carries its [`Rule`].

pub mod blocked;
pub mod call;
pub mod close;
mod closesocket;
mod connection;
mod datagrams;
pub mod error;
mod form;
mod io;
mod ioctl;
pub mod options;
mod process;
mod socket;
mod status;

pub use call::{Call, CallResult, Handle, Outcome, Return, Value, consts};
pub use error::WsaError;
pub use options::Linger;
pub use process::{HandlePolicy, ProcessId, ThreadId};
pub use socket::{MadeBy, SocketId};
pub use status::{Leak, Owner, SocketStatus};

use crate::packet::Packet;
use crate::rule::Rule;
use crate::stack::{self, Stack};
use crate::time::Instant;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use blocked::Blocked;
use call::Attempt;
use process::{Object, Process, Thread};
use socket::Sockets;

/// What a host tells the world, in the order in which it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// The stack did something.
    Stack(stack::Output),
    /// A call that had blocked has returned.
    Returned {
        /// The thread that had called.
        thread: ThreadId,
        /// The result.
        returned: Return,
    },
}

/// Winsock on one host.
#[derive(Clone, Debug, Default)]
pub struct Winsock {
    processes: Vec<Process>,
    threads: Vec<Thread>,
    /// Numbers that were given before the host last lost power: they are nobody's, and never given again.
    gone: Gone,
    sockets: Sockets,
    /// The network subsystem has failed (CS-A3).
    failed: bool,
    /// Returns of calls that had blocked; each after so many of the stack's outputs.
    out: VecDeque<(u64, ThreadId, Return)>,
}

/// How many processes and threads there were before.
#[derive(Clone, Copy, Debug, Default)]
struct Gone {
    processes: u32,
    threads: u32,
}

impl Winsock {
    /// After a loss of power: no process, no thread, no socket.
    #[must_use]
    pub fn rebooted(&self) -> Self {
        let gone = Gone {
            processes: self.gone.processes + number(self.processes.len()),
            threads: self.gone.threads + number(self.threads.len()),
        };
        Self { gone, ..Self::default() }
    }

    /// A new process, without threads, before any WSAStartup.
    pub fn create_process(&mut self, policy: HandlePolicy) -> ProcessId {
        self.processes.push(Process::new(policy));
        self.process_id(self.processes.len() - 1)
    }

    /// A new thread of a process. If the process is none of this host's, every call of the thread fails.
    pub fn create_thread(&mut self, process: ProcessId) -> ThreadId {
        self.threads.push(Thread { process, ended: false, last_error: 0, blocked: None });
        self.thread_id(self.threads.len() - 1)
    }

    fn process_id(&self, i: usize) -> ProcessId {
        ProcessId(self.gone.processes + number(i))
    }

    fn thread_id(&self, i: usize) -> ThreadId {
        ThreadId(self.gone.threads + number(i))
    }

    /// A thread that exists, has not ended, and whose process exists.
    fn find_thread(&self, id: ThreadId) -> Option<&Thread> {
        let thread = self.threads.get(id.0.checked_sub(self.gone.threads)? as usize)?;
        self.find_process(thread.process).filter(|_| !thread.ended).map(|_| thread)
    }

    fn find_process(&self, id: ProcessId) -> Option<&Process> {
        self.processes.get(id.0.checked_sub(self.gone.processes)? as usize)
    }

    /// The process that a thread belongs to; none if the thread is none of this host's.
    #[must_use]
    pub fn process_of(&self, thread: ThreadId) -> Option<ProcessId> {
        self.find_thread(thread).map(|t| t.process)
    }

    /// The first thread of the process that a thread belongs to.
    #[must_use]
    pub fn first_thread(&self, thread: ThreadId) -> ThreadId {
        let process = self.process_of(thread);
        let first = self.threads.iter().position(|t| Some(t.process) == process);
        first.map_or(thread, |i| self.thread_id(i))
    }

    /// The call that a thread is blocked in.
    #[must_use]
    pub fn blocked(&self, thread: ThreadId) -> Option<&Blocked> {
        self.find_thread(thread)?.blocked.as_ref()
    }

    /// Every thread that is blocked, in the order of threads.
    pub fn all_blocked(&self) -> impl Iterator<Item = (ThreadId, &Blocked)> {
        let threads = self.threads.iter().enumerate();
        threads.filter_map(|(i, t)| Some((self.thread_id(i), t.blocked.as_ref()?)))
    }

    pub(crate) fn poll_output(&mut self, stack: &mut Stack) -> Option<Output> {
        self.poll_returned(stack).or_else(|| stack.poll_output().map(Output::Stack))
    }

    /// Whether no return waits to be told.
    pub(crate) fn is_silent(&self) -> bool {
        self.out.is_empty()
    }

    /// The packet that is told next, if a packet is.
    pub(crate) fn next_packet<'a>(&self, stack: &'a Stack) -> Option<(&'a Packet, Rule)> {
        let (told, _) = stack.outputs();
        let returns = self.out.front().is_some_and(|&(after, ..)| after <= told);
        if returns { None } else { stack.next_packet() }
    }

    /// The next return, if it is its turn.
    fn poll_returned(&mut self, stack: &Stack) -> Option<Output> {
        let (told, _) = stack.outputs();
        let (_, thread, returned) = self.out.pop_front_if(|(after, ..)| *after <= told)?;
        Some(Output::Returned { thread, returned })
    }

    /// The network subsystem fails, or is restored: calls that are blocked when it fails return.
    pub(crate) fn set_network_failed(&mut self, stack: &mut Stack, failed: bool) {
        self.failed = failed;
        let blocked: Vec<_> = self.all_blocked().map(|(thread, blocked)| (thread, blocked.clone())).collect();
        for (thread, blocked) in blocked {
            // A lingering close has given its handle up: it goes on, and ends as it would have.
            if failed && blocked.wait != blocked::Wait::Closesocket {
                self.unblock(thread, blocked.socket);
                let failed = Return { result: Err(WsaError::NetDown), rule: Rule::NetworkFailed };
                self.returned(stack, thread, failed);
            }
        }
    }

    /// A thread makes a call. A thread that is blocked gets WSAEINPROGRESS; one that is none of this host's (any
    /// more) has no process that called WSAStartup.
    pub(crate) fn call(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId, call: Call) -> Outcome {
        match self.find_thread(thread) {
            None => {
                return self.immediate(Attempt::Done(Err(WsaError::NotInitialised), Rule::NotInitialised));
            }
            Some(thread) if thread.blocked.is_some() => {
                return self.immediate(Attempt::fail(WsaError::InProgress));
            }
            Some(_) => {}
        }
        let startup = matches!(call, Call::WsaStartup { .. });
        let outcome = self.dispatch(stack, now, thread, call);
        if let Outcome::Returned(returned) = &outcome {
            if !startup {
                self.remember_error(thread, &returned.result);
            } else if returned.result.is_err() {
                // WF-8.2: WSAStartup's error is its return value.
                self.remember_error(thread, &Err(WsaError::NotInitialised));
            }
        }
        outcome
    }

    /// Checks that every call makes first (CS-A2, WF-2.20), then the call.
    fn dispatch(&mut self, stack: &mut Stack, now: Instant, thread: ThreadId, call: Call) -> Outcome {
        let process = self.thread(thread).process;
        let attempt = match call {
            Call::WsaStartup { version } => self.wsa_startup(process, version).into(),
            Call::WsaGetLastError => Attempt::ok(Value::LastError(self.thread(thread).last_error)),
            Call::WsaSetLastError { code } => {
                self.thread_mut(thread).last_error = code;
                Attempt::ok(Value::Zero)
            }
            Call::WsaCreateEvent => {
                let event = self.process_mut(process).handles.insert(Object::Event);
                event.map(Value::Handle).ok_or(WsaError::NoBufs).into()
            }
            Call::WsaCloseEvent { event } => match self.process(process).handles.get(event) {
                Some(Object::Event) => {
                    self.process_mut(process).handles.remove(event);
                    Attempt::ok(Value::Zero)
                }
                Some(Object::Socket(_)) | None => Attempt::fail(WsaError::InvalidHandle),
            },
            _ if self.process(process).startups == 0 => {
                Attempt::Done(Err(WsaError::NotInitialised), Rule::NotInitialised)
            }
            _ if self.failed => Attempt::Done(Err(WsaError::NetDown), Rule::NetworkFailed),
            Call::WsaCleanup => {
                self.process_mut(process).startups -= 1;
                if self.process(process).startups == 0 {
                    self.close_all(stack, now, process);
                }
                Attempt::ok(Value::Zero)
            }
            Call::Socket { family, kind, protocol } => {
                self.socket(stack, now, thread, process, (family, kind, protocol)).into()
            }
            Call::Closesocket { s } => return self.closesocket(stack, now, thread, process, s),
            Call::Bind { s, .. }
            | Call::Listen { s, .. }
            | Call::Accept { s }
            | Call::Connect { s, .. }
            | Call::Send { s, .. }
            | Call::Recv { s, .. }
            | Call::Sendto { s, .. }
            | Call::Recvfrom { s, .. }
            | Call::Shutdown { s, .. }
            | Call::Setsockopt { s, .. }
            | Call::Getsockopt { s, .. }
            | Call::Ioctlsocket { s, .. }
            | Call::WsaIoctl { s, .. }
            | Call::Getsockname { s }
            | Call::Getpeername { s } => match self.socket_of(process, s) {
                Ok(id) => return self.on_socket(stack, now, thread, (id, s), call),
                Err(error) => Attempt::Done(Err(error), Rule::NotSocket),
            },
        };
        self.immediate(attempt)
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
        let result = match call {
            Call::Bind { name, .. } if self.is_datagram(id) => self.bind_datagrams(stack, id, name),
            Call::Bind { name, .. } => self.bind(stack, id, name),
            Call::Listen { backlog, .. } => self.listen(stack, id, backlog),
            Call::Accept { .. } => {
                let blocked = Blocked { socket: id, handle: s, wait: blocked::Wait::Accept, since: now };
                return self.attempt_or_block(stack, now, thread, blocked);
            }
            Call::Connect { name, .. } if self.is_datagram(id) => self.connect_datagrams(stack, id, name),
            Call::Connect { name, .. } => return self.connect(stack, now, thread, (id, s), name),
            Call::Send { data, flags, .. } if self.is_datagram(id) => {
                return self.send_datagram(stack, id, (data, flags), None);
            }
            Call::Send { data, flags, .. } => return self.send(stack, now, thread, (id, s), data, flags),
            Call::Recv { len, flags, .. } => {
                let wait = blocked::Wait::Recv { len, flags };
                return self.recv(stack, now, thread, (id, s), (len, flags), wait);
            }
            Call::Sendto { data, flags, to, .. } if self.is_datagram(id) => {
                return self.send_datagram(stack, id, (data, flags), to);
            }
            Call::Sendto { data, flags, .. } => {
                return self.send(stack, now, thread, (id, s), data, flags);
            }
            Call::Recvfrom { len, flags, .. } => {
                let wait = blocked::Wait::Recvfrom { len, flags };
                return self.recv(stack, now, thread, (id, s), (len, flags), wait);
            }
            Call::Shutdown { how, .. } if self.is_datagram(id) => self.shutdown_datagrams(id, how),
            Call::Shutdown { how, .. } => self.shutdown(stack, now, id, how),
            Call::Setsockopt { level, name, value, .. } => {
                self.setsockopt(stack, now, id, (level, name), value.as_ref())
            }
            Call::Getsockopt { level, name, len, .. } => {
                self.getsockopt(stack, now, id, (level, name), Some(len))
            }
            Call::Ioctlsocket { cmd, arg, .. } => self.ioctlsocket(stack, id, cmd, arg),
            Call::WsaIoctl { code, input, .. } => self.wsa_ioctl(stack, now, id, code, input.as_deref()),
            Call::Getsockname { .. } => self.getsockname(stack, id),
            Call::Getpeername { .. } => self.getpeername(stack, id),
            Call::WsaStartup { .. }
            | Call::WsaCleanup
            | Call::WsaGetLastError
            | Call::WsaSetLastError { .. }
            | Call::WsaCreateEvent
            | Call::WsaCloseEvent { .. }
            | Call::Socket { .. }
            | Call::Closesocket { .. } => unreachable!("dispatch has answered it"),
        };
        self.immediate(result.into())
    }

    fn wsa_startup(&mut self, process: ProcessId, version: u16) -> Result<Value, WsaError> {
        let agreed = process::negotiate(version).ok_or(WsaError::VerNotSupported)?;
        self.process_mut(process).startups += 1;
        Ok(Value::Startup(agreed, process::HIGHEST))
    }

    /// A call that does not wait.
    fn immediate(&self, attempt: Attempt) -> Outcome {
        Outcome::Returned(match attempt {
            Attempt::Done(result, rule) => Return { result, rule },
            Attempt::Wait => Return { result: Err(WsaError::WouldBlock), rule: Rule::WouldBlock },
        })
    }

    /// Tries a call that can block; if it must wait, a nonblocking socket says so and a blocking one waits.
    fn attempt_or_block(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        thread: ThreadId,
        blocked: Blocked,
    ) -> Outcome {
        let id = blocked.socket;
        match self.attempt(stack, now, thread, id, &blocked.wait) {
            Attempt::Wait if !self.sockets.get(id).nonblocking => {
                self.block(thread, blocked);
                Outcome::Blocked
            }
            attempt @ (Attempt::Wait | Attempt::Done(..)) => self.immediate(attempt),
        }
    }

    /// The last error belongs to the thread; success leaves it alone.
    fn remember_error(&mut self, thread: ThreadId, result: &CallResult) {
        if let Err(error) = result {
            self.thread_mut(thread).last_error = error.code();
        }
    }

    fn socket_of(&self, process: ProcessId, handle: Handle) -> Result<SocketId, WsaError> {
        match self.find_process(process).and_then(|p| p.handles.get(handle)) {
            Some(Object::Socket(id)) => Ok(id),
            Some(Object::Event) | None => Err(WsaError::NotSock),
        }
    }

    fn process(&self, id: ProcessId) -> &Process {
        &self.processes[(id.0 - self.gone.processes) as usize]
    }

    fn process_mut(&mut self, id: ProcessId) -> &mut Process {
        let i = (id.0 - self.gone.processes) as usize;
        &mut self.processes[i]
    }

    fn thread(&self, id: ThreadId) -> &Thread {
        &self.threads[(id.0 - self.gone.threads) as usize]
    }

    fn thread_mut(&mut self, id: ThreadId) -> &mut Thread {
        let i = (id.0 - self.gone.threads) as usize;
        &mut self.threads[i]
    }

    fn threads_of(&self, process: ProcessId) -> Vec<ThreadId> {
        let threads = self.threads.iter().enumerate().filter(|(_, t)| t.process == process);
        threads.map(|(i, _)| self.thread_id(i)).collect()
    }
}

fn number(i: usize) -> u32 {
    u32::try_from(i).expect("fewer than 2^32 processes and threads on a host")
}
