//! Worlds drawn from a seed: bytes both ways, every order and kind of close, readers fast and slow, over a link
//! that loses packets. Used by the campaign, by the tests of determinism and by the tests of clones.

#![allow(dead_code, reason = "each test that uses this module uses a part of it")]

use bytes::{Buf, Bytes};
use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::time::Duration;
use closewait::winsock::{Handle, WsaError, consts};
use closewait_sim::aio::{Programs, Winsock};
use closewait_sim::rng::Stream;
use closewait_sim::world::Process;
use closewait_sim::{HostId, LinkConfig, Probability, World};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// When a program has sent its data, how it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// The page's recipe: shutdown(SD_SEND), recv until 0, closesocket (CS-E12).
    Recipe,
    /// recv until 0 first, then closesocket: the other end goes first.
    AfterPeer,
    /// closesocket at once.
    Close,
    /// closesocket, lingering so many seconds.
    Linger(u16),
    /// closesocket with {1, 0}.
    Hard,
    /// Reads a little, leaves the rest unread, closes.
    Unread,
}

/// How one end behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub(crate) bytes: usize,
    pub(crate) ending: Ending,
    /// Reads so much at a time, and pauses so long between.
    pub(crate) read: usize,
    pub(crate) pause: Duration,
    /// The other end sends nothing: this one may block in send.
    pub(crate) alone: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) profile: &'static Profile,
    pub v6: bool,
    pub(crate) server: End,
    pub(crate) client: End,
    pub(crate) link: LinkConfig,
}

fn draw_end(stream: &mut Stream) -> End {
    let bytes = match stream.below(8) {
        0 => 0,
        1 => stream.below(10),
        2..=4 => stream.below(65_536),
        _ => stream.below(1 << 20),
    };
    let ending = match stream.below(10) {
        0..=3 => Ending::Recipe,
        4 => Ending::AfterPeer,
        5..=6 => Ending::Close,
        7 => Ending::Linger(1 + u16::try_from(stream.below(120)).expect("below 120")),
        8 => Ending::Hard,
        _ => Ending::Unread,
    };
    let slow = stream.below(4) == 0;
    let read = if slow { 2_000 + stream.below(60_000) } else { 1 << 20 };
    let pause = if slow { Duration::from_millis(u64::from(stream.below(2_000))) } else { Duration::ZERO };
    End { bytes: bytes as usize, ending, read: read as usize, pause, alone: false }
}

impl Plan {
    pub(crate) fn draw(seed: u64, loss: u32) -> Self {
        let mut stream = Stream::new(seed, "plan");
        let profile = [&Profile::WINDOWS, &Profile::DOCUMENTED][stream.below(2) as usize];
        let v6 = stream.below(2) == 0;
        let (mut server, mut client) = (draw_end(&mut stream), draw_end(&mut stream));
        (server.alone, client.alone) = (client.bytes == 0, server.bytes == 0);
        if server.ending == Ending::AfterPeer && client.ending == Ending::AfterPeer {
            // Somebody must go first.
            client.ending = Ending::Recipe;
        }
        let loss = Probability::percent(loss).expect("a percentage");
        Self { seed, profile, v6, server, client, link: LinkConfig { loss, ..LinkConfig::default() } }
    }

    /// The same, over a link with every fault at once.
    pub(crate) fn draw_faulty(seed: u64) -> Self {
        let mut stream = Stream::new(seed, "faults");
        let mut percent = |most: u32| Probability::percent(stream.below(most + 1)).expect("a percentage");
        let (loss, reorder, duplicate, corrupt) = (percent(10), percent(20), percent(10), percent(5));
        let mut millis = |most| Duration::from_millis(u64::from(stream.below(most)));
        let (delay, jitter) = (millis(100), millis(50));
        let link = LinkConfig {
            delay,
            jitter,
            rate: Some(1_000_000 + u64::from(stream.below(100_000_000))),
            queue: Some(5 + stream.below(60)),
            loss,
            reorder,
            duplicate,
            corrupt,
            ..LinkConfig::default()
        };
        Self { link, ..Self::draw(seed, 0) }
    }
}

/// What one end has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The socket, while it is open.
    pub(crate) s: Option<Handle>,
    /// Bytes that send took.
    pub(crate) queued: usize,
    /// Bytes that recv returned; each was the right one for its position.
    pub(crate) received: usize,
    pub(crate) wrong: Option<usize>,
    /// How receiving ended; none if it did not get that far.
    pub(crate) end: Option<Result<(), WsaError>>,
    pub(crate) connected: bool,
    pub(crate) finished: bool,
    /// The watchdog had to step in.
    pub(crate) bitten: bool,
}

pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) programs: Programs,
    pub(crate) hosts: [HostId; 2],
    pub(crate) seen: [Rc<RefCell<Seen>>; 2],
}

/// The byte at a position of a direction's data.
fn byte(direction: usize, position: usize) -> u8 {
    (position.wrapping_mul(31) + (position >> 8) * 7 + direction * 101).to_le_bytes()[0]
}

/// Long past every timer that a program can wait for.
const PATIENCE: Duration = Duration::from_secs(20_000);

