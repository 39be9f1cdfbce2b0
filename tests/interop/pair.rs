//! A closewait host and a smoltcp stack on a link of 10 ms, and a program at each end that does what a plan says.

use crate::scale;
use crate::seen::Seen;
use bytes::{Buf, Bytes};
use closewait::addr::Endpoint;
use closewait::profile::{Offer, Profile, WindowScaling};
use closewait::time::{Duration, Instant};
use closewait::winsock::{Handle, WsaError, consts};
use closewait_sim::aio::{Programs, Winsock};
use closewait_sim::peer::{self, RecvError, Smoltcp, SocketHandle, State};
use closewait_sim::world::Addresses;
use closewait_sim::{HostId, LinkConfig, Probability, Sink, World};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

/// Who calls connect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opener {
    Closewait,
    Smoltcp,
}

/// How the connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// closewait sends all, shuts down; smoltcp closes when it has seen that.
    ClosewaitFirst,
    /// smoltcp sends all, closes; closewait closes when it has seen that.
    SmoltcpFirst,
    /// Both have sent all, and close at one instant.
    Both,
    /// closewait reads a little and closes hard.
    ClosewaitResets,
    /// smoltcp reads a little and aborts.
    SmoltcpResets,
}

/// How long a slow reader waits between two reads.
const PAUSE: Duration = Duration::from_millis(100);

/// A large receive buffer, in bytes.
pub(crate) const LARGE: u32 = 1 << 18;

/// The one who resets reads so much before.
pub(crate) const A_LITTLE: usize = 20_000;

/// What the SYNs offer, where a plan says so. smoltcp's always offer window scaling and SACK, and answer them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Offers {
    /// closewait's.
    pub(crate) window_scaling: bool,
    pub(crate) sack: bool,
    pub(crate) timestamps: bool,
    /// smoltcp's.
    pub(crate) their_timestamps: bool,
    /// Both receive buffers are larger than a window that is not scaled.
    pub(crate) large: bool,
}

impl Offers {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..32).map(|n| {
            let bit = |i: u32| n >> i & 1 == 1;
            Self {
                window_scaling: bit(0),
                sack: bit(1),
                timestamps: bit(2),
                their_timestamps: bit(3),
                large: bit(4),
            }
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// None: the profile's, and smoltcp's own.
    pub(crate) offers: Option<Offers>,
    pub(crate) seed: u64,
    pub(crate) v6: bool,
    /// Percent, in each direction.
    pub(crate) loss: u32,
    /// Beside loss: jitter, reordering, duplicates, wrong bits.
    pub(crate) faults: bool,
    /// Both have small receive buffers, and read every [`PAUSE`]: windows close.
    pub(crate) slow: bool,
    pub(crate) opener: Opener,
    /// Bytes from closewait to smoltcp.
    pub(crate) ours: usize,
    /// Bytes from smoltcp to closewait.
    pub(crate) theirs: usize,
    pub(crate) ending: Ending,
}

impl Plan {
    /// Profiles and openers take turns.
    pub(crate) fn profile(&self) -> Profile {
        let profile = if self.seed % 4 < 2 { Profile::WINDOWS } else { Profile::RFC9293 };
        let Some(offers) = self.offers else { return profile };
        let offer = |yes| if yes { Offer::Yes } else { Offer::No };
        let window_scaling =
            if offers.window_scaling { WindowScaling::ForBuffer } else { WindowScaling::Off };
        Profile { window_scaling, sack: offer(offers.sack), timestamps: offer(offers.timestamps), ..profile }
    }

    /// The size of receive buffers, in bytes. Small, five segments: a rest would stay open, as silly-window avoidance
    /// sends nothing into it.
    fn buffer(&self) -> u32 {
        if self.offers.is_some_and(|offers| offers.large) {
            return LARGE;
        }
        match (self.slow, self.v6) {
            (false, _) => 65_535,
            (true, false) => 5 * 1_460,
            (true, true) => 5 * 1_440,
        }
    }

    fn link(&self) -> LinkConfig {
        let percent = |n| Probability::percent(n).expect("a percentage");
        let link = LinkConfig { loss: percent(self.loss), ..LinkConfig::default() };
        if !self.faults {
            return link;
        }
        let [reorder, duplicate, corrupt] = [5, 3, 3].map(percent);
        LinkConfig { jitter: Duration::from_millis(5), reorder, duplicate, corrupt, ..link }
    }
}

/// The seed's turn to open.
pub(crate) fn opener(seed: u64) -> Opener {
    if seed.is_multiple_of(2) { Opener::Closewait } else { Opener::Smoltcp }
}

/// The matrix: both families, three losses, a hundred seeds each; `plan` says the rest.
pub(crate) fn matrix(plan: impl Fn(u64) -> Plan) -> impl Iterator<Item = Plan> {
    let seeds = u64::from(scale::cases(100));
    let cells = [false, true].into_iter().flat_map(|v6| [0, 1, 10].map(|loss| (v6, loss)));
    cells
        .flat_map(move |(v6, loss)| (0..seeds).map(move |seed| (v6, loss, seed)))
        .map(move |(v6, loss, seed)| Plan { v6, loss, ..plan(seed) })
}

/// What closewait's program has seen.
#[derive(Clone, Default)]
pub(crate) struct Ours {
    pub(crate) opened: Option<Result<(), WsaError>>,
    pub(crate) received: Vec<u8>,
    /// How receiving, or sending if it failed, ended.
    pub(crate) end: Option<Result<(), WsaError>>,
    /// It is closing now.
    closing: bool,
    pub(crate) finished: bool,
}

/// What smoltcp's program has seen.
#[derive(Clone)]
pub(crate) struct Theirs {
    pub(crate) received: Vec<u8>,
    sent: usize,
    /// When it last read.
    read: Instant,
    /// How receiving ended.
    pub(crate) end: Option<Result<(), RecvError>>,
    /// Every state, in order.
    pub(crate) states: Vec<State>,
}

/// How a plan ended.
pub(crate) struct Ran {
    pub(crate) world: World,
    pub(crate) host: HostId,
    pub(crate) ours: Ours,
    pub(crate) theirs: Theirs,
    pub(crate) seen: Seen,
}

impl fmt::Debug for Ran {
    /// What fits on a line: of data only its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ours { opened, received, end, closing: _, finished } = &self.ours;
        write!(f, "ours: opened {opened:?}, {} bytes, end {end:?}, finished {finished}; ", received.len())?;
        let Theirs { received, sent, read: _, end, states } = &self.theirs;
        write!(f, "theirs: {} bytes, {sent} sent, end {end:?}, {states:?}; ", received.len())?;
        write!(f, "at {}: {:?}", self.world.now(), self.seen)
    }
}

