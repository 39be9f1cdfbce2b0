//! Facts about WSAStartup and WSACleanup, and the ports that connect chooses: WF-8.1 to 8.9, 9.9.

use crate::pair::{End, PORT, Pair, ZERO, every, receiving, sending};
use closewait::tcp::StateName::{Closed, Established};
use closewait::winsock::{Call, Handle, HandlePolicy, Value, WsaError, consts};

/// WF-8.1: nothing works before WSAStartup but what needs no socket; and the last error says so.
///
/// Mutation: the handle is looked up although nobody called WSAStartup.
#[test]
fn wf_8_1_no_call_works_before_startup() {
    every(|profile| {
        let mut pair = Pair::before_startup(profile, HandlePolicy::Never);
        let end = End { socket: Handle(0x100), ..pair.client };
        let (family, kind) = (consts::AF_INET, consts::SOCK_STREAM);
        for call in [
            Call::Socket { family, kind, protocol: consts::IPPROTO_TCP },
            Call::Listen { s: end.socket, backlog: 1 },
            pair.connect(end),
            sending(end, 1),
            receiving(end),
            Call::Shutdown { s: end.socket, how: consts::SD_SEND },
            Call::Closesocket { s: end.socket },
            Call::WsaCleanup,
        ] {
            let what = format!("{call:?}");
            assert_eq!(pair.call(end, call), Err(WsaError::NotInitialised), "{what}");
            assert_eq!(pair.last_error(end), 10093, "{what}");
        }
        assert_eq!(pair.wire(end), [""; 0]);
        assert_eq!(pair.both(), [Closed, Closed]);
    });
}

/// WF-8.2, 8.3: 0.x is not supported: that is what WSAStartup returns; the last error is WSANOTINITIALISED, and nothing
/// was begun.
///
/// Mutation: the last error is what WSAStartup returned.
#[test]
fn wf_8_2_8_3_a_version_that_is_not_supported() {
    every(|profile| {
        let mut pair = Pair::before_startup(profile, HandlePolicy::Never);
        let end = pair.client;
        for version in [0x0000, 0x0900, 0xff00] {
            assert_eq!(pair.startup_as(end, version), Err(WsaError::VerNotSupported));
            assert_eq!(WsaError::VerNotSupported.code(), 10092);
            assert_eq!(pair.last_error(end), 10093);
        }
        assert_eq!(pair.close(end), Err(WsaError::NotInitialised));
        pair.startup(end).unwrap();
        assert_eq!(pair.close(end), Err(WsaError::NotSock));
    });
}

/// WF-8.4: the version agreed on, for each that is asked for; major in the low byte.
///
/// Mutation: 1.2 is agreed on as it is.
#[test]
fn wf_8_4_versions_are_agreed_on() {
    every(|profile| {
        let mut pair = Pair::before_startup(profile, HandlePolicy::Never);
        for (asked, agreed) in [
            (0x0001, 0x0001),
            (0x0101, 0x0101),
            (0x0201, 0x0101),
            (0xff01, 0x0101),
            (0x0002, 0x0002),
            (0x0102, 0x0102),
            (0x0202, 0x0202),
            (0x0302, 0x0202),
            (0x0003, 0x0202),
            (0xffff, 0x0202),
        ] {
            let Ok(Value::Startup(data)) = pair.startup_as(pair.client, asked) else {
                panic!("{asked:#06x}")
            };
            assert_eq!((data.version, data.high_version), (agreed, 0x0202), "{asked:#06x}");
            assert_eq!(pair.call(pair.client, Call::WsaCleanup), ZERO);
        }
    });
}

/// WF-8.7, 8.9, 8.13: three WSAStartups want three WSACleanups; a fourth fails, and so does every call. The other
/// process does not notice.
///
/// Mutation: the first WSACleanup ends it.
#[test]
fn wf_8_7_8_9_every_startup_wants_its_cleanup() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        pair.startup(end).unwrap();
        pair.startup(end).unwrap();
        for _ in 0..2 {
            assert_eq!(pair.call(end, Call::WsaCleanup), ZERO);
            pair.send(end, 1);
            assert_eq!(pair.both(), [Established, Established]);
        }
        assert_eq!(pair.call(end, Call::WsaCleanup), ZERO);
        for call in [Call::WsaCleanup, sending(end, 1), Call::Closesocket { s: end.socket }] {
            assert_eq!(pair.call(end, call), Err(WsaError::NotInitialised));
            assert_eq!(pair.last_error(end), 10093);
        }
        pair.send(pair.server, 1);
    });
}

/// WF-9.9: whom nobody gave a port gets one from 49,152 on, of connect and of bind to port 0.
///
/// Mutation: the ports of before Vista.
#[test]
fn wf_9_9_dynamic_ports() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let bound = pair.socket(pair.client);
        assert_eq!(pair.bind(bound, 0), ZERO);
        let port = |pair: &mut Pair, end: End| match pair.call(end, Call::getsockname(end.socket)) {
            Ok(Value::Name(name)) => name.port,
            other => panic!("a name: {other:?}"),
        };
        let ports = [pair.client, bound].map(|end| port(&mut pair, end));
        assert!(ports.iter().all(|port| *port >= 49_152), "{ports:?}");
        assert_ne!(ports[0], ports[1]);
        let server = pair.server;
        assert_eq!(port(&mut pair, server), PORT);
        assert_eq!(profile.ephemeral_ports, 49_152..=65_535);
    });
}
