//! The machine under test: a world that runs a program, beside the reference that judges it. What is checked, after
//! every call and every event:
//!
//! - a call returns what the reference allows, waits where it has to, and returns no later than it must;
//! - a close that is not the last sends nothing, a hard one sends a RST, WSAEWOULDBLOCK initiates nothing;
//! - nobody sends a RST without cause;
//! - what is received is what was sent, in order; the end of the stream comes after all of it;
//! - the world's invariants.
//!
//! At the end every socket is closed, and the world comes to rest.

mod checks;

use super::network::{Left, Network};
use super::program::{
    Guide, Id, LISTENER, Op, PORTS, PROCESSES, Programs, Setup, Step, THREADS, WAITING, host_of, process_of,
    ready,
};
use super::reference::rules::{Rules, Wrong};
use super::reference::{Answer, Asked, Reference, SocketId, allows, answer};
use super::situations::{count, note_answer, note_close};
use checks::{judge_close, text};
use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::time::Duration;
use closewait::winsock::{Call, FdSets, Handle, HandlePolicy, Outcome, Timeval, WsaError, consts::*};
use closewait_sim::link::Probability;
use closewait_sim::world::Process;
use closewait_sim::{LinkConfig, Log, Thread, World};
use proptest_state_machine::StateMachineTest;
use std::cell::Cell;
use std::collections::BTreeMap;

thread_local! {
    /// What is wrong with the reference of the programs that this thread runs.
    static WRONG: Cell<Option<Wrong>> = const { Cell::new(None) };
}

/// From here on the reference is wrong, or right again.
pub(crate) fn set_wrong(wrong: Option<Wrong>) {
    WRONG.set(wrong);
}

/// No handle has this value.
const NO_HANDLE: u32 = 0xdead_0000;

/// The world and the reference.
pub(crate) struct Machine {
    setup: Setup,
    world: World,
    log: Log,
    read: usize,
    threads: Vec<Thread>,
    processes: Vec<Process>,
    reference: Reference,
    network: Network,
    /// The values of the handles that names stand for.
    handles: BTreeMap<Id, u32>,
    /// Calls made so far.
    serial: usize,
}

impl Machine {
    fn new(setup: Setup) -> Self {
        let profile = if setup.windows { Profile::WINDOWS } else { Profile::DOCUMENTED };
        let mut world = World::new(setup.seed);
        let hosts = ["left", "right"].map(|name| world.add_host(name, profile.clone()));
        let link = world.add_link(hosts[0], hosts[1], LinkConfig::default());
        let policy = if setup.reuse { HandlePolicy::LowestFree } else { HandlePolicy::Never };
        let spawned: Vec<_> =
            (0..PROCESSES).map(|p| world.spawn_process_with(hosts[host_of(p)], policy)).collect();
        let processes: Vec<Process> = spawned.iter().map(|(process, _)| *process).collect();
        // Two threads of each process, then one more of each.
        let mut threads: Vec<Thread> =
            (0..THREADS).map(|t| world.spawn_thread(processes[process_of(t)])).collect();
        threads.extend(spawned.iter().map(|(_, thread)| *thread));
        let rules = Rules { windows: setup.windows, wrong: WRONG.get() };
        let mut machine = Self {
            setup,
            world,
            log: Log::default(),
            read: 0,
            threads,
            processes,
            reference: Reference::new(rules),
            network: Network::default(),
            handles: BTreeMap::new(),
            serial: 0,
        };
        for process in 0..PROCESSES {
            machine.call(THREADS + process, Op::Startup);
        }
        machine.connect_ready();
        machine.world.set_link(link, faulty(&setup));
        count(true);
        machine
    }

    /// The connections that are there when the program begins.
    fn connect_ready(&mut self) {
        if self.setup.ready == 0 {
            return;
        }
        self.call(4, Op::Socket { new: LISTENER });
        self.call(4, Op::Bind { s: LISTENER, port: PORTS[0] });
        self.call(4, Op::Listen { s: LISTENER });
        self.call(4, Op::Nonblocking { s: LISTENER, yes: self.setup.nonblocking });
        for [(client, s), (server, new)] in (0..self.setup.ready).map(ready) {
            self.call(client, Op::Socket { new: s });
            self.call(client, Op::Connect { s, host: 1, port: PORTS[0] });
            self.pass(100);
            self.call(server, Op::Accept { s: LISTENER, new });
        }
        if self.setup.waiting {
            self.call(2, Op::Socket { new: WAITING });
            self.call(2, Op::Connect { s: WAITING, host: 1, port: PORTS[0] });
            self.pass(100);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Call(thread, op) => self.call(thread, op),
            Step::Pass(ms) => self.pass(ms),
        }
    }

    // Time.

    fn pass(&mut self, ms: u64) {
        let until = self.world.now() + Duration::from_millis(ms);
        while self.world.next_event().is_some_and(|at| at <= until) {
            self.event();
        }
        self.world.advance_to(until);
        self.judge_waiting();
    }

    fn event(&mut self) {
        self.world.step(&mut self.log).expect("time does not end");
        let left = self.look();
        self.judge_resets(&left);
        self.take_returns(Vec::new());
    }

    // Calls.

