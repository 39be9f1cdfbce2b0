//! Programs: which calls which threads make, and what the network is like meanwhile.
//!
//! A descriptor has a name in the program, an [`Id`]. What it stands for is found when the program runs; a name whose
//! call failed, or has not returned, stands for no socket. So a program keeps its meaning when calls are taken out.

use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

/// The name of a descriptor in a program.
pub(crate) type Id = u32;

/// Threads of a program: two of each process, two processes of each host.
pub(crate) const THREADS: usize = 8;
/// Processes of a world.
pub(crate) const PROCESSES: usize = 4;

/// The process of a thread. Behind the program's threads stands one more for each process, which cleans up.
pub(crate) const fn process_of(thread: usize) -> usize {
    if thread < THREADS { thread / 2 } else { thread - THREADS }
}

/// The host of a process.
pub(crate) const fn host_of(process: usize) -> usize {
    process / 2
}

/// A call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Startup,
    Cleanup,
    Socket {
        new: Id,
    },
    Bind {
        s: Id,
        port: u16,
    },
    Listen {
        s: Id,
    },
    Accept {
        s: Id,
        new: Id,
    },
    Connect {
        s: Id,
        host: usize,
        port: u16,
    },
    Send {
        s: Id,
        len: usize,
    },
    Recv {
        s: Id,
        len: usize,
    },
    Shutdown {
        s: Id,
        how: i32,
    },
    Close {
        s: Id,
    },
    SetLinger {
        s: Id,
        onoff: u16,
        seconds: u16,
    },
    DontLinger {
        s: Id,
        yes: bool,
    },
    GetLinger {
        s: Id,
    },
    Nonblocking {
        s: Id,
        yes: bool,
    },
    Select {
        s: Id,
    },
    /// WSADuplicateSocket, and WSASocket by another thread of the host.
    Duplicate {
        s: Id,
        by: usize,
        new: Id,
    },
    DuplicateHandle {
        s: Id,
        new: Id,
    },
}

/// One step of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// A thread makes a call. One that is blocked makes none.
    Call(usize, Op),
    /// So many milliseconds pass.
    Pass(u64),
}

impl Op {
    /// The descriptor that it is about.
    pub(crate) const fn s(self) -> Option<Id> {
        match self {
            Self::Startup | Self::Cleanup | Self::Socket { .. } => None,
            Self::Bind { s, .. }
            | Self::Listen { s }
            | Self::Accept { s, .. }
            | Self::Connect { s, .. }
            | Self::Send { s, .. }
            | Self::Recv { s, .. }
            | Self::Shutdown { s, .. }
            | Self::Close { s }
            | Self::SetLinger { s, .. }
            | Self::DontLinger { s, .. }
            | Self::GetLinger { s }
            | Self::Nonblocking { s, .. }
            | Self::Select { s }
            | Self::Duplicate { s, .. }
            | Self::DuplicateHandle { s, .. } => Some(s),
        }
    }

    /// The descriptor that it makes, and for which process.
    const fn makes(self, thread: usize) -> Option<(Id, usize)> {
        match self {
            Self::Socket { new } | Self::Accept { new, .. } | Self::DuplicateHandle { new, .. } => {
                Some((new, process_of(thread)))
            }
            Self::Duplicate { by, new, .. } => Some((new, process_of(by))),
            Self::Startup
            | Self::Cleanup
            | Self::Bind { .. }
            | Self::Listen { .. }
            | Self::Connect { .. }
            | Self::Send { .. }
            | Self::Recv { .. }
            | Self::Shutdown { .. }
            | Self::Close { .. }
            | Self::SetLinger { .. }
            | Self::DontLinger { .. }
            | Self::GetLinger { .. }
            | Self::Nonblocking { .. }
            | Self::Select { .. } => None,
        }
    }
}

