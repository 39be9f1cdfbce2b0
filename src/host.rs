//! A host: a stack and a Winsock, without any I/O of its own.
//!
//! The contract: tell it what happens ([`deliver`], [`advance`], [`call`]), then take what it says with
//! [`poll_output`] until there is nothing left, then ask [`next_deadline`] when to come again. Every method takes
//! the current time, which never goes back. After each event every call that can return has returned, before time
//! may move.
//!
//! [`deliver`]: Host::deliver
//! [`advance`]: Host::advance
//! [`call`]: Host::call
//! [`poll_output`]: Host::poll_output
//! [`next_deadline`]: Host::next_deadline
//!
//! ```
//! use closewait::host::{Host, Output};
//! use closewait::profile::Profile;
//! use closewait::stack::Secret;
//! use closewait::time::Instant;
//! use closewait::winsock::{Call, HandlePolicy, Outcome, Value, consts::*};
//!
//! let mut host = Host::new(Profile::WINDOWS, Secret([7; 16]));
//! let process = host.create_process(HandlePolicy::Never);
//! let thread = host.create_thread(process);
//! let now = Instant::START;
//! let _ = host.call(now, thread, Call::startup(0x202));
//! let made = host.call(now, thread, Call::Socket { family: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP });
//! let Outcome::Returned(made) = made else { panic!("socket does not block") };
//! let Ok(Value::Handle(s)) = made.result else { panic!("a socket") };
//! let closed = host.call(now, thread, Call::Closesocket { s });
//! let Outcome::Returned(closed) = closed else { panic!("nothing to wait for") };
//! assert_eq!(closed.result, Ok(Value::Zero));
//! assert_eq!(host.poll_output(), None::<Output>);
//! ```

mod form;

use crate::addr::IpAddr;
use crate::packet::{Message, Packet};
use crate::profile::Profile;
use crate::rule::Rule;
use crate::seq::Seq;
use crate::stack::{ConnectionRow, ListenerRow, Secret, Stack};
use crate::time::Instant;
pub use crate::winsock::Output;
use crate::winsock::{
    Call, Handle, HandlePolicy, Leak, Outcome, Owner, ProcessId, SocketStatus, ThreadId, Winsock,
};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// One simulated host.
#[derive(Clone, Debug)]
pub struct Host {
    stack: Stack,
    winsock: Winsock,
}

/// What netstat shows: connections with their owners, then listeners with theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Netstat {
    /// Connections that are not over.
    pub connections: Vec<(ConnectionRow, Option<Owner>)>,
    /// Listening sockets.
    pub listeners: Vec<(ListenerRow, Option<Owner>)>,
}

impl Host {
    /// A host without addresses or processes. `secret` keys what must not be guessed (RFC 6528).
    #[must_use]
    pub fn new(profile: Profile, secret: Secret) -> Self {
        Self { stack: Stack::new(Arc::new(profile), secret), winsock: Winsock::default() }
    }

    /// Gives the host an address on a link that carries datagrams of up to `mtu` bytes.
    pub fn add_address(&mut self, ip: IpAddr, mtu: u16) {
        self.stack.add_address(ip, mtu);
    }

    /// The largest datagram that every link of the host carries is `mtu` bytes.
    pub fn set_mtu(&mut self, mtu: u16) {
        self.stack.set_mtu(mtu);
    }

    /// From now on the host does as this profile says. What began under the old one, a timer or a buffer, stays.
    pub fn set_profile(&mut self, profile: Profile) {
        self.stack.set_profile(profile);
    }

    /// The next connection begins with this number, in place of RFC 6528's: for a tester who must tell the host's
    /// numbers from its own, or who opens one connection after the other at one instant.
    pub fn preset_iss(&mut self, iss: Seq) {
        self.stack.preset_iss(iss);
    }

    /// The host after a loss of power: its addresses and profile, and nothing else.
    #[must_use]
    pub fn rebooted(&self, secret: Secret) -> Self {
        Self { stack: self.stack.rebooted(secret), winsock: self.winsock.rebooted() }
    }

    /// The network subsystem fails, or is restored (CS-A3): while it has failed calls fail with WSAENETDOWN, also
    /// those that are blocked, and packets neither arrive nor leave. No handle is lost.
    pub fn set_network_failed(&mut self, failed: bool) {
        self.stack.set_failed(failed);
        self.winsock.set_network_failed(&mut self.stack, failed);
    }

    /// A new process.
    pub fn create_process(&mut self, policy: HandlePolicy) -> ProcessId {
        self.winsock.create_process(policy)
    }

    /// A new thread of a process.
    pub fn create_thread(&mut self, process: ProcessId) -> ThreadId {
        self.winsock.create_thread(process)
    }

