//! The machine under test: one host, as the learner's harness used it.
//!
//! There is a *main* socket, bound, with TCP_NODELAY and ACKs that do not wait, at most one *connection* socket (from accept, which inherits
//! the option), and at most one blocking call outstanding, on a thread of its own. No time passes.
//!
//! CLOSE and CLOSECONNECTION end the call outstanding, whichever it is. The harness killed the helper's thread just
//! before it called closesocket, and a receive that was killed so counts as pending (R5). A call on the very
//! socket that is closed is therefore left to closesocket, which sees it and cancels it (R13); any other call ends
//! with its thread first ([`Host::end_thread`]).

use super::alphabet::{Input, Output};
use super::form::Form;
use super::registers::Registers;
use crate::link::Fate;
use crate::rng::{Stream, key};
use crate::trace::{Entry, Sink, What};
use crate::world::{HostId, MTU};
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr};
use closewait::host::{Host, Output as Said};
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::stack::{self, Secret};
use closewait::time::Instant;
use closewait::winsock::{Call, Handle, HandlePolicy, Outcome, ProcessId, ThreadId, Value, consts};

/// The one instant of every word.
const NOW: Instant = Instant::START;
/// The machine, in a log.
const MACHINE: HostId = HostId(0);
/// Bytes that one RCV takes at most.
const RECEIVE: usize = 1025;
/// How far apart initial numbers lie, at least.
const APART: u32 = 1 << 24;

const fn machine_end() -> Endpoint {
    Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 20_000)
}

const fn tester_end() -> Endpoint {
    Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), 30_000)
}

/// A machine in mid-word. A copy has its original's future.
#[derive(Clone, Debug)]
pub struct Machine {
    host: Host,
    process: ProcessId,
    /// The thread that makes the calls which do not block.
    thread: ThreadId,
    /// The thread that makes those which do.
    helper: ThreadId,
    /// The socket that the helper is blocked on.
    blocked_on: Option<Handle>,
    main: Option<Handle>,
    connection: Option<Handle>,
    role: Role,
    registers: Registers,
    /// The next connection's initial number.
    iss: Seq,
    numbers: Stream,
    /// What was emitted since the last input.
    emitted: Vec<Segment>,
    /// Inputs so far.
    step: u64,
}

/// Which socket RCV and SEND mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Role {
    None,
    Server,
    Client,
}

impl Machine {
    /// A machine before any input: a socket made and bound.
    ///
    /// # Panics
    /// If a host that was just made refuses a socket.
    #[must_use]
    pub fn new(profile: &Profile, seed: u64) -> Self {
        let mut host = Host::new(profile.clone(), Secret(key(seed, "words machine")));
        host.add_address(machine_end().ip, MTU);
        let process = host.create_process(HandlePolicy::Never);
        let [thread, helper] = [(); 2].map(|()| host.create_thread(process));
        let (family, kind, protocol) = (consts::AF_INET, consts::SOCK_STREAM, consts::IPPROTO_TCP);
        let mut call = |call| match host.call(NOW, thread, call) {
            Outcome::Returned(returned) => returned.result.expect("nothing stands in the way"),
            Outcome::Blocked => unreachable!("none of these waits"),
        };
        call(Call::startup(0x202));
        let Value::Handle(s) = call(Call::Socket { family, kind, protocol }) else {
            unreachable!("socket returns a handle")
        };
        call(Call::bind(s, machine_end()));
        let on = Some(Bytes::from_static(&[1, 0, 0, 0]));
        call(Call::Setsockopt { s, level: consts::IPPROTO_TCP, name: consts::TCP_NODELAY, value: on });
        // The model was learned so: no ACK waits.
        let one = Some(Bytes::from_static(&[1, 0, 0, 0]));
        call(Call::WsaIoctl { s, code: consts::SIO_TCP_SET_ACK_FREQUENCY, input: one });
        let mut machine = Self {
            host,
            process,
            thread,
            helper,
            blocked_on: None,
            main: Some(s),
            connection: None,
            role: Role::None,
            registers: Registers::new(seed),
            iss: Seq(APART),
            numbers: Stream::new(seed, "words initial numbers"),
            emitted: Vec::new(),
            step: 0,
        };
        machine.next_iss();
        machine
    }

