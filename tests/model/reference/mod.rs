//! The reference: handles, references, linger and blocked calls as the clauses, rulings and facts have them. Written
//! from these alone; it shares no code with the library.
//!
//! ```text
//!   expect(call)    what a call may do: the results that are allowed, and whether it may wait
//!   happened(call)  what it did changes the reference; the calls that it cancels return with it
//!   released(…)     a blocked call has returned: was it allowed to?
//!   overdue(…)      a blocked call that should have returned
//! ```
//!
//! Where only the network can know (has data come? is it acknowledged?) the reference looks at [`Network`].
//!
//! `handles.rs`: startups, descriptors, sockets. `closing.rs`: closesocket. `stream.rs`: send, recv, shutdown.
//! `opening.rs`: bind, listen, accept, connect. `waiting.rs`: blocked calls. `rules.rs`: where the profiles differ.

pub(crate) mod closing;
mod handles;
mod opening;
pub(crate) mod rules;
mod stream;
mod waiting;

use super::network::{EndId, Network, Over};
use super::program::{Op, PROCESSES, process_of};
use closewait::time::Instant;
use closewait::winsock::{Value, WsaError};
use rules::Rules;
use std::collections::BTreeMap;

/// A socket of a host, in the order in which they were made.
pub(crate) type SocketId = usize;

/// What a call returns, as far as it is foretold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Zero,
    Fails(WsaError),
    /// It fails, with whatever code: nothing is said of it.
    FailsSomehow,
    /// A handle that is none yet.
    NewHandle,
    /// accept: a handle, and the end that it is for.
    Accepted,
    Sent(usize),
    /// So many bytes; 0 is the end of the stream.
    Bytes(usize),
    Linger(u16, u16),
    /// select: readable, writable, in the except set. None: nothing is said of it.
    Ready([Option<bool>; 3]),
    Started,
}

/// What a call may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Expect {
    pub(crate) answers: Vec<Answer>,
    pub(crate) waits: bool,
}

impl Expect {
    fn only(answer: Answer) -> Self {
        Self { answers: vec![answer], waits: false }
    }

    fn fails(error: WsaError) -> Self {
        Self::only(Answer::Fails(error))
    }

    fn one_of(answers: &[Answer]) -> Self {
        Self { answers: answers.to_vec(), waits: false }
    }

    /// It has to wait; a nonblocking socket does not (WSAEWOULDBLOCK).
    fn waits(nonblocking: bool) -> Self {
        if nonblocking {
            return Self::fails(WsaError::WouldBlock);
        }
        Self { answers: Vec::new(), waits: true }
    }
}

/// What a socket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Not connected, and it does not listen.
    Unconnected,
    Listening,
    /// connect was called: which end it opens.
    Connecting(EndId),
    /// Connected, or it was: which end it has.
    Connected(EndId),
}

/// A socket: what all its descriptors share (WF-7.1).
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) host: usize,
    /// The descriptor that it was made with: process and handle.
    pub(crate) first: (usize, u32),
    pub(crate) phase: Phase,
    /// The port that bind or connect gave it.
    pub(crate) port: Option<u16>,
    /// Its last connect failed.
    pub(crate) failed: bool,
    pub(crate) nonblocking: bool,
    /// CS-C1: 0, 0.
    pub(crate) l_onoff: u16,
    pub(crate) l_linger: u16,
    /// CS-C4: SO_LINGER has named a timeout.
    pub(crate) named: bool,
    pub(crate) shut_send: bool,
    pub(crate) shut_receive: bool,
    /// Descriptors, in all processes.
    pub(crate) references: usize,
}

/// A process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    /// WSAStartups that no WSACleanup has undone (WF-8.7).
    pub(crate) startups: u32,
    /// Each handle's value, and the socket that it stands for.
    pub(crate) handles: BTreeMap<u32, SocketId>,
}

/// A call that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Blocked {
    pub(crate) op: Op,
    pub(crate) socket: SocketId,
    pub(crate) serial: usize,
    /// A lingering close: when its time is up.
    pub(crate) until: Option<Instant>,
}

/// What an end of a connection has sent and received through its socket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    /// Each send that was taken: which call it was, and how many bytes.
    pub(crate) sent: Vec<(usize, usize)>,
    pub(crate) received: usize,
    /// The socket, if the end has had one.
    pub(crate) socket: Option<SocketId>,
    /// A RST is due: why.
    pub(crate) reset_due: Option<&'static str>,
    /// Its socket is closed; when a RST ends it in spite of that (CS-E8, R18, R33).
    pub(crate) orphan: bool,
    pub(crate) deadline: Option<Instant>,
}

