//! Corners of the pair: storms that must end, hosts that lose power, futures that are dropped, options set early.

use closewait::addr::Endpoint;
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::time::Duration;
use closewait::winsock::{Call, Outcome, WsaError, consts};
use closewait_sim::aio::{Programs, Task, Winsock};
use closewait_sim::trace::What;
use closewait_sim::{HostId, LinkConfig, Log, Off, Thread, World};
use std::future::Future;
use std::pin::pin;
use std::task::Context;

struct Pair {
    world: World,
    programs: Programs,
    log: Log,
    server: (HostId, Thread),
    client: (HostId, Thread),
    name: Endpoint,
}

fn pair(profile: &Profile, link: LinkConfig) -> Pair {
    let mut world = World::new(3);
    let server = world.add_host("server", profile.clone());
    let client = world.add_host("client", profile.clone());
    world.add_link(server, client, link);
    let name = Endpoint::new(world.address(server), 80);
    let (_, serving) = world.spawn_process(server);
    let (_, thread) = world.spawn_process(client);
    let log = Log::default();
    Pair { world, programs: Programs::new(), log, server: (server, serving), client: (client, thread), name }
}

impl Pair {
    fn on<T, F>(&mut self, thread: Thread, program: impl FnOnce(Winsock) -> F) -> Task<T>
    where
        T: 'static,
        F: Future<Output = T> + 'static,
    {
        self.programs.spawn(thread, program)
    }

    /// A server that accepts one connection and reads it to its end.
    fn serve(&mut self) -> Task<Result<usize, WsaError>> {
        let (thread, name) = (self.server.1, self.name);
        self.on(thread, async move |ws| {
            ws.startup().await?;
            let listening = ws.stream().await?;
            ws.bind(listening, name).await?;
            ws.listen(listening, 5).await?;
            let (s, _) = ws.accept(listening).await?;
            let (data, end) = ws.recv_all(s).await;
            end.map(|()| data.iter().map(closewait::buf::Rope::len).sum())
        })
    }

    fn run(&mut self, secs: u64) {
        let until = self.world.now() + Duration::from_secs(secs);
        let Self { world, programs, log, .. } = self;
        programs.run_while(world, log, |w| w.now() < until).expect("time does not end");
    }
}

/// RFC 5961 section 7: a forged octet in the window takes the two ends' numbers apart; each answers the other's ACK,
/// but not for ever.
///
/// Mutation: the throttle allows everything.
#[test]
fn two_ends_whose_numbers_came_apart_come_to_rest() {
    for delay in [Duration::ZERO, Duration::from_millis(10)] {
        let mut pair = pair(&Profile::WINDOWS, LinkConfig { delay, ..LinkConfig::default() });
        let _served = pair.serve();
        let (thread, name) = (pair.client.1, pair.name);
        let _connected = pair.on(thread, async move |ws| {
            ws.startup().await?;
            let s = ws.stream().await?;
            ws.connect(s, name).await
        });
        pair.run(1);
        let from_client = |e: &&closewait_sim::trace::Entry| matches!(&e.what, What::Sent { packet, .. } if packet.dst == name);
        let last = pair.log.entries().iter().rev().find(from_client).expect("the handshake's ACK");
        let What::Sent { packet, .. } = &last.what else { unreachable!("it was sent") };
        let mut segment = Segment::control(Flags::ACK, packet.segment.seq, packet.segment.ack);
        segment.wnd = 1000;
        segment.payload = bytes::Bytes::from_static(b"x");
        let forged = Packet { src: packet.src, dst: packet.dst, segment };
        let Pair { mut world, server: (server, _), .. } = pair;
        world.inject(server, forged, &mut Off);
        let before = world.steps();
        while world.steps() < before + 1_000 && world.step(&mut Off).expect("time does not end") {}
        assert_eq!(world.next_event(), None, "delay {delay}: they still answer each other");
    }
}

/// CS-A2, CS-B1: after a loss of power a thread of before is nobody's.
///
/// Mutation: `Winsock::rebooted` begins to count anew.
#[test]
fn a_thread_of_before_a_crash_has_no_process() {
    let mut world = World::new(1);
    let host = world.add_host("host", Profile::WINDOWS);
    let (process, thread) = world.spawn_process(host);
    let _ = world.call(thread, Call::startup(0x202), &mut Off);
    world.crash(host, &mut Off);
    let late = world.spawn_thread(process);
    let (_, fresh) = world.spawn_process(host);
    let _ = world.call(fresh, Call::startup(0x202), &mut Off);
    let socket = Call::Socket { family: consts::AF_INET, kind: consts::SOCK_STREAM, protocol: 0 };
    for thread in [thread, late] {
        let Outcome::Returned(returned) = world.call(thread, socket.clone(), &mut Off) else {
            panic!("it does not block")
        };
        assert_eq!(returned.result, Err(WsaError::NotInitialised));
    }
    assert!(matches!(world.call(fresh, socket, &mut Off), Outcome::Returned(r) if r.result.is_ok()));
}