/// `n` bytes that tell their position and their direction.
pub(crate) fn text(direction: usize, n: usize) -> Vec<u8> {
    let byte = |i: usize| (i.wrapping_mul(31) + (i >> 8) * 7 + direction * 101).to_le_bytes()[0];
    (0..n).map(byte).collect()
}

/// Both ports: the one that is listened on, and smoltcp's own when it connects.
pub(crate) const PORT: u16 = 80;
pub(crate) const FROM: u16 = 50_000;

/// Long past every timer: who still does something then, does so for ever.
const TOO_LATE: Instant = Instant::from_nanos(100_000_000_000_000);

/// Runs a plan until nothing is left to do.
pub(crate) fn run(plan: &Plan) -> Ran {
    let mut seen = Seen::default();
    let (world, host, ours, theirs) = run_into(plan, &mut seen);
    Ran { world, host, ours, theirs, seen }
}

/// The same, into any sink.
pub(crate) fn run_into(plan: &Plan, sink: &mut dyn Sink) -> (World, HostId, Ours, Theirs) {
    let mut world = World::new(plan.seed);
    let host = world.add_host("closewait", plan.profile());
    let end = world.add_outside("smoltcp", Addresses::of_host(1)).expect("nobody else's addresses");
    let link = world.add_link(host, end, plan.link());
    let ip = |world: &World, id| if plan.v6 { world.address_v6(id) } else { world.address(id) };
    let (here, there) = (Endpoint::new(ip(&world, host), PORT), Endpoint::new(ip(&world, end), PORT));

    let mut peers = [Smoltcp::new(&world, end, link)];
    let s = peers[0].socket(plan.buffer() as usize, 65_535);
    peers[0].set_timestamps(s, plan.offers.is_some_and(|offers| offers.their_timestamps));
    match plan.opener {
        Opener::Closewait => peers[0].listen(s, PORT).expect("it is closed"),
        Opener::Smoltcp => peers[0].connect(s, FROM, here).expect("it is closed"),
    }
    let (mut programs, ours) = (Programs::new(), Rc::<RefCell<Ours>>::default());
    let (_, thread) = world.spawn_process(host);
    let (copy, mine) = (*plan, Rc::clone(&ours));
    programs.spawn(thread, async move |ws| {
        if let Err(error) = program(&ws, &copy, here, there, &mine).await {
            let mut mine = mine.borrow_mut();
            let slot = if mine.opened.is_none() { &mut mine.opened } else { &mut mine.end };
            slot.get_or_insert(Err(error));
        }
        mine.borrow_mut().finished = true;
    });

    // smoltcp's program goes on when something happens; a thread that sleeps makes something happen.
    let (_, ticking) = world.spawn_process(host);
    let reading = Rc::new(Cell::new(plan.slow));
    let still = Rc::clone(&reading);
    programs.spawn(ticking, async move |ws| {
        while still.get() && ws.now() < TOO_LATE {
            ws.sleep(PAUSE).await;
        }
    });

    let data = text(1, plan.theirs);
    let mut theirs =
        Theirs { received: Vec::new(), sent: 0, read: Instant::START, end: None, states: Vec::new() };
    peer::run_while(&mut world, &mut programs, &mut peers, sink, |world, peers| {
        theirs.go_on(&mut peers[0], s, plan, &data, ours.borrow().closing, world.now());
        reading.set(plan.slow && theirs.end.is_none());
        world.now() < TOO_LATE
    })
    .expect("time does not end");
    world.assert_invariants();
    assert!(plan.faults || peers[0].unsent().is_empty(), "TCP is all that it sends: {plan:?}");
    let ours = ours.borrow().clone();
    (world, host, ours, theirs)
}

