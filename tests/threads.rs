//! Threads that end while they are blocked: R33, R54, and what becomes of the sockets.

use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr};
use closewait::host::{Host, Output};
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::stack::{self, Secret};
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait::winsock::{
    Call, CallResult, Handle, HandlePolicy, Outcome, ProcessId, ThreadId, Value, WsaError, consts,
};

const ISS: Seq = Seq(1_000_000);
const IRS: Seq = Seq(5_000);

/// A host with one process of two threads, and its wire.
struct Lone {
    host: Host,
    now: Instant,
    process: ProcessId,
    main: ThreadId,
    helper: ThreadId,
    s: Handle,
    sent: Vec<Segment>,
    returned: Vec<(ThreadId, CallResult)>,
}

fn end(n: u8) -> Endpoint {
    Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, n)), 5_000)
}

impl Lone {
    fn new() -> Self {
        let mut host = Host::new(Profile::WINDOWS, Secret([1; 16]));
        host.add_address(end(1).ip, 1500);
        let process = host.create_process(HandlePolicy::Never);
        let [main, helper] = [(); 2].map(|()| host.create_thread(process));
        let (now, s) = (Instant::START, Handle::INVALID_SOCKET);
        let (sent, returned) = (Vec::new(), Vec::new());
        let mut lone = Self { host, now, process, main, helper, s, sent, returned };
        lone.ok(Call::startup(0x202));
        let (family, kind, protocol) = (consts::AF_INET, consts::SOCK_STREAM, consts::IPPROTO_TCP);
        let Value::Handle(s) = lone.ok(Call::Socket { family, kind, protocol }) else { panic!("a socket") };
        lone.s = s;
        lone.ok(Call::bind(s, end(1)));
        lone.host.preset_iss(ISS);
        lone
    }

    /// The helper is blocked in connect, or was: the handshake is complete.
    fn connecting() -> Self {
        let mut lone = Self::new();
        lone.blocks(Call::connect(lone.s, end(2)));
        assert_eq!(lone.wire(), [(Flags::SYN, ISS, Seq(0))], "the number that was said");
        lone
    }

    fn connected() -> Self {
        let mut lone = Self::connecting();
        lone.syn_ack();
        assert_eq!(lone.returned, [(lone.helper, Ok(Value::Zero))]);
        lone.returned.clear();
        lone
    }

    fn syn_ack(&mut self) {
        self.deliver(Flags::SYN | Flags::ACK, IRS, ISS + 1);
        assert_eq!(self.wire(), [(Flags::ACK, ISS + 1, IRS + 1)]);
    }

    fn call(&mut self, thread: ThreadId, call: Call) -> Outcome {
        let outcome = self.host.call(self.now, thread, call);
        self.drain();
        outcome
    }

    fn ok(&mut self, call: Call) -> Value {
        match self.call(self.main, call) {
            Outcome::Returned(returned) => returned.result.expect("it succeeds"),
            Outcome::Blocked => panic!("it does not wait"),
        }
    }

    fn blocks(&mut self, call: Call) {
        assert_eq!(self.call(self.helper, call), Outcome::Blocked);
    }

    fn end_helper(&mut self) {
        self.host.end_thread(self.now, self.helper);
        self.drain();
        assert_eq!(self.returned, [], "what a thread that ended waits for does not return");
    }

    fn deliver(&mut self, flags: Flags, seq: Seq, ack: Seq) {
        let segment = Segment { wnd: 8192, ..Segment::control(flags, seq, ack) };
        self.host.deliver(self.now, Packet { src: end(2), dst: end(1), segment });
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.host.poll_output() {
            match output {
                Output::Stack(stack::Output::Transmit { packet, .. }) => self.sent.push(packet.segment),
                Output::Stack(_) | Output::Told(_) => {}
                Output::Returned { thread, returned } => self.returned.push((thread, returned.result)),
            }
        }
        self.host.assert_invariants();
    }

    /// Flags and numbers of what left since the last look.
    fn wire(&mut self) -> Vec<(Flags, Seq, Seq)> {
        std::mem::take(&mut self.sent).iter().map(|s| (s.flags, s.seq, s.ack)).collect()
    }

    fn state(&self) -> Option<StateName> {
        self.host.netstat().connections.first().map(|(row, _)| row.state)
    }
}

