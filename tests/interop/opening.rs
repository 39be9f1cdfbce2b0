//! The handshake, from either side; and connecting to where nobody listens.

use crate::pair::{Ending, FROM, Opener, PORT, matrix};
use crate::seen::{all_arrived, check_all, plan};
use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait::time::Instant;
use closewait::winsock::{WsaError, consts};
use closewait_sim::aio::Programs;
use closewait_sim::peer::{self, RecvError, Smoltcp, State};
use closewait_sim::trace::{Entry, What};
use closewait_sim::world::Addresses;
use closewait_sim::{HostId, LinkConfig, Log, Off, World};

/// A host and a smoltcp stack on a link of 10 ms.
fn pair(profile: &Profile) -> (World, HostId, [Smoltcp; 1]) {
    let mut world = World::new(1);
    let host = world.add_host("closewait", profile.clone());
    let end = world.add_outside("smoltcp", Addresses::of_host(1)).expect("nobody else's addresses");
    let link = world.add_link(host, end, LinkConfig::default());
    let peer = Smoltcp::new(&world, end, link);
    (world, host, [peer])
}

/// Mutation: a SYN+ACK must acknowledge ISS.
#[test]
fn closewait_connects() {
    check_all(matrix(|seed| plan(seed, Opener::Closewait, Ending::ClosewaitFirst)), |plan, ran| {
        all_arrived(plan, ran);
        let opened = [(StateName::SynSent, Rule::ActiveOpen), (StateName::Established, Rule::SynAck)];
        assert_eq!(ran.seen.states[..2], opened, "{plan:?} {ran:?}");
        assert_eq!(ran.theirs.states[..2], [State::Listen, State::SynReceived], "{plan:?} {ran:?}");
    });
}

/// Mutation: the ACK of our SYN is refused.
#[test]
fn smoltcp_connects() {
    check_all(matrix(|seed| plan(seed, Opener::Smoltcp, Ending::ClosewaitFirst)), |plan, ran| {
        all_arrived(plan, ran);
        let opened =
            [(StateName::SynReceived, Rule::ListenSyn), (StateName::Established, Rule::HandshakeDone)];
        assert_eq!(ran.seen.states[..2], opened, "{plan:?} {ran:?}");
        assert_eq!(ran.theirs.states[0], State::SynSent, "{plan:?} {ran:?}");
    });
}

/// RFC 9293 figure 7: both SYNs cross.
///
/// Mutation: a SYN counts as one that acknowledges ours.
#[test]
fn both_connect_at_once() {
    let (mut world, host, mut peers) = pair(&Profile::WINDOWS);
    let (here, there) =
        (Endpoint::new(world.address(host), PORT), Endpoint::new(world.address(peers[0].end()), FROM));
    let mut programs = Programs::new();
    let (_, thread) = world.spawn_process(host);
    let received = programs.spawn(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        ws.bind(s, here).await?;
        ws.connect(s, there).await?;
        ws.recv(s, 100).await.map(|data| data.len())
    });
    let s = peers[0].socket(65_535, 65_535);
    peers[0].connect(s, FROM, here).expect("it is closed");
    let mut log = Log::default();
    peer::run_while(&mut world, &mut programs, &mut peers, &mut log, |_, peers| {
        if peers[0].state(s) == State::Established && peers[0].look(s).send_queue() == 0 {
            let _ = peers[0].send(s, b"hello");
        }
        received.result().is_none()
    })
    .expect("time does not end");
    assert_eq!(received.result(), Some(Ok(5)));
    let crossed = |e: &Entry| {
        matches!(e.what, What::State { to: StateName::SynReceived, rule: Rule::SimultaneousOpen, .. })
    };
    assert!(log.entries().iter().any(crossed));
}

/// RFC 9293 3.8.4: smoltcp's keep-alives, off by default, are answered; the connection stays.
///
/// Mutation: every segment with text is acceptable.
#[test]
fn keep_alives_are_answered() {
    let (mut world, host, mut peers) = pair(&Profile::WINDOWS);
    let to = Endpoint::new(world.address_v6(peers[0].end()), PORT);
    let s = peers[0].socket(65_535, 65_535);
    peers[0].listen(s, PORT).expect("it is closed");
    peers[0].with(s, |socket| socket.set_keep_alive(Some(peer::Duration::from_secs(7))));
    let mut programs = Programs::new();
    let (_, thread) = world.spawn_process(host);
    let connected = programs.spawn(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.socket(consts::AF_INET6, consts::SOCK_STREAM, consts::IPPROTO_TCP).await?;
        ws.connect(s, to).await
    });
    let (mut log, until) = (Log::default(), Instant::from_nanos(60_000_000_000));
    peer::run(&mut world, &mut programs, &mut peers, Some(until), &mut log).expect("time does not end");
    assert_eq!((connected.result(), peers[0].state(s)), (Some(Ok(())), State::Established));
    // The first 7 s after the handshake's ACK at 30 ms, then 7 s and 20 ms after each other: the answer counts, too.
    let answered = log.sent(host).filter(|(_, _, rule)| *rule == Rule::Unacceptable).count();
    assert_eq!(answered, 8);
}

/// RFC 9293 3.10.7.1 at smoltcp; R23: Windows tries three times more, 500 ms after each RST.
///
/// Mutation: one retry more.
#[test]
fn closewait_is_refused_where_nobody_listens() {
    for (profile, after) in [(&Profile::WINDOWS, 1_580), (&Profile::RFC9293, 20)] {
        let (mut world, host, mut peers) = pair(profile);
        let to = Endpoint::new(world.address(peers[0].end()), PORT);
        let mut programs = Programs::new();
        let (_, thread) = world.spawn_process(host);
        let refused = programs.spawn(thread, async move |ws| {
            ws.startup().await?;
            let s = ws.stream().await?;
            let refused = ws.connect(s, to).await;
            Ok::<_, WsaError>((refused, ws.now()))
        });
        peer::run(&mut world, &mut programs, &mut peers, None, &mut Off).expect("time does not end");
        let then = Instant::from_nanos(after * 1_000_000);
        assert_eq!(refused.result(), Some(Ok((Err(WsaError::ConnRefused), then))), "{}", profile.name);
    }
}

/// R17 at closewait: smoltcp takes the RST+ACK of its SYN for an answer.
///
/// Mutation: the RST does not acknowledge the SYN.
#[test]
fn smoltcp_is_refused_where_nobody_listens() {
    let (mut world, host, mut peers) = pair(&Profile::WINDOWS);
    let s = peers[0].socket(65_535, 65_535);
    let to = Endpoint::new(world.address_v6(host), PORT);
    peers[0].connect(s, FROM, to).expect("it is closed");
    assert_eq!(peers[0].state(s), State::SynSent);
    peer::run(&mut world, &mut Programs::new(), &mut peers, None, &mut Off).expect("time does not end");
    assert_eq!(world.now().as_nanos(), 20_000_000, "there and back");
    assert_eq!((peers[0].state(s), peers[0].recv(s)), (State::Closed, Err(RecvError::InvalidState)));
}