/// The reference.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) rules: Rules,
    pub(crate) processes: [Process; PROCESSES],
    pub(crate) sockets: Vec<Socket>,
    pub(crate) blocked: BTreeMap<usize, Blocked>,
    pub(crate) streams: BTreeMap<EndId, Stream>,
}

/// A call that a thread makes now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) thread: usize,
    pub(crate) op: Op,
    /// The value of the handle that it names.
    pub(crate) handle: u32,
    pub(crate) now: Instant,
    /// How many calls there were, this one included: what it sends is told by it.
    pub(crate) serial: usize,
}

/// A blocked call that returns because of another call.
pub(crate) type Cancelled = (usize, Answer);

impl Reference {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            processes: std::array::from_fn(|_| Process::default()),
            sockets: Vec::new(),
            blocked: BTreeMap::new(),
            streams: BTreeMap::new(),
        }
    }

    /// What a call may do. CS-A2, WF-8.9: without WSAStartup it fails before its handle is
    /// looked at. CS-A4: what is no socket.
    pub(crate) fn expect(&mut self, asked: &Asked, network: &Network) -> Expect {
        self.settle(network);
        let process = &self.processes[process_of(asked.thread)];
        let started = process.startups > 0;
        if matches!(asked.op, Op::Startup) {
            return Expect::only(Answer::Started);
        }
        // The system's, not Winsock's: it knows no WSAStartup.
        if matches!(asked.op, Op::DuplicateHandle { .. }) {
            return self.duplicate_handle(asked);
        }
        if !started {
            return Expect::fails(WsaError::NotInitialised);
        }
        if matches!(asked.op, Op::Cleanup) {
            return Expect::only(Answer::Zero);
        }
        if matches!(asked.op, Op::Socket { .. }) {
            return Expect::only(Answer::NewHandle);
        }
        let Some(&id) = process.handles.get(&asked.handle) else { return Expect::fails(WsaError::NotSock) };
        let socket = &self.sockets[id];
        match asked.op {
            Op::Bind { port, .. } => self.bind(id, port, network),
            Op::Listen { .. } => self.listen(id),
            Op::Accept { .. } => self.accept(id, network),
            Op::Connect { .. } => self.connect(id, network),
            Op::Send { len, .. } => self.send(id, len, network),
            Op::Recv { len, .. } => self.recv(id, len, network),
            Op::Shutdown { how, .. } => self.shutdown(id, how, network),
            Op::Close { .. } => self.close(id, network),
            Op::SetLinger { .. } | Op::DontLinger { .. } | Op::Nonblocking { .. } => {
                Expect::only(Answer::Zero)
            }
            // CS-C5.
            Op::GetLinger { .. } => Expect::only(Answer::Linger(socket.l_onoff, socket.l_linger)),
            Op::Select { .. } => Expect::only(Answer::Ready(self.ready(id, network))),
            Op::Duplicate { .. } => Expect::only(Answer::NewHandle),
            Op::Startup | Op::Cleanup | Op::Socket { .. } | Op::DuplicateHandle { .. } => {
                unreachable!("answered above")
            }
        }
    }

    /// A call did what it did; which blocked calls return with it. `None`: it waits.
    pub(crate) fn happened(
        &mut self,
        asked: &Asked,
        answer: Option<Answer>,
        network: &Network,
    ) -> Vec<Cancelled> {
        let process = process_of(asked.thread);
        let socket = self.processes[process].handles.get(&asked.handle).copied();
        let failed = matches!(answer, Some(Answer::Fails(_) | Answer::FailsSomehow));
        match (asked.op, socket) {
            (Op::Startup, _) => self.processes[process].startups += 1,
            (Op::Cleanup, _) if !failed => return self.cleanup(process, asked.now, network),
            (Op::Close { .. }, Some(id)) if !failed => return self.closed(asked, id, answer, network),
            (op, Some(id)) if answer.is_none() => {
                self.blocked
                    .insert(asked.thread, Blocked { op, socket: id, serial: asked.serial, until: None });
            }
            (op, Some(id)) if !failed => self.did(op, id, asked.serial, network),
            _ => {}
        }
        Vec::new()
    }

    /// What a call that succeeded changes.
    pub(crate) fn did(&mut self, op: Op, id: SocketId, serial: usize, network: &Network) {
        let end = self.end(id);
        let socket = &mut self.sockets[id];
        match op {
            Op::Bind { port, .. } => socket.port = Some(port),
            Op::Listen { .. } => socket.phase = Phase::Listening,
            Op::SetLinger { onoff, seconds, .. } => {
                // CS-C2; WF-2.32: as it was set.
                (socket.l_onoff, socket.l_linger, socket.named) = (onoff, seconds, true);
            }
            Op::DontLinger { yes, .. } => self.rules.dontlinger(socket, yes),
            Op::Nonblocking { yes, .. } => socket.nonblocking = yes,
            Op::Send { len, .. } => self.stream(end).sent.push((serial, len)),
            Op::Shutdown { how, .. } => self.shut(id, how, network),
            Op::Startup
            | Op::Cleanup
            | Op::Socket { .. }
            | Op::Accept { .. }
            | Op::Connect { .. }
            | Op::Recv { .. }
            | Op::Close { .. }
            | Op::GetLinger { .. }
            | Op::Select { .. }
            | Op::Duplicate { .. }
            | Op::DuplicateHandle { .. } => {}
        }
    }

    /// The end of a connection that a socket has.
    pub(crate) fn end(&self, id: SocketId) -> Option<EndId> {
        match self.sockets[id].phase {
            Phase::Connecting(end) | Phase::Connected(end) => Some(end),
            Phase::Unconnected | Phase::Listening => None,
        }
    }

    pub(crate) fn stream(&mut self, end: Option<EndId>) -> &mut Stream {
        self.streams.entry(end.expect("a connected socket has an end")).or_default()
    }

    /// What the network has done to attempts to connect: they have succeeded, or failed; a socket whose attempt failed
    /// may connect again (WF-10.5).
    pub(crate) fn settle(&mut self, network: &Network) {
        for socket in &mut self.sockets {
            if let Phase::Connecting(id) = socket.phase {
                let end = &network.ends[id];
                if end.opened {
                    socket.phase = Phase::Connected(id);
                } else if end.over.is_some() {
                    (socket.phase, socket.failed) = (Phase::Unconnected, true);
                }
            }
        }
    }

    /// The codes that calls fail with after a connection ended otherwise than by both FINs.
    pub(crate) fn ended(&self, end: EndId, network: &Network) -> Option<Vec<Answer>> {
        let over = network.ends[end].over?;
        let stream = self.streams.get(&end);
        let shut = stream.and_then(|stream| stream.socket).is_some_and(|id| self.sockets[id].shut_receive);
        let reset_due = stream.is_some_and(|stream| stream.reset_due.is_some());
        let code = match over {
            Over::Reset { after_fin } => self.rules.reset_code(after_fin),
            // This end's own doing while the socket is open: SD_RECEIVE with data unread, or data that came later
            // (WF-4.8), with a RST or, after both FINs, without (R28). No code is known.
            Over::Aborted => return Some(vec![Answer::FailsSomehow]),
            Over::GaveUp if shut => return Some(vec![Answer::FailsSomehow]),
            Over::Finished if reset_due => return Some(vec![Answer::FailsSomehow]),
            Over::Finished => return None,
            Over::GaveUp => self.rules.gave_up_code(),
        };
        Some(vec![Answer::Fails(code)])
    }
}