impl Theirs {
    /// smoltcp's program: reads and sends all that it can, then ends as the plan says.
    fn go_on(
        &mut self,
        peer: &mut Smoltcp,
        s: SocketHandle,
        plan: &Plan,
        data: &[u8],
        both: bool,
        now: Instant,
    ) {
        let state = peer.state(s);
        if self.states.last() != Some(&state) {
            self.states.push(state);
        }
        if matches!(state, State::Listen | State::SynSent | State::SynReceived) {
            return;
        }
        if let Ok(sent) = peer.send(s, &data[self.sent..]) {
            self.sent += sent;
        }
        let waits = plan.slow && now < self.read + PAUSE;
        while self.end.is_none() && !waits {
            self.read = now;
            match peer.recv(s) {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => self.received.extend(bytes),
                Err(RecvError::Finished) => self.end = Some(Ok(())),
                Err(error) => self.end = Some(Err(error)),
            }
        }
        // Between slow readers smoltcp's LAST-ACK would be for ever (differences.rs): it closes when all has arrived.
        let all_sent = self.sent == data.len() && (!plan.slow || peer.look(s).send_queue() == 0);
        match plan.ending {
            Ending::ClosewaitFirst if self.end.is_some() && all_sent => peer.close(s),
            Ending::SmoltcpFirst if all_sent => peer.close(s),
            Ending::Both if both => peer.close(s),
            Ending::SmoltcpResets if self.received.len() >= A_LITTLE => peer.abort(s),
            Ending::ClosewaitFirst
            | Ending::SmoltcpFirst
            | Ending::Both
            | Ending::ClosewaitResets
            | Ending::SmoltcpResets => {}
        }
    }
}

/// closewait's program: opens, sends all, reads, ends as the plan says.
async fn program(
    ws: &Winsock,
    plan: &Plan,
    here: Endpoint,
    there: Endpoint,
    ours: &Rc<RefCell<Ours>>,
) -> Result<(), WsaError> {
    ws.startup().await?;
    let family = if plan.v6 { consts::AF_INET6 } else { consts::AF_INET };
    let first = ws.socket(family, consts::SOCK_STREAM, consts::IPPROTO_TCP).await?;
    ws.set_int(first, consts::SO_RCVBUF, plan.buffer().cast_signed()).await?;
    let s = match plan.opener {
        Opener::Closewait => {
            let connected = ws.connect(first, there).await;
            if connected.is_err() {
                ws.closesocket(first).await?;
            }
            connected?;
            first
        }
        Opener::Smoltcp => {
            ws.bind(first, here).await?;
            ws.listen(first, 1).await?;
            let (s, _) = ws.accept(first).await?;
            ws.closesocket(first).await?;
            s
        }
    };
    ours.borrow_mut().opened = Some(Ok(()));
    let ended = talk(ws, plan, s, ours).await;
    ws.closesocket(s).await?;
    ended
}

async fn talk(ws: &Winsock, plan: &Plan, s: Handle, ours: &Rc<RefCell<Ours>>) -> Result<(), WsaError> {
    let mut data = Bytes::from(text(0, plan.ours));
    while !data.is_empty() {
        let chunk = data.split_to(data.len().min(40_000));
        ws.send(s, chunk).await?;
    }
    match plan.ending {
        Ending::ClosewaitFirst => {
            ws.shutdown(s, consts::SD_SEND).await?;
            read(ws, plan, s, ours, usize::MAX).await
        }
        Ending::SmoltcpFirst | Ending::SmoltcpResets => read(ws, plan, s, ours, usize::MAX).await,
        Ending::Both => {
            read(ws, plan, s, ours, plan.theirs).await?;
            ours.borrow_mut().closing = true;
            ws.shutdown(s, consts::SD_SEND).await?;
            read(ws, plan, s, ours, usize::MAX).await
        }
        Ending::ClosewaitResets => {
            read(ws, plan, s, ours, A_LITTLE).await?;
            ws.set_linger(s, 1, 0).await
        }
    }
}

/// Reads until so many bytes are there, or to the end of the stream.
async fn read(
    ws: &Winsock,
    plan: &Plan,
    s: Handle,
    ours: &Rc<RefCell<Ours>>,
    until: usize,
) -> Result<(), WsaError> {
    while ours.borrow().received.len() < until {
        if plan.slow {
            ws.sleep(PAUSE).await;
        }
        let mut data = ws.recv(s, 1 << 16).await?;
        let mut ours = ours.borrow_mut();
        if data.is_empty() {
            ours.end = Some(Ok(()));
            break;
        }
        while data.has_remaining() {
            let n = data.chunk().len();
            ours.received.extend_from_slice(data.chunk());
            data.advance(n);
        }
    }
    Ok(())
}
