//! The log: everything that happened, each entry with its time and its rule. Ladders, tcpdump's text, JSON Lines,
//! scenarios, captures and `tracing` events are functions of it.
//!
//! ```text
//!   Log ──▶ ladder    lanes and arrows, for people        tcpdump   its text, the calls between
//!       ──▶ jsonl     for programs (docs/schema)          script    a scenario that passes
//!       ──▶ pcapng    for Wireshark                       Tracing   a program's own log
//!
//!   places.rs: whose address it is;  numbers.rs: sequence numbers from the initial ones;  text.rs: calls in words
//! ```

mod capture;
mod events;
mod jsonl;
pub mod ladder;
pub(crate) mod messages;
pub(crate) mod numbers;
mod places;
mod script;
mod tcpdump;
mod text;

pub use capture::pcapng;
pub use events::Tracing;
pub use jsonl::{JSONL_VERSION, jsonl};
pub use ladder::ladder;
pub use script::{Heading, Inexpressible, script};
pub use tcpdump::tcpdump;
pub use text::{describe_call, describe_result, describe_result_of};

use crate::link::{Fate, Verdict};
use crate::wire::WireError;
use crate::world::{HostId, LinkId};
use closewait::addr::Endpoint;
use closewait::packet::{Message, Packet};
use closewait::rule::Rule;
use closewait::stack;
use closewait::tcp::{Notice, StateName};
use closewait::time::Instant;
use closewait::winsock::{Call, ProcessId, Return, ThreadId, Told};

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// After how many events of the world.
    pub step: u64,
    /// On which host; none for the network's own.
    pub host: Option<HostId>,
    /// What.
    pub what: What,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessEnd {
    /// Of itself.
    Exited,
    /// It was killed.
    Killed,
}

impl ProcessEnd {
    /// `exits`, `is killed`
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Exited => "exits",
            Self::Killed => "is killed",
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A process ended.
    ProcessEnded {
        /// The process.
        process: ProcessId,
        /// How.
        end: ProcessEnd,
    },
    /// A thread ended.
    ThreadEnded {
        /// The thread.
        thread: ThreadId,
    },
    /// A program was told of a network event, or can ask for it.
    Told(Told),
    /// A thread made a call.
    Call {
        /// The thread.
        thread: ThreadId,
        /// The call.
        call: Call,
    },
    /// The call that a thread just made has to wait.
    Blocked {
        /// The thread.
        thread: ThreadId,
    },
    /// A thread's call returned.
    Returned {
        /// The thread.
        thread: ThreadId,
        /// The result and its reason.
        returned: Return,
        /// The call had blocked.
        blocked: bool,
    },
    /// A packet was handed to a link.
    Sent {
        /// The packet.
        packet: Packet,
        /// Why it was sent.
        rule: Rule,
        /// What became of it.
        fate: Fate,
    },
    /// A packet arrived.
    Received {
        /// The packet.
        packet: Packet,
    },
    /// A datagram without a TCP segment was handed to a link.
    SentMessage {
        /// The datagram.
        message: Message,
        /// Why it was sent.
        rule: Rule,
        /// What became of it.
        fate: Fate,
    },
    /// A datagram without a TCP segment arrived.
    ReceivedMessage {
        /// The datagram.
        message: Message,
    },
    /// An arrived packet was dropped.
    Dropped {
        /// Where it was for.
        local: Endpoint,
        /// Where it came from.
        remote: Endpoint,
        /// Why.
        rule: Rule,
    },
    /// A connection changed its state.
    State {
        /// The end on this host.
        local: Endpoint,
        /// The other end.
        remote: Endpoint,
        /// Before.
        from: StateName,
        /// After.
        to: StateName,
        /// Why.
        rule: Rule,
    },
    /// A timer fired.
    Timer {
        /// The end on this host.
        local: Endpoint,
        /// The other end.
        remote: Endpoint,
        /// What it does.
        rule: Rule,
    },
    /// A connection told its user something.
    Notified {
        /// The end on this host.
        local: Endpoint,
        /// The other end.
        remote: Endpoint,
        /// What.
        notice: Notice,
        /// Why.
        rule: Rule,
    },
    /// A datagram arrived that is no packet: a bit was wrong.
    Undecodable {
        /// What is wrong with it.
        error: WireError,
    },
    /// The host lost power.
    Crashed,
    /// The host's network subsystem failed.
    NetworkFailed,
    /// The host's network subsystem works again.
    NetworkRestored,
    /// A link was cut.
    LinkCut {
        /// Which.
        link: LinkId,
    },
    /// A link was healed.
    LinkHealed {
        /// Which.
        link: LinkId,
    },
    /// A scenario asked something else of the network: `drop client > F.`, `set delay=50ms`.
    Net {
        /// What, in the scenario's notation.
        op: String,
    },
}

impl What {
    /// What a stack said, but for packets, which a link must judge first.
    pub(crate) fn from_stack(output: &stack::Output) -> Option<Self> {
        use stack::Output;
        Some(match *output {
            Output::Transmit { .. } | Output::Emit { .. } => return None,
            Output::Dropped { remote, local, rule } => Self::Dropped { local, remote, rule },
            Output::Became { local, remote, from, to, rule } => Self::State { local, remote, from, to, rule },
            Output::Expired { local, remote, rule } => Self::Timer { local, remote, rule },
            Output::Notified { local, remote, notice, rule } => {
                Self::Notified { local, remote, notice, rule }
            }
        })
    }
}

/// Where entries go.
pub trait Sink {
    /// Takes an entry.
    fn record(&mut self, entry: Entry);

    /// Whether entries are wanted; if not, none is made.
    fn enabled(&self) -> bool {
        true
    }

    /// Judges a packet that is about to enter a link; datagrams without a TCP segment pass unjudged. What stands beside a world can so be a fault, too.
    fn verdict(&mut self, _from: HostId, _packet: &Packet) -> Verdict {
        Verdict::Pass
    }
}

/// No log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Off;

impl Sink for Off {
    fn record(&mut self, _: Entry) {}

    fn enabled(&self) -> bool {
        false
    }
}

/// Every entry, kept.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Packets that a host handed to links, oldest first.
    pub fn sent(&self, host: HostId) -> impl Iterator<Item = (&Entry, &Packet, Rule)> {
        self.entries.iter().filter(move |e| e.host == Some(host)).filter_map(|e| {
            if let What::Sent { packet, rule, .. } = &e.what { Some((e, packet, *rule)) } else { None }
        })
    }

    /// The states that connections on a host entered, oldest first.
    pub fn states(&self, host: HostId) -> impl Iterator<Item = StateName> {
        self.entries
            .iter()
            .filter(move |e| e.host == Some(host))
            .filter_map(|e| if let What::State { to, .. } = &e.what { Some(*to) } else { None })
    }
}

impl Sink for Log {
    fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }
}
