//! Another stack at the end of a link: smoltcp's, an implementation of TCP that shares no code with this one.
//!
//! ```text
//!   programs    Programs            Smoltcp: Interface, SocketSet
//!      |           |                   ^  bytes   |
//!   Winsock     threads                |          v
//!      |           |              wire::encode  wire::decode
//!    Host ------ World ------ link ----+----------+ poll_outside, send_outside
//! ```
//!
//! The stack is no part of the [`World`]: it cannot be cloned. The world knows the end of the link at which it
//! stands ([`World::add_outside`]), and [`run`] drives both on one clock. Packets become bytes on their way to
//! it and are parsed on their way back, so both stacks judge real datagrams, and what a link corrupted arrives
//! as it is.
//!
//! **Order.** The earlier of the world's next event and a peer's next deadline happens first. At one instant:
//! the world's packets and deadlines, then programs, then peers, in the order of their slice. What a peer sends
//! enters its link at that instant.
//!
//! **Time.** smoltcp counts microseconds; an instant is rounded down to them ([`clock`]). So its time never runs
//! backwards and never ahead of the world's, and a deadline at a microsecond is met at that very instant. A stack
//! that wanted to be polled and then did nothing is not polled again in that microsecond: whatever it asks for, time
//! goes on.
//!
//! **Chance.** Its random seed comes from a stream of the world's seed, named after its end. The same seed and
//! the same calls give the same log.
//!
//! ```
//! use closewait::addr::Endpoint;
//! use closewait::profile::Profile;
//! use closewait_sim::aio::Programs;
//! use closewait_sim::peer::{self, Smoltcp, State};
//! use closewait_sim::world::Addresses;
//! use closewait_sim::{LinkConfig, Off, World};
//!
//! let mut world = World::new(1);
//! let host = world.add_host("host", Profile::WINDOWS);
//! let end = world.add_outside("smoltcp", Addresses::of_host(1))?;
//! let link = world.add_link(host, end, LinkConfig::default());
//! let mut peers = [Smoltcp::new(&world, end, link)];
//! let listening = peers[0].socket(65_536, 65_536);
//! peers[0].listen(listening, 80).expect("a port");
//!
//! let to = Endpoint::new(world.address(end), 80);
//! let mut programs = Programs::new();
//! let (_, thread) = world.spawn_process(host);
//! let connected = programs.spawn(thread, async move |ws| {
//!     ws.startup().await?;
//!     let s = ws.stream().await?;
//!     ws.connect(s, to).await
//! });
//! peer::run(&mut world, &mut programs, &mut peers, None, &mut Off)?;
//! assert_eq!(connected.result(), Some(Ok(())));
//! assert_eq!(peers[0].state(listening), State::Established);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod queue;
mod stack;

pub use smoltcp::iface::SocketHandle;
pub use smoltcp::socket::tcp::{ConnectError, ListenError, RecvError, SendError, Socket, State};
pub use smoltcp::time::Duration;
pub use stack::{Smoltcp, Unsent, clock};

use crate::aio::Programs;
use crate::trace::Sink;
use crate::world::{EndOfTime, World};
use closewait::time::Instant;

/// Runs world, programs and peers until nothing is left to do, or until what is next is past `until`.
///
/// # Errors
/// [`EndOfTime`].
pub fn run(
    world: &mut World,
    programs: &mut Programs,
    peers: &mut [Smoltcp],
    until: Option<Instant>,
    sink: &mut dyn Sink,
) -> Result<(), EndOfTime> {
    while step(world, programs, peers, until, sink)? {}
    Ok(())
}

/// Runs world, programs and peers until nothing is left to do, or until `go_on` says so. It is asked before every
/// event, and may use the peers' sockets: it is their program.
///
/// # Errors
/// [`EndOfTime`].
pub fn run_while(
    world: &mut World,
    programs: &mut Programs,
    peers: &mut [Smoltcp],
    sink: &mut dyn Sink,
    mut go_on: impl FnMut(&World, &mut [Smoltcp]) -> bool,
) -> Result<(), EndOfTime> {
    loop {
        programs.settle(world, sink);
        if !go_on(world, peers) || !step(world, programs, peers, None, sink)? {
            return Ok(());
        }
    }
}

/// The next thing happens. False if there is none, or if it is past `until`.
fn step(
    world: &mut World,
    programs: &mut Programs,
    peers: &mut [Smoltcp],
    until: Option<Instant>,
    sink: &mut dyn Sink,
) -> Result<bool, EndOfTime> {
    programs.settle(world, sink);
    for peer in &mut *peers {
        peer.take(world);
    }
    let now = world.now();
    let theirs = peers.iter_mut().filter_map(|peer| peer.next_deadline(now)).min();
    let ours = programs.next_event(world);
    let Some(next) = ours.into_iter().chain(theirs).min() else { return Ok(false) };
    if until.is_some_and(|until| next > until) {
        return Ok(false);
    }
    if ours == Some(next) {
        return programs.step(world, sink);
    }
    if next == Instant::END {
        return Err(EndOfTime);
    }
    world.advance_to(next);
    for peer in peers {
        if peer.next_deadline(next).is_some_and(|at| at <= next) {
            peer.poll(world, sink);
        }
    }
    Ok(true)
}