    /// A thread ends, killed or not: the call that it is blocked in does not return, and it makes no other. A
    /// connect goes on without it (R54); a lingering close, too, keeping its deadline (R33).
    pub fn end_thread(&mut self, now: Instant, thread: ThreadId) {
        self.winsock.end_thread(&mut self.stack, now, thread);
        self.winsock.release_all(&mut self.stack, now);
    }

    /// A process ends, of itself or killed: its calls do not return, and its sockets are closed as by a last WSACleanup
    /// (R19).
    pub fn end_process(&mut self, now: Instant, process: ProcessId) {
        self.winsock.end_process(&mut self.stack, now, process);
        self.winsock.release_all(&mut self.stack, now);
    }

    /// A packet arrives.
    pub fn deliver(&mut self, now: Instant, mut packet: Packet) {
        self.deliver_from(now, &mut packet);
    }

    /// A packet arrives, and is not moved: its text is taken out of it, what is left is of no use.
    pub fn deliver_from(&mut self, now: Instant, packet: &mut Packet) {
        self.stack.deliver(now, packet);
        self.winsock.release_all(&mut self.stack, now);
    }

    /// A datagram without a TCP segment arrives.
    pub fn deliver_message(&mut self, now: Instant, message: Message) {
        self.stack.deliver_message(now, message);
        self.winsock.release_all(&mut self.stack, now);
    }

    /// Time has come to `now`: deadlines that are due are met, earliest first.
    pub fn advance(&mut self, now: Instant) {
        loop {
            match self.winsock.next_deadline().filter(|&call| call <= now) {
                // At one instant the deadlines of the stack come before those of calls.
                Some(call) if self.stack.next_deadline().is_none_or(|stack| call < stack) => {
                    self.winsock.expire(&mut self.stack, now);
                }
                Some(_) | None if self.stack.advance(now) => self.winsock.release_all(&mut self.stack, now),
                Some(_) | None => return,
            }
        }
    }

    /// A thread makes a Winsock call.
    pub fn call(&mut self, now: Instant, thread: ThreadId, call: Call) -> Outcome {
        let outcome = self.winsock.call(&mut self.stack, now, thread, call);
        self.winsock.release_all(&mut self.stack, now);
        outcome
    }

    /// What happened, oldest first, until there is nothing left to tell.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.winsock.poll_output(&mut self.stack)
    }

    /// Whether [`Host::poll_output`] has nothing to tell.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.winsock.is_silent() && self.stack.is_silent()
    }

    /// The packet that [`Host::poll_output`] would tell of now, if it is a packet that leaves, and why it leaves: for
    /// who must look at it before it is taken.
    #[must_use]
    pub fn next_packet(&self) -> Option<(&Packet, Rule)> {
        self.winsock.next_packet(&self.stack)
    }

    /// Takes that packet, as [`Host::poll_output`] would.
    pub fn poll_packet(&mut self) -> Option<Packet> {
        self.next_packet()?;
        self.stack.poll_packet()
    }

    /// Whether [`Host::poll_output`] also tells what only a log wants to know (it does unless this says otherwise):
    /// changes of state, timers, notices. Packets that leave or were dropped, and returns, are always told.
    pub fn set_news(&mut self, news: bool) {
        self.stack.set_news(news);
        self.winsock.set_news(news);
    }

    /// When [`Host::advance`] has something to do next.
    pub fn next_deadline(&mut self) -> Option<Instant> {
        let (call, stack) = (self.winsock.next_deadline(), self.stack.next_deadline());
        call.into_iter().chain(stack).min()
    }

    /// The Winsock of this host, to look at.
    #[must_use]
    pub fn winsock(&self) -> &Winsock {
        &self.winsock
    }

    /// The stack of this host, to look at.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Connections and listeners, with states, owners, timers and queues.
    #[must_use]
    pub fn netstat(&self) -> Netstat {
        let owner = |user: Option<u32>| user.and_then(|user| self.winsock.owner(user));
        let connections = self.stack.connections().into_iter().map(|row| {
            let owner = owner(row.user);
            (row, owner)
        });
        let listeners = self.stack.listening().into_iter().map(|row| {
            let owner = owner(Some(row.user));
            (row, owner)
        });
        Netstat { connections: connections.collect(), listeners: listeners.collect() }
    }

    /// What a handle of a process stands for; none if it is no socket.
    #[must_use]
    pub fn socket(&self, process: ProcessId, handle: Handle) -> Option<SocketStatus> {
        self.winsock.socket_status(&self.stack, process, handle)
    }

    /// Sockets that are still open, with the calls that made them.
    #[must_use]
    pub fn leaks(&self) -> Vec<Leak> {
        self.winsock.leaks()
    }

    /// What must hold between events.
    ///
    /// # Panics
    /// If an invariant is broken, with its name.
    pub fn assert_invariants(&self) {
        self.stack.assert_invariants();
        self.winsock.assert_invariants();
    }
}