/// CS-E9, R7: the peer's data ends the connection while closesocket lingers; that is no expiry.
///
/// Mutation: every connection that this end aborted counts as expired.
#[test]
fn a_lingering_close_says_why_it_returned() {
    let mut pair = pair(&Profile::WINDOWS, LinkConfig::default());
    let (server, client, name) = (pair.server.1, pair.client.1, pair.name);
    let _served = pair.on(server, async move |ws| {
        ws.startup().await?;
        let listening = ws.stream().await?;
        ws.bind(listening, name).await?;
        ws.listen(listening, 5).await?;
        let (s, _) = ws.accept(listening).await?;
        ws.sleep(Duration::from_millis(500)).await;
        ws.send_from(s, b"too late").await
    });
    let closed = pair.on(client, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        ws.connect(s, name).await?;
        ws.set_linger(s, 1, 5).await?;
        ws.send_from(s, &[0; 200_000]).await?;
        ws.closesocket(s).await
    });
    pair.run(4);
    assert_eq!(closed.result(), Some(Ok(())));
    let of_client = |e: &&closewait_sim::trace::Entry| e.host == Some(pair.client.0);
    let lingered = pair.log.entries().iter().rev().filter(of_client).find_map(|e| {
        if let What::Returned { returned, blocked: true, .. } = &e.what { Some(returned.rule) } else { None }
    });
    assert_eq!(lingered, Some(Rule::LingerAborted));
}

/// WF-6.14: SO_ERROR tells of a failed nonblocking connect, again and again, until one succeeds; after a failed
/// blocking connect it reads 0.
///
/// Mutation: SO_ERROR is set whether a call waits or not.
#[test]
fn so_error_after_a_refused_connect() {
    let mut pair = pair(&Profile::DOCUMENTED, LinkConfig::default());
    let (thread, name) = (pair.client.1, pair.name);
    let nobody = Endpoint::new(name.ip, 81);
    let _served = pair.serve();
    let seen = pair.on(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        assert_eq!(ws.connect(s, nobody).await, Err(WsaError::ConnRefused));
        let blocking = ws.get_int(s, consts::SO_ERROR).await?;
        ws.set_nonblocking(s, true).await?;
        assert_eq!(ws.connect(s, nobody).await, Err(WsaError::WouldBlock));
        ws.sleep(Duration::from_millis(100)).await;
        let first = ws.get_int(s, consts::SO_ERROR).await?;
        let again = ws.get_int(s, consts::SO_ERROR).await?;
        assert_eq!(ws.connect(s, name).await, Err(WsaError::WouldBlock));
        ws.sleep(Duration::from_millis(100)).await;
        let connected = ws.get_int(s, consts::SO_ERROR).await?;
        Ok::<_, WsaError>([blocking, first, again, connected])
    });
    pair.run(1);
    assert_eq!(seen.result(), Some(Ok([0, 10061, 10061, 0])));
}

/// R53: after a reset SO_ERROR tells of it once, if nobody did before; under WINDOWS it is 0 (WF-3.7).
///
/// Mutation: SO_ERROR tells of it again and again.
#[test]
fn so_error_after_a_reset() {
    for (profile, expected) in [(&Profile::DOCUMENTED, [10054, 0, 0]), (&Profile::WINDOWS, [0, 0, 0])] {
        let mut pair = pair(profile, LinkConfig::default());
        let (thread, name) = (pair.client.1, pair.name);
        let _served = pair.on(pair.server.1, async move |ws| {
            ws.startup().await?;
            let listening = ws.stream().await?;
            ws.bind(listening, name).await?;
            ws.listen(listening, 5).await?;
            for _ in 0..2 {
                let (s, _) = ws.accept(listening).await?;
                ws.set_linger(s, 1, 0).await?;
                ws.closesocket(s).await?;
            }
            Ok::<_, WsaError>(())
        });
        let seen = pair.on(thread, async move |ws| {
            ws.startup().await?;
            let s = ws.stream().await?;
            ws.connect(s, name).await?;
            ws.sleep(Duration::from_millis(100)).await;
            let first = ws.get_int(s, consts::SO_ERROR).await?;
            let again = ws.get_int(s, consts::SO_ERROR).await?;
            let told = ws.stream().await?;
            ws.connect(told, name).await?;
            assert!(ws.recv(told, 1).await.is_err(), "it was reset");
            Ok::<_, WsaError>([first, again, ws.get_int(told, consts::SO_ERROR).await?])
        });
        pair.run(2);
        assert_eq!(seen.result(), Some(Ok(expected)), "{}", profile.name);
    }
}

