//! The Winsock API of one host: processes, threads, handles, sockets, options, blocked calls.
//!
//! ```text
//!   handle (per process)  ──▶  socket (counted by its handles)  ──▶  connection (may outlive its socket)
//!   process.rs, handles.rs     socket.rs, options.rs                 the stack below
//!
//!   Call ──▶ dispatch.rs ──▶ Returned, or Blocked: a value in the thread (blocked.rs)
//!                            after every event: release_all() ──▶ Output::Returned
//!                                               notice()      ──▶ an event is signalled, a message posted (notify.rs)
//! ```
//!
//! `life.rs` has WSAStartup, WSACleanup and the ends of threads and processes. `close.rs` decides what closesocket does,
//! `closesocket.rs` does it; `connection.rs`, `accept.rs`, `io.rs`, `datagrams.rs`, `ioctl.rs` and `select.rs` have the
//! other calls on sockets, `event.rs` those on events, `legacy.rs` what only Winsock 1.1 had. Errors are [`WsaError`];
//! every return carries its [`Rule`].

mod accept;
pub mod answer;
pub mod arguments;
pub mod blocked;
pub mod call;
pub mod close;
mod closesocket;
mod connection;
pub mod consts;
mod datagrams;
mod dispatch;
pub mod error;
mod event;
mod form;
mod handles;
mod io;
mod ioctl;
mod legacy;
mod life;
mod notify;
pub mod options;
mod process;
mod select;
mod socket;
mod status;

pub use answer::{CallResult, Outcome, Return, Value, WsaData};
pub use arguments::{Decision, FdSets, Handle, PollFd, ProtocolInfo, SockAddr, Timeval};
pub use call::Call;
pub use error::WsaError;
pub use notify::{FdEvent, Message, NetworkEvent, Told, Window};
pub use options::Linger;
pub use process::{HandlePolicy, ProcessId, ThreadId};
pub use socket::{MadeBy, SocketId};
pub use status::{Leak, Owner, SocketStatus};

use crate::packet::Packet;
use crate::rule::Rule;
use crate::stack::{self, Stack};
use crate::time::Instant;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use blocked::Blocked;
use event::Events;
use handles::Infos;
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
    /// A network event was told of.
    Told(Told),
}

/// Winsock on one host.
#[derive(Clone, Debug, Default)]
pub struct Winsock {
    processes: Vec<Process>,
    threads: Vec<Thread>,
    /// Numbers that were given before the host last lost power: they are nobody's, and never given again.
    gone: Gone,
    sockets: Sockets,
    events: Events,
    /// What WSADuplicateSocket wrote and nobody has taken.
    infos: Infos,
    /// When the time of a blocked call is over, and whose.
    deadlines: BTreeSet<(Instant, ThreadId)>,
    /// The network subsystem has failed (CS-A3).
    failed: bool,
    /// What is to be said; each after so many of the stack's outputs.
    out: VecDeque<(u64, Output)>,
    /// Nobody wants to know of network events but who asked for them.
    quiet: bool,
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
        self.threads.push(Thread::new(process));
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
        self.processes.get(id.0.checked_sub(self.gone.processes)? as usize).filter(|process| !process.ended)
    }

    /// The process of that number, if it exists.
    fn process_numbered(&self, number: u32) -> Option<ProcessId> {
        let id = ProcessId(number.checked_sub(1)?);
        self.find_process(id).map(|_| id)
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

    pub(crate) fn set_news(&mut self, news: bool) {
        self.quiet = !news;
    }

    /// Whether no return waits to be told.
    pub(crate) fn is_silent(&self) -> bool {
        self.out.is_empty()
    }

    /// The packet that is told next, if a packet is.
    pub(crate) fn next_packet<'a>(&self, stack: &'a Stack) -> Option<(&'a Packet, Rule)> {
        let (told, _) = stack.outputs();
        let returns = self.out.front().is_some_and(|&(after, _)| after <= told);
        if returns { None } else { stack.next_packet() }
    }

    /// The next return, if it is its turn.
    fn poll_returned(&mut self, stack: &Stack) -> Option<Output> {
        let (told, _) = stack.outputs();
        self.out.pop_front_if(|(after, _)| *after <= told).map(|(_, output)| output)
    }

    /// The network subsystem fails, or is restored: calls that are blocked when it fails return.
    pub(crate) fn set_network_failed(&mut self, stack: &mut Stack, failed: bool) {
        self.failed = failed;
        let blocked: Vec<_> =
            self.all_blocked().map(|(thread, blocked)| (thread, blocked.wait.clone())).collect();
        for (thread, wait) in blocked {
            // A lingering close has given its handle up: it goes on, and ends as it would have. Events are no sockets.
            let unconcerned = matches!(wait, blocked::Wait::Closesocket | blocked::Wait::Events { .. });
            if failed && !unconcerned {
                self.unblock(thread);
                let failed = Return { result: Err(WsaError::NetDown), rule: Rule::NetworkFailed };
                self.returned(stack, thread, failed);
            }
        }
    }

    /// The last error belongs to the thread; success leaves it alone.
    fn remember_error(&mut self, thread: ThreadId, result: &CallResult) {
        if let Err(error) = result {
            self.thread_mut(thread).last_error = error.code();
        }
    }

    fn set_last_error(&mut self, thread: ThreadId, code: i32) -> CallResult {
        self.thread_mut(thread).last_error = code;
        Ok(Value::Zero)
    }

    fn socket_of(&self, process: ProcessId, handle: Handle) -> Result<SocketId, WsaError> {
        match self.find_process(process).and_then(|p| p.handles.get(handle)) {
            Some(Object::Socket(id)) => Ok(id),
            Some(Object::Event(_) | Object::Closing(_)) | None => Err(WsaError::NotSock),
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