/// What is settled before a program begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Setup {
    /// WINDOWS or DOCUMENTED.
    pub(crate) windows: bool,
    /// Connections that are there when the program begins.
    pub(crate) ready: u32,
    /// One more connection waits for accept; its client's end is [`WAITING`], of process 1.
    pub(crate) waiting: bool,
    /// The listener is nonblocking, so what it accepts is (WF-2.39).
    pub(crate) nonblocking: bool,
    /// Closed handles' values are handed out again.
    pub(crate) reuse: bool,
    /// What is there is read before the end.
    pub(crate) drain: bool,
    pub(crate) seed: u64,
    /// One way, in milliseconds; and up to so much more.
    pub(crate) delay: u64,
    pub(crate) jitter: u64,
    /// In a hundred.
    pub(crate) loss: u32,
    pub(crate) reorder: u32,
    pub(crate) duplicate: u32,
}

/// A descriptor, as far as a program can know without running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Draft {
    id: Id,
    process: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Plain,
    Bound,
    Listener,
    Stream,
    Closed,
}

/// What a program has done so far: which names there are. It guides what comes next; it judges nothing.
#[derive(Clone, Debug)]
pub(crate) struct Guide {
    pub(crate) setup: Setup,
    drafts: Vec<Draft>,
    next: Id,
    /// What the last call was about: the next one often is about the same.
    last: Option<Id>,
}

/// The names of what is there when the program begins: the listener, then each connection's two ends.
pub(crate) const LISTENER: Id = 0;
pub(crate) const WAITING: Id = 9;
pub(crate) const PORTS: [u16; 2] = [80, 81];

/// The thread that has the client's end, its name; the thread that has the server's end, its name.
pub(crate) const fn ready(n: u32) -> [(usize, Id); 2] {
    let process = (n % 2) as usize;
    [(process * 2, 1 + 2 * n), (4, 2 + 2 * n)]
}

impl Guide {
    fn new(setup: Setup) -> Self {
        let mut drafts = Vec::new();
        if setup.ready > 0 {
            drafts.push(Draft { id: LISTENER, process: 2, kind: Kind::Listener });
            for (thread, id) in (0..setup.ready).flat_map(ready) {
                drafts.push(Draft { id, process: process_of(thread), kind: Kind::Stream });
            }
            if setup.waiting {
                drafts.push(Draft { id: WAITING, process: 1, kind: Kind::Stream });
            }
        }
        Self { setup, drafts, next: 10, last: None }
    }

    fn draft(&mut self, id: Id) -> Option<&mut Draft> {
        self.drafts.iter_mut().find(|draft| draft.id == id)
    }

    fn follow(&mut self, step: Step) {
        let Step::Call(thread, op) = step else { return };
        self.last = op.s().or(self.last);
        if let Some((id, process)) = op.makes(thread) {
            let kind = if let Op::Duplicate { s, .. } | Op::DuplicateHandle { s, .. } = op {
                self.draft(s).map_or(Kind::Plain, |draft| draft.kind)
            } else if matches!(op, Op::Accept { .. }) {
                Kind::Stream
            } else {
                Kind::Plain
            };
            self.drafts.push(Draft { id, process, kind });
            self.next = self.next.max(id + 1);
        }
        let kinds = [
            (matches!(op, Op::Bind { .. }), Kind::Bound),
            (matches!(op, Op::Listen { .. }), Kind::Listener),
            (matches!(op, Op::Connect { .. }), Kind::Stream),
            (matches!(op, Op::Close { .. }), Kind::Closed),
        ];
        let Some((_, kind)) = kinds.into_iter().find(|(is, _)| *is) else { return };
        if let Some(draft) = op.s().and_then(|s| self.draft(s)) {
            draft.kind = kind;
        }
    }