/// WF-9.5: an exclusive binding to port 0 takes a port that no connection has.
///
/// Mutation: the search for a port does not look at connections.
#[test]
fn an_exclusive_socket_finds_a_free_port() {
    let profile = Profile { ephemeral_ports: 50_000..=50_001, ..Profile::WINDOWS };
    let mut pair = pair(&profile, LinkConfig::default());
    let _served = pair.serve();
    let (thread, name) = (pair.client.1, pair.name);
    let wild = Endpoint::new(closewait::addr::wildcard_like(name.ip), 0);
    let bound = pair.on(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        ws.connect(s, name).await?;
        let taken = ws.getsockname(s).await?.port;
        ws.closesocket(s).await?;
        ws.sleep(Duration::from_millis(100)).await;
        for _ in 0..4 {
            let s = ws.stream().await?;
            ws.set_int(s, consts::SO_EXCLUSIVEADDRUSE, 1).await?;
            ws.bind(s, wild).await?;
            assert_ne!(ws.getsockname(s).await?.port, taken);
            ws.closesocket(s).await?;
        }
        Ok::<_, WsaError>(())
    });
    pair.run(1);
    assert_eq!(bound.result(), Some(Ok(())));
}

/// SO_RCVBUF set while the connection opens counts once it is open.
///
/// Mutation: `State::set_receive_buffer` does nothing before ESTABLISHED.
#[test]
fn a_receive_buffer_set_while_connecting_counts() {
    let mut pair = pair(&Profile::WINDOWS, LinkConfig::default());
    let (server, client, name) = (pair.server.1, pair.client.1, pair.name);
    let _served = pair.on(server, async move |ws| {
        ws.startup().await?;
        let listening = ws.stream().await?;
        ws.bind(listening, name).await?;
        ws.listen(listening, 5).await?;
        let (s, _) = ws.accept(listening).await?;
        ws.send_from(s, &[0; 20_000]).await
    });
    let readable = pair.on(client, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        ws.set_int(s, consts::SO_RCVBUF, 1_000).await?;
        ws.set_nonblocking(s, true).await?;
        assert_eq!(ws.connect(s, name).await, Err(WsaError::WouldBlock));
        ws.set_int(s, consts::SO_RCVBUF, 30_000).await?;
        ws.sleep(Duration::from_secs(5)).await;
        ws.readable(s).await
    });
    pair.run(10);
    assert_eq!(readable.result(), Some(Ok(20_000)));
}

/// A host's segments fit the narrowest of its links, without being told by ICMP.
///
/// Mutation: a host takes the MTU of its last link.
#[test]
fn segments_fit_the_narrowest_link() {
    let profile = Profile { path_mtu_discovery: false, ..Profile::WINDOWS };
    let mut pair = pair(&profile, LinkConfig { mtu: 576, ..LinkConfig::default() });
    let third = pair.world.add_host("third", Profile::WINDOWS);
    pair.world.add_link(pair.server.0, third, LinkConfig::default());
    pair.world.add_link(pair.client.0, third, LinkConfig::default());
    let served = pair.serve();
    let (thread, name) = (pair.client.1, pair.name);
    let _sent = pair.on(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        ws.connect(s, name).await?;
        ws.send_from(s, &[0; 5_000]).await?;
        ws.closesocket(s).await
    });
    pair.run(5);
    assert_eq!(served.result(), Some(Ok(5_000)));
}

/// RFC 6298's granularity: a profile without a least timeout does not stop time.
///
/// Mutation: `LEAST` is no time at all.
#[test]
fn a_profile_without_a_least_timeout_ends() {
    let profile = Profile { min_rto: Duration::ZERO, ..Profile::DOCUMENTED };
    let mut pair = pair(&profile, LinkConfig { delay: Duration::ZERO, ..LinkConfig::default() });
    let _served = pair.serve();
    let (thread, name) = (pair.client.1, pair.name);
    let _connected = pair.on(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        ws.connect(s, name).await?;
        ws.sleep(Duration::from_secs(1)).await;
        ws.send_from(s, b"into the void").await
    });
    pair.run(1);
    let (link, _) = pair.world.links().next().expect("a link");
    pair.world.set_cut(link, true, &mut Off);
    let before = pair.world.steps();
    let Pair { mut world, mut programs, .. } = pair;
    programs.run_while(&mut world, &mut Off, |w| w.steps() < before + 1_000).expect("time does not end");
    assert!(world.steps() < before + 1_000, "retransmission gives up after 100 s");
}

/// A call whose future was dropped goes on; when it has returned its thread is free.
///
/// Mutation: the thread of a dropped future stays busy.
#[test]
fn a_dropped_call_frees_its_thread_when_it_returns() {
    let mut pair = pair(&Profile::WINDOWS, LinkConfig::default());
    let _served = pair.serve();
    let (thread, name) = (pair.client.1, pair.name);
    let seen = pair.on(thread, async move |ws| {
        ws.startup().await?;
        let s = ws.stream().await?;
        {
            let mut connect = pin!(ws.connect(s, name));
            let polled = connect.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
            assert!(polled.is_pending());
        }
        // The request was not even taken yet: the thread is free, and nothing was asked.
        Ok::<_, WsaError>(ws.connect(s, name).await)
    });
    pair.run(1);
    assert_eq!(seen.result(), Some(Ok(Ok(()))));
}
