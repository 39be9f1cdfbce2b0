//! What one file may ask for: more than a scenario needs, and little enough that a small text cannot use up a
//! machine. What is larger is a program (`aio`), which has no such limits.

use super::ast::{At, Event, Header, Lane, Line, NetOp, PacketBody, Script, Span, TcpPacket};
use super::calls::made_up;
use super::report::Failure;
use crate::world::World;
use std::collections::BTreeSet;

/// `--host` lines, and as many processes on all of them.
const HOSTS: usize = 256;
/// `--link` lines.
const LINKS: usize = 1024;
/// Bytes that are made up: what sends generate and injected packets carry.
const BYTES: u64 = 1 << 28;

/// What is beyond a limit, if anything is.
pub(super) fn beyond(script: &Script) -> Option<Failure> {
    let too_many = |name: &str, most: usize| {
        let header = script.headers.iter().filter(|h| h.name.value == name).nth(most)?;
        Some(Failure::bad_input(place(header), format!("a file has at most {most} --{name} lines")))
    };
    too_many("host", HOSTS)
        .or_else(|| too_many("link", LINKS))
        .or_else(|| too_many_processes(&script.lines))
        .or_else(|| too_many_bytes(&script.lines))
}

/// A run that has used up its events.
pub(super) fn too_long(world: &World, events: u64, line: Span) -> Option<Failure> {
    (world.steps() >= events).then(|| {
        let happened = format!("more at {}, and no end in sight", world.now());
        Failure::new(line, format!("an end within {events} events"), happened)
    })
}

fn place(header: &Header) -> Span {
    header.value.as_ref().map_or(header.name.span, |value| value.span)
}

fn too_many_processes(lines: &[Line]) -> Option<Failure> {
    let mut processes = BTreeSet::new();
    let one_more = lines.iter().find(|line| {
        if let Some(At { value: Lane::Host { host, process, .. }, .. }) = &line.lane {
            processes.insert((host, process));
        }
        processes.len() > HOSTS
    })?;
    Some(Failure::bad_input(one_more.span, format!("a file has at most {HOSTS} processes")))
}

fn too_many_bytes(lines: &[Line]) -> Option<Failure> {
    let mut bytes = 0_u64;
    let one_more = lines.iter().find(|line| {
        bytes = bytes.saturating_add(match &line.event {
            Event::Call(call) => made_up(call),
            Event::Packet(packet) if packet.inbound => match &packet.body {
                PacketBody::Tcp(packet) => carried(packet),
                PacketBody::Icmp(_) | PacketBody::Udp(_) => 0,
            },
            Event::Net(NetOp::Inject { packet, .. }) => carried(packet),
            Event::Packet(_)
            | Event::Silence(_)
            | Event::Check(_)
            | Event::Net(NetOp::Cut(_) | NetOp::Heal(_) | NetOp::Verdict { .. } | NetOp::Set(_))
            | Event::Host(_)
            | Event::Code(_)
            | Event::Shell(_) => 0,
        });
        bytes > BYTES
    })?;
    Some(Failure::bad_input(one_more.span, format!("a file sends at most {BYTES} bytes, from all its lines")))
}

fn carried(packet: &TcpPacket) -> u64 {
    packet.seq.as_ref().map_or(0, |range| range.value.len.into())
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn said(text: &str) -> Option<String> {
        let found = beyond(&parse(text).unwrap_or_else(|d| panic!("{d:?}")));
        found
            .inspect(|failure| assert!(failure.bad_input))
            .map(|failure| format!("{}: {}", &text[failure.span.start..failure.span.end], failure.happened))
    }

    #[test]
    fn hosts_links_and_processes_have_a_limit_and_the_first_beyond_it_is_named() {
        let hosts = |n: usize| (0..n).map(|i| format!("--host=h{i}\n")).collect::<String>();
        assert_eq!(said(&hosts(256)), None);
        assert_eq!(said(&hosts(257)), Some("h256: a file has at most 256 --host lines".into()));
        let links = |n: usize| "--link=a,b\n".repeat(n);
        assert_eq!(said(&links(1024)), None);
        assert_eq!(said(&links(1025)), Some("a,b: a file has at most 1024 --link lines".into()));
        let processes =
            |n: usize| (1..=n).map(|i| format!("+0 a.p{i}: listen(3, 1) = 0\n")).collect::<String>();
        let text = format!("--host=a\n{}", processes(256).repeat(2));
        assert_eq!(said(&text), None);
        let text = format!("--host=a\n{}", processes(257));
        assert_eq!(said(&text), Some("+0 a.p257: listen(3, 1) = 0: a file has at most 256 processes".into()));
    }

    /// 2^28 = 268435456 = 268369920 + 65535 + 1.
    #[test]
    fn all_that_a_file_makes_up_is_counted_together() {
        let file = |last: &str| {
            format!(
                "+0 send(3, 268369920) = 1\n+0 < P. 1:65536(65535) ack 1\n+0 write(3, \"texts are no matter\", 5000) = 1\n{last}\n"
            )
        };
        assert_eq!(said(&file("+0 write(3, ..., 1) = 1")), None);
        let over = "+0 write(3, ..., 2) = 1";
        assert_eq!(
            said(&file(over)),
            Some(format!("{over}: a file sends at most 268435456 bytes, from all its lines"))
        );
        let lanes = "--host=a\n--host=b\n+0 a: send(3, 268435457, 0) = 1\n";
        assert!(said(lanes).is_some_and(|said| said.starts_with("+0 a: send")), "flags are no length");
        let lanes = "--host=a\n--host=b\n+0 a: send(3, 268435456) = 1\n+0 net: inject a < P. 1:2(1) ack 1\n";
        assert!(said(lanes).is_some_and(|said| said.starts_with("+0 net: inject")));
        assert_eq!(said("+0 send(3, -1) = 1\n"), None, "a run says what is wrong with it");
    }
}