/// Whether a result is among those that are allowed.
pub(crate) fn allows(answers: &[Answer], answer: Answer) -> bool {
    answers.iter().any(|&allowed| match (allowed, answer) {
        (Answer::FailsSomehow, Answer::Fails(_)) => true,
        (Answer::Ready(allowed), Answer::Ready(actual)) => {
            allowed.iter().zip(actual).all(|(allowed, actual)| allowed.is_none() || *allowed == actual)
        }
        (allowed, answer) => allowed == answer,
    })
}

/// A result as the reference speaks of it.
pub(crate) fn answer(result: &Result<Value, WsaError>, handle: u32) -> Answer {
    match result {
        Err(error) => Answer::Fails(*error),
        Ok(Value::Zero | Value::Argument(_)) => Answer::Zero,
        Ok(Value::Sent(n)) => Answer::Sent(*n),
        Ok(Value::Received(data)) => Answer::Bytes(data.len()),
        Ok(Value::Handle(_) | Value::Info(_)) => Answer::NewHandle,
        Ok(Value::Accepted(..)) => Answer::Accepted,
        Ok(Value::Startup(_)) => Answer::Started,
        Ok(Value::Option(bytes)) => {
            let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
            Answer::Linger(short(0), short(2))
        }
        Ok(Value::Selected(sets)) => {
            let has = |set: &Option<Vec<closewait::winsock::Handle>>| {
                Some(set.as_ref().is_some_and(|set| set.iter().any(|s| s.0 == handle)))
            };
            Answer::Ready([has(&sets.read), has(&sets.write), has(&sets.except)])
        }
        Ok(other) => panic!("no call of a program returns {other:?}"),
    }
}