/// R54: connect goes on without the thread that called it; another sees it done.
///
/// Mutation: the attempt ends with the thread.
#[test]
fn a_connect_outlives_its_thread() {
    let mut lone = Lone::connecting();
    lone.end_helper();
    assert_eq!(lone.state(), Some(StateName::SynSent));
    lone.syn_ack();
    assert_eq!(lone.ok(Call::send(lone.s, Bytes::from_static(b"x"))), Value::Sent(1));
    assert_eq!(lone.returned, []);
}

/// A receive that ended with its thread is not pending: the close is graceful (R5). The twin: it is.
///
/// Mutation: a socket remembers who waited for it.
#[test]
fn a_receive_ends_with_its_thread() {
    let (fin, rst) = (Flags::FIN | Flags::ACK, Flags::RST | Flags::ACK);
    for (ended, flags) in [(true, fin), (false, rst)] {
        let mut lone = Lone::connected();
        lone.blocks(Call::recv(lone.s, 10));
        if ended {
            lone.end_helper();
        }
        lone.ok(Call::Closesocket { s: lone.s });
        assert_eq!(lone.wire(), [(flags, ISS + 1, IRS + 1)]);
        let cancelled = [(lone.helper, Err(WsaError::Intr))];
        assert_eq!(lone.returned, if ended { &[][..] } else { &cancelled[..] });
    }
}

/// WF-4.7: SD_RECEIVE takes effect once no receive is pending; one whose thread ended is not.
///
/// Mutation: it goes on waiting.
#[test]
fn shutdown_takes_effect_when_the_receiving_thread_ends() {
    let mut lone = Lone::connected();
    lone.blocks(Call::recv(lone.s, 10));
    lone.ok(Call::Shutdown { s: lone.s, how: consts::SD_RECEIVE });
    lone.end_helper();
    let text = Segment {
        payload: Bytes::from_static(b"x"),
        wnd: 8192,
        ..Segment::control(Flags::ACK, IRS + 1, ISS + 1)
    };
    lone.host.deliver(lone.now, Packet { src: end(2), dst: end(1), segment: text });
    lone.drain();
    assert_eq!(lone.wire(), [(Flags::RST | Flags::ACK, ISS + 1, IRS + 1)], "WF-4.8");
}

/// R33: a lingering close ends with its thread; the connection keeps the deadline, then RST.
///
/// Mutation: the deadline is lifted with the call.
#[test]
fn a_lingering_close_ends_with_its_thread() {
    let mut lone = Lone::connected();
    let linger = Bytes::from_static(&[1, 0, 2, 0]);
    lone.ok(Call::Setsockopt {
        s: lone.s,
        level: consts::SOL_SOCKET,
        name: consts::SO_LINGER,
        value: Some(linger),
    });
    lone.ok(Call::send(lone.s, Bytes::from_static(b"xyz")));
    lone.blocks(Call::Closesocket { s: lone.s });
    lone.end_helper();
    assert_eq!(lone.host.leaks(), []);
    lone.wire();
    let expires = lone.now + Duration::from_secs(2);
    while let Some(at) = lone.host.next_deadline().filter(|&at| at <= expires) {
        assert!(at <= expires && lone.state() == Some(StateName::FinWait1), "at {at}");
        lone.now = at;
        lone.host.advance(at);
        lone.drain();
    }
    assert_eq!((lone.now, lone.state()), (expires, None));
    let last = lone.wire().pop().expect("something left");
    assert_eq!(last, (Flags::RST | Flags::ACK, ISS + 5, IRS + 1), "after the text and the FIN");
}

/// A thread that has ended makes no calls, and ends once; others go on.
///
/// Mutation: a thread that ended can call.
#[test]
fn a_thread_that_ended_makes_no_calls() {
    let mut lone = Lone::new();
    lone.end_helper();
    lone.end_helper();
    let Outcome::Returned(returned) = lone.call(lone.helper, Call::Listen { s: lone.s, backlog: 1 }) else {
        panic!("it returns")
    };
    assert_eq!(returned.result, Err(WsaError::NotInitialised));
    lone.helper = lone.host.create_thread(lone.process);
    assert_ne!(lone.helper, lone.main);
    lone.ok(Call::Listen { s: lone.s, backlog: 1 });
    lone.blocks(Call::accept(lone.s));
}
