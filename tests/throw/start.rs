//! How a case begins, and what both kinds of case ask of a host.

use super::no_connection;
use bytes::Bytes;
use closewait::addr::{Endpoint, IpAddr, is_unicast};
use closewait::host::Netstat;
use closewait::packet::Packet;
use closewait::profile::{Profile, Unwelcome};
use closewait::tcp::StateName;
use closewait::winsock::{Call, Handle, Return, Value, consts::*};
use proptest::prelude::*;

/// How a case begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) state: StateName,
    pub(crate) v6: bool,
    pub(crate) profile: usize,
    /// closesocket is called once the state is reached.
    pub(crate) orphan: bool,
    /// It is blocking then, lingers for two seconds, and has text to send.
    pub(crate) linger: bool,
}

pub(crate) fn starts() -> impl Strategy<Value = Start> {
    let state = proptest::sample::select(&StateName::ALL[..]);
    (state, any::<bool>(), 0..Profile::ALL.len(), any::<bool>(), any::<bool>())
        .prop_map(|(state, v6, profile, orphan, linger)| Start { state, v6, profile, orphan, linger })
}

pub(crate) fn startup() -> Call {
    Call::startup(0x202)
}

pub(crate) fn stream(v6: bool) -> Call {
    Call::Socket { family: if v6 { AF_INET6 } else { AF_INET }, kind: SOCK_STREAM, protocol: 0 }
}

/// Whether a connection or a listener takes a packet with these ends.
pub(crate) fn taken(netstat: &Netstat, dst: Endpoint, src: Endpoint) -> bool {
    netstat.connections.iter().any(|(row, _)| (row.local, row.remote) == (dst, src))
        || netstat.listeners.iter().any(|(row, _)| {
            let wild = row.local.ip.is_unspecified() && row.local.ip.is_ipv4() == dst.ip.is_ipv4();
            row.local.port == dst.port && (row.local.ip == dst.ip || wild)
        })
}

/// What must leave a host for a packet that nobody there takes.
pub(crate) fn expected(packet: &Packet, ours: &[IpAddr], profile: &Profile) -> Vec<Packet> {
    if profile.no_connection == Unwelcome::Silent {
        return Vec::new();
    }
    let here = ours.contains(&packet.dst.ip) || packet.dst.ip.is_loopback();
    let deliverable = here && is_unicast(packet.src.ip) && is_unicast(packet.dst.ip);
    no_connection(packet).filter(|_| deliverable).into_iter().collect()
}

pub(crate) fn handle_of(returned: &Return) -> Option<Handle> {
    match &returned.result {
        Ok(Value::Handle(s) | Value::Accepted(s, _)) => Some(*s),
        _ => None,
    }
}

/// The calls that end a case's beginning: what `orphan` and `linger` ask for.
pub(crate) fn last_calls(start: Start, s: Handle) -> Vec<Call> {
    let linger = Bytes::from_static(&[1, 0, 2, 0]);
    let mut calls = Vec::new();
    if start.linger {
        calls.push(Call::Setsockopt { s, level: SOL_SOCKET, name: SO_LINGER, value: Some(linger) });
        calls.push(Call::set_nonblocking(s, false));
        calls.push(Call::send(s, Bytes::from_static(&[0; 100])));
    }
    if start.orphan {
        calls.push(Call::Closesocket { s });
    }
    calls
}