    /// What a thread may call.
    fn calls(&self, thread: usize) -> BoxedStrategy<Step> {
        let new = self.next;
        let of = |kinds: &[Kind]| -> Vec<Id> {
            let own = self.drafts.iter().filter(|d| d.process == process_of(thread));
            own.filter(|d| kinds.contains(&d.kind)).map(|d| d.id).collect()
        };
        let mut ops: Vec<(u32, BoxedStrategy<Op>)> = vec![
            (1, Just(Op::Startup).boxed()),
            (2, Just(Op::Cleanup).boxed()),
            (4, Just(Op::Socket { new }).boxed()),
        ];
        let all = of(&[Kind::Plain, Kind::Bound, Kind::Listener, Kind::Stream]);
        let closed = of(&[Kind::Closed]);
        if !all.is_empty() {
            ops.push((20, any_socket(&all, new, process_of(thread))));
        }
        if !closed.is_empty() {
            ops.push((2, any_socket(&closed, new, process_of(thread))));
        }
        let plain = of(&[Kind::Plain]);
        if !plain.is_empty() {
            ops.push((6, opening(plain.clone(), thread)));
            ops.push((8, connecting(plain, thread)));
        }
        let bound = of(&[Kind::Bound]);
        if !bound.is_empty() {
            ops.push((10, select(bound).prop_map(|s| Op::Listen { s }).boxed()));
        }
        let listeners = of(&[Kind::Listener]);
        if !listeners.is_empty() {
            ops.push((10, listening(&listeners, new)));
        }
        let streams = of(&[Kind::Stream]);
        if !streams.is_empty() {
            ops.push((45, streaming(&streams)));
        }
        proptest::strategy::Union::new_weighted(ops).prop_map(move |op| Step::Call(thread, op)).boxed()
    }
}

fn opening(ids: Vec<Id>, thread: usize) -> BoxedStrategy<Op> {
    let own = 5000 + u16::try_from(thread).expect("few threads");
    (select(ids), select(vec![PORTS[0], PORTS[0], PORTS[1], own]))
        .prop_map(|(s, port)| Op::Bind { s, port })
        .boxed()
}

fn connecting(ids: Vec<Id>, thread: usize) -> BoxedStrategy<Op> {
    let other = 1 - host_of(process_of(thread));
    (select(ids), prop_oneof![5 => Just(other), 1 => Just(1 - other)], select(&[80, 80, 80, 81][..]))
        .prop_map(|(s, host, port)| Op::Connect { s, host, port })
        .boxed()
}

fn listening(ids: &[Id], new: Id) -> BoxedStrategy<Op> {
    let s = || select(ids.to_vec());
    prop_oneof![
        6 => s().prop_map(move |s| Op::Accept { s, new }),
        1 => s().prop_map(|s| Op::Nonblocking { s, yes: true }),
        1 => s().prop_map(|s| Op::SetLinger { s, onoff: 1, seconds: 1 }),
    ]
    .boxed()
}

fn any_socket(ids: &[Id], new: Id, process: usize) -> BoxedStrategy<Op> {
    let host = host_of(process);
    let s = || select(ids.to_vec());
    prop_oneof![
        8 => s().prop_map(|s| Op::Close { s }),
        5 => s().prop_map(|s| Op::GetLinger { s }),
        3 => s().prop_map(|s| Op::Select { s }),
        5 => s().prop_map(move |s| Op::DuplicateHandle { s, new }),
        5 => (s(), 0..4_usize).prop_map(move |(s, by)| Op::Duplicate { s, by: host * 4 + by, new }),
        5 => (s(), any::<bool>()).prop_map(|(s, yes)| Op::Nonblocking { s, yes }),
        5 => (s(), any::<bool>()).prop_map(|(s, yes)| Op::DontLinger { s, yes }),
        6 => (s(), select(&[1, 1, 1, 0, 256][..]), select(&[0, 1, 1, 5][..]))
            .prop_map(|(s, onoff, seconds)| Op::SetLinger { s, onoff, seconds }),
        1 => s().prop_map(|s| Op::Send { s, len: 1 }),
        1 => s().prop_map(|s| Op::Recv { s, len: 1 }),
        1 => s().prop_map(|s| Op::Shutdown { s, how: 1 }),
        1 => s().prop_map(|s| Op::Listen { s }),
        1 => s().prop_map(|s| Op::Bind { s, port: 82 }),
        1 => s().prop_map(move |s| Op::Accept { s, new }),
    ]
    .boxed()
}

