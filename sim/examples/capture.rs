//! Writes a capture to look at in Wireshark: two connections, one over IPv4 that ends gracefully, one over IPv6 that
//! ends with a RST.
//!
//! `cargo run -p closewait-sim --example capture -- out.pcapng [LOSS]` (loss in percent, 0 if left out)

use closewait::addr::Endpoint;
use closewait::profile::Profile;
use closewait::winsock::consts::{AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM};
use closewait_sim::aio::Programs;
use closewait_sim::{LinkConfig, Log, Probability, World, trace};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("which file? capture OUT.pcapng [LOSS]")?;
    let loss = args.next().map_or(Ok(0), |percent| percent.parse())?;
    let loss = Probability::percent(loss).ok_or("loss is 0 to 100 percent")?;

    let mut world = World::new(7);
    let server = world.add_host("server", Profile::WINDOWS);
    let client = world.add_host("client", Profile::WINDOWS);
    world.add_link(server, client, LinkConfig { loss, ..LinkConfig::default() });
    let names = [(AF_INET, world.address(server)), (AF_INET6, world.address_v6(server))];
    let mut programs = Programs::new();
    for (linger, (family, ip)) in names.into_iter().enumerate() {
        let name = Endpoint::new(ip, 80);
        let (_, thread) = world.spawn_process(server);
        programs.spawn(thread, async move |ws| {
            ws.startup().await?;
            let listening = ws.socket(family, SOCK_STREAM, IPPROTO_TCP).await?;
            ws.bind(listening, name).await?;
            ws.listen(listening, 5).await?;
            let (s, _) = ws.accept(listening).await?;
            ws.send_from(s, &[b'a'; 5_000]).await?;
            ws.recv_all(s).await.1?;
            ws.closesocket(s).await?;
            ws.closesocket(listening).await
        });
        let (_, thread) = world.spawn_process(client);
        programs.spawn(thread, async move |ws| {
            ws.startup().await?;
            let s = ws.socket(family, SOCK_STREAM, IPPROTO_TCP).await?;
            ws.connect(s, name).await?;
            ws.send_from(s, &[b'b'; 100_000]).await?;
            let mut answer = [0; 5_000];
            let mut read = 0;
            while read < answer.len() {
                read += ws.recv_into(s, &mut answer[read..]).await?;
            }
            ws.set_linger(s, u16::try_from(linger).unwrap_or(0), 0).await?;
            ws.closesocket(s).await
        });
    }
    let mut log = Log::default();
    programs.run(&mut world, &mut log)?;
    std::fs::write(&path, trace::pcapng(&log, &world))?;
    Ok(())
}
