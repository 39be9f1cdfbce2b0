//! The recipe of Microsoft's page on graceful shutdown, over a link that loses one packet in ten: shutdown(SD_SEND),
//! recv until 0, closesocket, on both sides, loses no byte. The same program that closes at once loses what the page
//! warns of.
//!
//! 100 seeds for each profile; `CLOSEWAIT_CASES=n` runs n hundred. 10,000 were run.

mod scale;

use bytes::Bytes;
use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::winsock::{Handle, WsaError, consts};
use closewait_sim::aio::{Programs, Winsock};
use closewait_sim::link::Probability;
use closewait_sim::{LinkConfig, Off, World};

/// What the client sends, in pieces; what the server says first, and what it answers.
const REQUEST: usize = 20_000;
const PIECE: usize = 1_700;
const GREETING: usize = 5;
const ANSWER: usize = 30_000;

/// Bytes that tell their position.
fn text(from: usize, len: usize) -> Bytes {
    (from..from + len).map(|i| i.wrapping_mul(31).to_le_bytes()[0] ^ (i >> 8).to_le_bytes()[0]).collect()
}

/// What a program received: how many bytes, all of them right, and how it ended.
type Received = (usize, Result<(), WsaError>);

async fn receive(ws: &Winsock, s: Handle, from: usize) -> Received {
    let (pieces, end) = ws.recv_all(s).await;
    let mut received = 0;
    for piece in pieces {
        assert_eq!(
            piece.to_bytes(),
            text(from + received, piece.len()),
            "the bytes are those that were sent"
        );
        received += piece.len();
    }
    (received, end)
}

/// A network that is gone for long is no fault of the recipe: who follows it does not give up for a day, nor does a
/// connect.
async fn be_patient(ws: &Winsock, s: Handle, patient: bool) -> Result<(), WsaError> {
    let seconds = if patient { 86_400_i32 } else { 0 };
    ws.setsockopt(s, consts::IPPROTO_TCP, consts::TCP_MAXRT, &seconds.to_le_bytes()).await
}

async fn serve(ws: &Winsock, name: Endpoint, recipe: bool) -> Result<Received, WsaError> {
    ws.startup().await?;
    let listening = ws.stream().await?;
    be_patient(ws, listening, recipe).await?;
    ws.bind(listening, name).await?;
    ws.listen(listening, 5).await?;
    let (s, _) = ws.accept(listening).await?;
    ws.send(s, text(0, GREETING)).await?;
    let received = receive(ws, s, 0).await;
    let sent = ws.send(s, text(GREETING, ANSWER)).await;
    if recipe {
        sent?;
        ws.shutdown(s, consts::SD_SEND).await?;
    }
    ws.closesocket(s).await?;
    ws.closesocket(listening).await?;
    Ok(received)
}

async fn ask(ws: &Winsock, name: Endpoint, recipe: bool) -> Result<Received, WsaError> {
    ws.startup().await?;
    let s = ws.stream().await?;
    be_patient(ws, s, true).await?;
    ws.connect(s, name).await?;
    be_patient(ws, s, recipe).await?;
    for from in (0..REQUEST).step_by(PIECE) {
        ws.send(s, text(from, PIECE.min(REQUEST - from))).await?;
    }
    let received = if recipe {
        ws.shutdown(s, consts::SD_SEND).await?;
        receive(ws, s, 0).await
    } else {
        (0, Ok(()))
    };
    ws.closesocket(s).await?;
    Ok(received)
}

/// What the server and the client received, in a world of that seed.
fn run(profile: &Profile, seed: u64, recipe: bool) -> [Received; 2] {
    let mut world = World::new(seed);
    let server = world.add_host("server", profile.clone());
    let client = world.add_host("client", profile.clone());
    let loss = Probability::per_million(100_000).expect("a tenth");
    world.add_link(server, client, LinkConfig { loss, ..LinkConfig::default() });
    let name = Endpoint::new(world.address(server), 80);

    let mut programs = Programs::new();
    let (_, thread) = world.spawn_process(server);
    let served = programs.spawn(thread, async move |ws| serve(&ws, name, recipe).await);
    let (_, thread) = world.spawn_process(client);
    let asked = programs.spawn(thread, async move |ws| ask(&ws, name, recipe).await);
    programs.run(&mut world, &mut Off).expect("time does not end");
    assert!(world.stuck().is_empty(), "seed {seed}: the world comes to rest");
    [served.result(), asked.result()].map(|result| match result {
        Some(Ok(received)) => received,
        other => panic!("seed {seed}, {}: {other:?}", profile.name),
    })
}

/// WF-4.20, CS-E12: with the recipe every byte arrives, and both sides see the end.
///
/// Mutation: shutdown sends no FIN.
#[test]
fn wf_4_20_the_recipe_loses_nothing() {
    for profile in Profile::ALL {
        for seed in 0..u64::from(scale::cases(100)) {
            let whole = [(REQUEST, Ok(())), (GREETING + ANSWER, Ok(()))];
            assert_eq!(run(profile, seed, true), whole, "seed {seed}, {}", profile.name);
        }
    }
}

/// The same program without it: the client closes after its last send. The greeting, unread or on its way, makes that a
/// reset (R4, R7), and what of the request the server has not read by then is gone (R8).
///
/// Mutation: a RST discards nothing.
#[test]
fn without_the_recipe_bytes_are_lost() {
    for profile in Profile::ALL {
        let seeds = u64::from(scale::cases(100));
        let mut lossy = 0;
        for seed in 0..seeds {
            let [(received, _), _] = run(profile, seed, false);
            lossy += u64::from(received < REQUEST);
        }
        println!("{}: {lossy} of {seeds} programs lost some of the request", profile.name);
        assert!(lossy > seeds / 2, "{}: {lossy} of {seeds}", profile.name);
    }
}