fn streaming(ids: &[Id]) -> BoxedStrategy<Op> {
    let s = || select(ids.to_vec());
    prop_oneof![
        8 => (s(), select(&[1, 100, 5000, 70_000, 200_000, 200_000][..])).prop_map(|(s, len)| Op::Send { s, len }),
        8 => (s(), select(&[1, 100, 5000, 1_000_000][..])).prop_map(|(s, len)| Op::Recv { s, len }),
        3 => (s(), prop_oneof![1 => Just(0), 4 => Just(1), 2 => Just(2), 1 => Just(3)])
            .prop_map(|(s, how)| Op::Shutdown { s, how }),
        7 => (s(), select(&[0, 1, 2][..])).prop_map(|(s, seconds)| Op::SetLinger { s, onoff: 1, seconds }),
        2 => (s(), any::<bool>()).prop_map(|(s, yes)| Op::DontLinger { s, yes }),
        2 => s().prop_map(|s| Op::GetLinger { s }),
        3 => s().prop_map(|s| Op::Nonblocking { s, yes: true }),
        4 => s().prop_map(|s| Op::Close { s }),
    ]
    .boxed()
}

fn setups() -> impl Strategy<Value = Setup> {
    let percent = || prop_oneof![2 => Just(0_u32), 1 => 1..20_u32];
    let link = (select(&[10, 1, 50][..]), select(&[0, 0, 5, 30][..]), percent(), percent(), percent());
    (
        any::<bool>(),
        prop_oneof![1 => Just(1), 2 => Just(2), 1 => Just(0)],
        any::<[bool; 4]>(),
        0..1000_u64,
        link,
    )
        .prop_map(
            |(
                windows,
                ready,
                [reuse, drain, waiting, nonblocking],
                seed,
                (delay, jitter, loss, reorder, duplicate),
            )| {
                Setup {
                    windows,
                    ready,
                    waiting,
                    nonblocking,
                    reuse,
                    drain,
                    seed,
                    delay,
                    jitter,
                    loss,
                    reorder,
                    duplicate,
                }
            },
        )
}

/// The strategy of programs.
#[derive(Debug)]
pub(crate) struct Programs;

impl ReferenceStateMachine for Programs {
    type State = Guide;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Guide> {
        setups().prop_map(Guide::new).boxed()
    }

    fn transitions(guide: &Guide) -> BoxedStrategy<Step> {
        // Threads that have a connection to work on call more often.
        let streams = guide.drafts.iter().filter(|draft| draft.kind == Kind::Stream);
        let busy: Vec<usize> = streams.flat_map(|draft| [2 * draft.process, 2 * draft.process + 1]).collect();
        let threads: Vec<usize> = (0..THREADS).chain(busy.repeat(2)).collect();
        let last =
            guide.drafts.iter().find(|draft| Some(draft.id) == guide.last && draft.kind == Kind::Stream);
        let more = last.map(|draft| {
            let thread = 2 * draft.process..2 * draft.process + 2;
            (thread, streaming(&[draft.id])).prop_map(|(thread, op)| Step::Call(thread, op)).boxed()
        });
        let guide = guide.clone();
        let call = select(threads).prop_flat_map(move |thread| guide.calls(thread)).boxed();
        let pass = select(&[0, 5, 30, 100, 300, 1000, 3000][..]).prop_map(Step::Pass).boxed();
        prop_oneof![1 => pass, 4 => call.clone(), 3 => more.unwrap_or(call)].boxed()
    }

    fn preconditions(guide: &Guide, step: &Step) -> bool {
        let Step::Call(thread, op) = *step else { return true };
        let here = |id| guide.drafts.iter().find(|draft| draft.id == id);
        let named = op.s().is_none_or(|s| here(s).is_some_and(|draft| draft.process == process_of(thread)));
        named && op.makes(thread).is_none_or(|(new, _)| here(new).is_none())
    }

    fn apply(mut guide: Guide, step: &Step) -> Guide {
        guide.follow(*step);
        guide
    }
}