/// The world of a plan, its programs ready to run.
pub(crate) fn build(plan: &Plan) -> Pair {
    let mut world = World::new(plan.seed);
    let server = world.add_host("server", plan.profile.clone());
    let client = world.add_host("client", plan.profile.clone());
    world.add_link(server, client, plan.link);
    let ip = if plan.v6 { world.address_v6(server) } else { world.address(server) };
    let name = Endpoint::new(ip, 80);
    let mut programs = Programs::new();
    let seen = [Rc::<RefCell<Seen>>::default(), Rc::default()];
    for (i, host) in [server, client].into_iter().enumerate() {
        let (process, thread) = world.spawn_process(host);
        let (end, mine) = ([plan.server, plan.client][i], Rc::clone(&seen[i]));
        let listening = Rc::new(Cell::new(None));
        let shared = Rc::clone(&listening);
        programs.spawn(thread, async move |ws| {
            let ran = run_end(&ws, i, end, name, &mine, &shared).await;
            if let (Err(error), None) = (ran, mine.borrow().end) {
                assert!(!mine.borrow().finished, "{error}");
            }
            mine.borrow_mut().finished = true;
        });
        watchdog(&mut world, &mut programs, process, &seen[i], listening);
    }
    Pair { world, programs, hosts: [server, client], seen }
}

/// A second thread that, when all else has failed, closes what the first still holds: a connection whose other
/// end has given up tells nobody.
fn watchdog(
    world: &mut World,
    programs: &mut Programs,
    process: Process,
    seen: &Rc<RefCell<Seen>>,
    listening: Rc<Cell<Option<Handle>>>,
) {
    let thread = world.spawn_thread(process);
    let seen = Rc::clone(seen);
    programs.spawn(thread, async move |ws| {
        ws.sleep(PATIENCE).await;
        if let Some(listening) = listening.take() {
            seen.borrow_mut().bitten = true;
            let _ = ws.closesocket(listening).await;
        }
        let open = seen.borrow_mut().s.take();
        if let Some(s) = open {
            seen.borrow_mut().bitten = true;
            let _ = ws.set_linger(s, 1, 0).await;
            let _ = ws.closesocket(s).await;
        }
    });
}

async fn run_end(
    ws: &Winsock,
    i: usize,
    end: End,
    name: Endpoint,
    seen: &Rc<RefCell<Seen>>,
    listening: &Rc<Cell<Option<Handle>>>,
) -> Result<(), WsaError> {
    ws.startup().await?;
    let family = if name.ip.is_ipv4() { consts::AF_INET } else { consts::AF_INET6 };
    let first = ws.socket(family, consts::SOCK_STREAM, consts::IPPROTO_TCP).await?;
    let s = if i == 0 {
        listening.set(Some(first));
        ws.bind(first, name).await?;
        ws.listen(first, 5).await?;
        let (s, _) = ws.accept(first).await?;
        listening.set(None);
        seen.borrow_mut().s = Some(s);
        ws.closesocket(first).await?;
        s
    } else {
        seen.borrow_mut().s = Some(first);
        if let Err(error) = ws.connect(first, name).await {
            seen.borrow_mut().s = None;
            ws.closesocket(first).await?;
            return Err(error);
        }
        first
    };
    seen.borrow_mut().connected = true;
    let ran = talk(ws, i, end, s, seen).await;
    let held = seen.borrow_mut().s.take();
    if held.is_some() {
        ws.closesocket(s).await?;
    }
    ran
}

async fn talk(ws: &Winsock, i: usize, end: End, s: Handle, seen: &Rc<RefCell<Seen>>) -> Result<(), WsaError> {
    if !end.alone {
        // Both ends send before they read: neither may wait for the other.
        ws.set_int(s, consts::SO_SNDBUF, 2 << 20).await?;
    }
    let data: Vec<u8> = (0..end.bytes).map(|p| byte(i, p)).collect();
    let mut data = Bytes::from(data);
    while !data.is_empty() {
        let chunk = data.split_to(data.len().min(40_000));
        let sent = ws.send(s, chunk).await?;
        seen.borrow_mut().queued += sent;
    }
    match end.ending {
        Ending::Recipe => {
            ws.shutdown(s, consts::SD_SEND).await?;
            read(ws, i, end, s, seen, usize::MAX).await;
        }
        Ending::AfterPeer => read(ws, i, end, s, seen, usize::MAX).await,
        Ending::Unread => {
            ws.sleep(Duration::from_millis(500)).await;
            let there = ws.readable(s).await? as usize;
            read(ws, i, end, s, seen, there / 2).await;
        }
        Ending::Close => {}
        Ending::Linger(seconds) => ws.set_linger(s, 1, seconds).await?,
        Ending::Hard => ws.set_linger(s, 1, 0).await?,
    }
    Ok(())
}

async fn read(ws: &Winsock, i: usize, end: End, s: Handle, seen: &Rc<RefCell<Seen>>, limit: usize) {
    while seen.borrow().received < limit {
        match ws.recv(s, end.read.min(limit)).await {
            Ok(data) if data.is_empty() => {
                seen.borrow_mut().end = Some(Ok(()));
                return;
            }
            Ok(mut data) => {
                let mut seen = seen.borrow_mut();
                while data.has_remaining() {
                    let (at, n) = (seen.received, data.chunk().len());
                    let differs = |(k, &b): (usize, &u8)| b != byte(1 - i, at + k);
                    if let Some(k) = data.chunk().iter().enumerate().position(|(k, b)| differs((k, b))) {
                        seen.wrong.get_or_insert(at + k);
                    }
                    seen.received += n;
                    data.advance(n);
                }
            }
            Err(error) => {
                seen.borrow_mut().end = Some(Err(error));
                return;
            }
        }
        if end.pause > Duration::ZERO {
            ws.sleep(end.pause).await;
        }
    }
}