    /// The host under test, to look at.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// What the machine is between inputs, for exploration.
    #[must_use]
    pub fn form(&self) -> Form {
        let Self {
            host,
            process: _,
            thread,
            helper,
            blocked_on,
            main,
            connection,
            role,
            registers,
            // What is drawn next.
            iss: _,
            numbers: _,
            // Empty between inputs.
            emitted: _,
            step: _,
        } = self;
        Form {
            host: host.abstracted(NOW),
            role: *role,
            sockets: (main.is_some(), connection.is_some()),
            blocked: blocked_on.map(|s| Some(s) == *main),
            helper_first: helper < thread,
            known: registers.form(host.origins(machine_end(), tester_end())),
        }
    }

    /// Does one input, and tells what the machine emitted.
    pub fn input(&mut self, input: Input, sink: &mut dyn Sink) -> Output {
        self.host.preset_iss(self.iss);
        match input {
            Input::Listen => {
                self.role = Role::Server;
                if let Some(s) = self.main {
                    self.call(Call::Listen { s, backlog: 1 }, sink);
                }
            }
            Input::Connect => {
                self.role = Role::Client;
                if let Some(s) = self.main.filter(|_| self.connection.is_none()) {
                    self.block(s, Call::connect(s, tester_end()), sink);
                }
            }
            Input::Accept => {
                if let Some(s) = self.main.filter(|_| self.connection.is_none()) {
                    self.block(s, Call::accept(s), sink);
                }
            }
            Input::Receive => {
                if let Some(s) = self.data_socket() {
                    self.block(s, Call::recv(s, RECEIVE), sink);
                }
            }
            Input::Send => {
                if let Some(s) = self.data_socket() {
                    self.call(Call::send(s, Bytes::from_static(b"x")), sink);
                }
            }
            Input::Close => {
                let s = self.main.take();
                self.close(s, sink);
            }
            Input::CloseConnection => {
                let s = self.connection.take();
                self.close(s, sink);
            }
            Input::Segment { flags, len } => self.deliver(flags, len, sink),
        }
        self.host.advance(NOW);
        self.drain(sink);
        self.step += 1;
        let output = self.registers.hear(input, &self.emitted);
        if self.emitted.iter().any(|s| s.syn() && s.seq == self.iss) {
            self.next_iss();
        }
        self.emitted.clear();
        output
    }

    /// The socket that RCV and SEND mean.
    fn data_socket(&self) -> Option<Handle> {
        match self.role {
            Role::None => None,
            Role::Server => self.connection,
            Role::Client => self.main,
        }
    }

    /// A call that may block, unless one is outstanding.
    fn block(&mut self, s: Handle, call: Call, sink: &mut dyn Sink) {
        if self.blocked_on.is_none() && self.make(self.helper, call, sink) == Made::Blocked {
            self.blocked_on = Some(s);
        }
    }

    /// A call that should not block. A send does once SO_SNDBUF is full; it is given up with its thread.
    fn call(&mut self, call: Call, sink: &mut dyn Sink) {
        if self.make(self.thread, call, sink) == Made::Blocked {
            self.host.end_thread(NOW, self.thread);
            self.thread = self.host.create_thread(self.process);
        }
    }

    /// Ends the call outstanding and closes the socket, if there is one.
    fn close(&mut self, s: Option<Handle>, sink: &mut dyn Sink) {
        if self.blocked_on.is_some() && self.blocked_on != s {
            self.host.end_thread(NOW, self.helper);
            self.helper = self.host.create_thread(self.process);
            self.blocked_on = None;
        }
        if let Some(s) = s {
            self.call(Call::Closesocket { s }, sink);
        }
    }