    /// A thread makes a call, unless it is blocked.
    fn call(&mut self, thread: usize, op: Op) {
        if !self.can_call(thread, op) {
            return;
        }
        self.serial += 1;
        let handle = op.s().and_then(|s| self.handles.get(&s).copied()).unwrap_or(NO_HANDLE);
        let asked = Asked { thread, op, handle, now: self.world.now(), serial: self.serial };
        let expected = self.reference.expect(&asked, &self.network);
        let socket = self.reference.socket_of(thread, handle);
        let closing = socket.filter(|_| matches!(op, Op::Close { .. })).map(|id| {
            let closing = self.reference.closing(id, &self.network);
            note_close(closing, &self.reference, id, (process_of(thread), handle));
            closing
        });
        let outcome = self.world.call(self.threads[thread], self.call_of(&asked), &mut self.log);
        let before = self.network.clone();
        let left = self.look();
        let returned = match outcome {
            Outcome::Blocked => None,
            Outcome::Returned(returned) => Some(returned.result),
        };
        let actual = returned.as_ref().map(|result| answer(result, handle));
        let allowed = actual.map_or(expected.waits, |actual| allows(&expected.answers, actual));
        let state = socket.map(|id| &self.reference.sockets[id]);
        assert!(
            allowed,
            "{asked:?} of {state:?}: {actual:?} (none: it waits), where allowed is {expected:?}"
        );
        if let Some(actual) = actual {
            note_answer(op, actual);
        }
        let end = socket.and_then(|id| self.reference.end(id));
        let cancelled = self.reference.happened(&asked, actual, &before);
        if let Some(closing) = closing {
            judge_close(closing, &asked, &left, end.map(|end| &self.network.ends[end]));
        }
        self.opened(&asked, actual, socket, &left);
        self.judge_resets(&left);
        if let Some(Ok(value)) = &returned {
            self.take(thread, op, socket, value);
        }
        self.take_returns(cancelled);
    }

    /// One that is blocked makes no call; and what WSADuplicateSocket wrote is used at once, by a thread that can.
    fn can_call(&self, thread: usize, op: Op) -> bool {
        let free = |t: usize| !self.reference.blocked.contains_key(&t);
        let Op::Duplicate { by, .. } = op else { return free(thread) };
        free(thread) && free(by) && self.reference.processes[process_of(by)].startups > 0
    }

    /// connect sent a SYN: the socket has an end.
    fn opened(&mut self, asked: &Asked, actual: Option<Answer>, socket: Option<SocketId>, left: &Left) {
        let (Op::Connect { .. }, Some(id)) = (asked.op, socket) else { return };
        if !matches!(actual, None | Some(Answer::Fails(WsaError::WouldBlock))) {
            return;
        }
        let key = left.syns.last().expect("connect sends a SYN");
        let end = self.network.end(key).expect("the SYN is an end's");
        self.reference.connecting(id, end, key);
    }

    fn call_of(&self, asked: &Asked) -> Call {
        let s = Handle(asked.handle);
        let option =
            |name, value: Vec<u8>| Call::Setsockopt { s, level: SOL_SOCKET, name, value: Some(value.into()) };
        match asked.op {
            Op::Startup => Call::startup(0x0202),
            Op::Cleanup => Call::WsaCleanup,
            Op::Socket { .. } => Call::Socket { family: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP },
            Op::Bind { port, .. } => Call::bind(s, self.name(host_of(process_of(asked.thread)), port)),
            Op::Listen { .. } => Call::Listen { s, backlog: 5 },
            Op::Accept { .. } => Call::accept(s),
            Op::Connect { host, port, .. } => Call::connect(s, self.name(host, port)),
            Op::Send { len, .. } => Call::send(s, text(asked.serial, 0, len)),
            Op::Recv { len, .. } => Call::recv(s, len),
            Op::Shutdown { how, .. } => Call::Shutdown { s, how },
            Op::Close { .. } => Call::Closesocket { s },
            Op::SetLinger { onoff, seconds, .. } => {
                option(SO_LINGER, [onoff.to_le_bytes(), seconds.to_le_bytes()].concat())
            }
            Op::DontLinger { yes, .. } => option(SO_DONTLINGER, i32::from(yes).to_le_bytes().to_vec()),
            Op::GetLinger { .. } => Call::getsockopt(s, SOL_SOCKET, SO_LINGER, 4),
            Op::Nonblocking { yes, .. } => Call::set_nonblocking(s, yes),
            Op::Select { .. } => {
                let set = || Some(vec![s]);
                let sets = FdSets { read: set(), write: set(), except: set() };
                Call::Select { sets: Box::new(sets), timeout: Some(Timeval::from_millis(0)) }
            }
            Op::Duplicate { by, .. } => {
                let process = self.processes[process_of(by)].id.number();
                Call::WsaDuplicateSocket { s, process, info: true }
            }
            Op::DuplicateHandle { .. } => Call::DuplicateHandle { handle: s },
        }
    }

    fn name(&self, host: usize, port: u16) -> Endpoint {
        let host = self.world.hosts().nth(host).expect("two hosts");
        Endpoint::new(self.world.address(host), port)
    }
}

/// The link, once the connections that are there at the beginning are made.
fn faulty(setup: &Setup) -> LinkConfig {
    let percent = |n| Probability::percent(n).expect("at most a hundred");
    LinkConfig {
        delay: Duration::from_millis(setup.delay),
        jitter: Duration::from_millis(setup.jitter),
        loss: percent(setup.loss),
        reorder: percent(setup.reorder),
        duplicate: percent(setup.duplicate),
        ..LinkConfig::IDEAL
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Self;
    type Reference = Programs;

    fn init_test(guide: &Guide) -> Self {
        Self::new(guide.setup)
    }

    fn apply(mut machine: Self, _: &Guide, step: Step) -> Self {
        machine.step(step);
        machine
    }

    fn teardown(mut machine: Self, _: Guide) {
        machine.finish();
    }
}