    fn deliver(&mut self, flags: Flags, len: u16, sink: &mut dyn Sink) {
        let text = Bytes::from_static(&[b'x'; 1460]).slice(..usize::from(len).min(1460));
        let segment = self.registers.segment(flags, text);
        let packet = Packet { src: tester_end(), dst: machine_end(), segment };
        self.record(sink, || What::Received { packet: packet.clone() });
        self.host.deliver(NOW, packet);
        self.drain(sink);
    }

    fn make(&mut self, thread: ThreadId, call: Call, sink: &mut dyn Sink) -> Made {
        self.record(sink, || What::Call { thread, call: call.clone() });
        match self.host.call(NOW, thread, call) {
            Outcome::Returned(returned) => {
                self.drain(sink);
                self.settle(&returned.result);
                self.record(sink, || What::Returned { thread, returned, blocked: false });
                Made::Returned
            }
            Outcome::Blocked => {
                self.drain(sink);
                self.record(sink, || What::Blocked { thread });
                Made::Blocked
            }
        }
    }

    /// accept makes the connection socket.
    fn settle(&mut self, result: &closewait::winsock::CallResult) {
        if let Ok(Value::Accepted(s, _)) = result {
            self.connection = Some(*s);
        }
    }

    fn drain(&mut self, sink: &mut dyn Sink) {
        while let Some(said) = self.host.poll_output() {
            match said {
                Said::Stack(stack::Output::Transmit { packet, rule }) => {
                    self.emitted.push(packet.segment.clone());
                    self.record_sent(packet, rule, sink);
                }
                Said::Stack(output) => {
                    if sink.enabled()
                        && let Some(what) = What::from_stack(&output)
                    {
                        self.record(sink, || what);
                    }
                }
                Said::Told(told) => self.record(sink, || What::Told(told)),
                Said::Returned { thread, returned } => {
                    self.settle(&returned.result);
                    if thread == self.helper {
                        self.blocked_on = None;
                    }
                    self.record(sink, || What::Returned { thread, returned, blocked: true });
                }
            }
        }
    }

    fn record_sent(&self, packet: Packet, rule: Rule, sink: &mut dyn Sink) {
        self.record(sink, || What::Sent { packet, rule, fate: Fate::Arrives(NOW) });
    }

    fn record(&self, sink: &mut dyn Sink, what: impl FnOnce() -> What) {
        if sink.enabled() {
            sink.record(Entry { at: NOW, step: self.step, host: Some(MACHINE), what: what() });
        }
    }

    /// The next connection's initial number: past the last one's, and far from the tester's and from 0.
    fn next_iss(&mut self) {
        // Twice, for the tester's next numbers lie above its last.
        let close = |a: Seq, b: Seq| (a - b).min(b - a) < 2 * APART;
        self.iss += APART + self.numbers.below(APART);
        while close(self.iss, self.registers.near()) || close(self.iss, Seq(0)) {
            self.iss += APART;
        }
    }
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Returned,
    Blocked,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Log;

    /// A hundred connections of one word: 4,950 pairs of initial numbers, and each against the tester's.
    #[test]
    fn initial_numbers_lie_far_apart() {
        let mut machine = Machine::new(&Profile::WIN8_CAV2016, 3);
        let mut log = Log::default();
        let word = "SYN(V,V,0) RST(V,V,0) ".repeat(100);
        for name in ["LISTEN"].into_iter().chain(word.split_whitespace()) {
            machine.input(name.parse().expect("an input"), &mut log);
        }
        let (mut ours, mut theirs) = (Vec::new(), vec![Seq(0)]);
        for entry in log.entries() {
            if let What::Sent { packet, .. } = &entry.what {
                ours.push(packet.segment.seq);
            } else if let What::Received { packet } = &entry.what {
                theirs.push(packet.segment.seq);
            }
        }
        assert_eq!(ours.len(), 100, "each SYN is answered");
        for (i, &a) in ours.iter().enumerate() {
            for &b in ours[..i].iter().chain(&theirs) {
                assert!((a - b).min(b - a) >= APART, "{a:?} and {b:?}");
            }
        }
    }
}
