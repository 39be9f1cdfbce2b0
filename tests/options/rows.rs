//! The table against what the calls do, and the page that is written from it.

use crate::golden;
use crate::pair::{PORT, Pair, ZERO, every};
use closewait::winsock::options::{ABSENT, ABSENT_LEVELS, ALIASES, Kind, Row, SocketState, Sockets, TABLE};
use closewait::winsock::{Call, WsaError, consts};
use std::fmt::Write;

/// A value that every row of a kind takes, and what is read back.
fn value(kind: Kind) -> ([u8; 4], &'static [u8]) {
    match kind {
        Kind::Bool | Kind::Int | Kind::Dword => ([1, 0, 0, 0], &[1, 0, 0, 0]),
        Kind::ByteBool => ([1, 0, 0, 0], &[1]),
        Kind::Linger => ([1, 0, 7, 0], &[1, 0, 7, 0]),
    }
}

/// In each state of a stream socket: an option is set and read back where its row says so; elsewhere WSAEINVAL, or
/// WSAENOPROTOOPT if it cannot be set at all, and nothing is set. The page has the states to review.
///
/// Mutation: the state is not looked at.
#[test]
fn stream_options_are_set_where_their_rows_say() {
    every(|profile| {
        for row in TABLE.iter().filter(|row| row.sockets.include(false)) {
            for &state in SocketState::ALL {
                let mut pair = Pair::listening(profile, 5);
                let end = pair.in_state(state);
                check(&mut pair, end, row, state);
            }
        }
    });
}

/// The same of a datagram socket, bound or not.
///
/// Mutation: the state is not looked at.
#[test]
fn datagram_options_are_set_where_their_rows_say() {
    every(|profile| {
        for row in TABLE.iter().filter(|row| row.sockets.include(true)) {
            for state in [SocketState::Unbound, SocketState::Bound] {
                let mut pair = Pair::new(profile);
                let end = pair.datagrams(pair.client);
                if state == SocketState::Bound {
                    pair.bind(end, PORT).unwrap();
                }
                check(&mut pair, end, row, state);
            }
        }
    });
}

fn check(pair: &mut Pair, end: crate::pair::End, row: &Row, state: SocketState) {
    let at = (row.level, row.number);
    let (set, read) = value(row.kind);
    let before = pair.get_at(end, at, 4).unwrap();
    let result = pair.set_raw(end, at, Some(&set));
    let after = pair.get_at(end, at, 4);
    if row.set.contains(&state) {
        assert_eq!((result, after), (ZERO, Ok(read.to_vec())), "{} {state}", row.name);
    } else {
        let error = if row.set.is_empty() { WsaError::NoProtoOpt } else { WsaError::Inval };
        assert_eq!((result, after), (Err(error), Ok(before)), "{} {state}", row.name);
    }
}

/// WF-2.38: lingering, and all else that a row does not give to datagram sockets, is WSAENOPROTOOPT there; and what is
/// theirs alone is WSAENOPROTOOPT of a stream socket.
///
/// Mutation: whose the option is is not looked at.
#[test]
fn wf_2_38_options_of_the_other_kind_of_socket_are_unknown() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let ends = [(pair.socket(pair.client), false), (pair.datagrams(pair.client), true)];
        for row in TABLE {
            for (end, datagram) in ends.into_iter().filter(|&(_, datagram)| !row.sockets.include(datagram)) {
                let at = (row.level, row.number);
                assert_eq!(pair.get_at(end, at, 4), Err(WsaError::NoProtoOpt), "{} {datagram}", row.name);
                assert_eq!(pair.set_raw(end, at, Some(&[1; 4])), Err(WsaError::NoProtoOpt), "{}", row.name);
            }
        }
        let [_, (udp, _)] = ends;
        for name in [consts::SO_LINGER, consts::SO_DONTLINGER] {
            assert_eq!(pair.get_at(udp, (consts::SOL_SOCKET, name), 4), Err(WsaError::NoProtoOpt));
        }
    });
}

/// WF-2.40: an unknown level is WSAEINVAL, an unknown option WSAENOPROTOOPT, what is no socket WSAENOTSOCK, whatever the
/// value; what Windows has and this project does not is refused as its row says.
///
/// Mutation: an unknown level is WSAENOPROTOOPT.
#[test]
fn wf_2_40_unknown_levels_options_and_handles() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        let mut refuses = |end, at, error| {
            for value in [None, Some(&[][..]), Some(&[1; 4][..])] {
                assert_eq!(pair.set_raw(end, at, value), Err(error), "{at:?}");
            }
            for len in [0, 4] {
                assert_eq!(pair.get_at(end, at, len), Err(error), "{at:?}");
            }
        };
        for level in [-1, 0x8000, 1, 7] {
            refuses(end, (level, consts::SO_RCVTIMEO), WsaError::Inval);
        }
        for (level, _, _) in ABSENT_LEVELS {
            refuses(end, (*level, 1), WsaError::NoProtoOpt);
        }
        for number in [0, -1, 0x1234_5678, i32::MIN] {
            refuses(end, (consts::SOL_SOCKET, number), WsaError::NoProtoOpt);
            refuses(end, (consts::IPPROTO_TCP, number), WsaError::NoProtoOpt);
        }
        for absent in ABSENT {
            refuses(end, (absent.level, absent.number), absent.error);
            let low_water = absent.name.ends_with("LOWAT");
            assert_eq!(absent.error, if low_water { WsaError::Inval } else { WsaError::NoProtoOpt });
            assert!(!TABLE.iter().any(|row| (row.level, row.number) == (absent.level, absent.number)));
        }
        let nobody = crate::pair::End { socket: closewait::winsock::Handle(0x7777), ..end };
        refuses(nobody, (consts::SOL_SOCKET, consts::SO_LINGER), WsaError::NotSock);
        refuses(nobody, (-1, 0), WsaError::NotSock);
    });
}

/// WF-2.41: any option of a handle that was closed, or of an event: WSAENOTSOCK, and no value.
///
/// Mutation: a closed handle still has its socket.
#[test]
fn wf_2_41_a_closed_handle_has_no_options() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let closed = pair.socket(pair.client);
        assert_eq!(pair.close(closed), ZERO);
        let made = pair.call(closed, Call::WsaCreateEvent);
        let Ok(closewait::winsock::Value::Handle(socket)) = made else { panic!("{made:?}") };
        let event = crate::pair::End { socket, ..closed };
        for row in TABLE {
            let at = (row.level, row.number);
            for end in [closed, event] {
                assert_eq!(pair.get_at(end, at, 4), Err(WsaError::NotSock), "{}", row.name);
                assert_eq!(pair.set_raw(end, at, Some(&[1; 4])), Err(WsaError::NotSock), "{}", row.name);
            }
        }
    });
}

/// docs/generated/options.md. Mutation: a row loses a state.
#[test]
fn the_page_is_what_the_table_says() {
    let mut page = String::from(
        "# Socket options\n\n\
         Written by `tests/options.rs` from `src/winsock/options`; do not edit. setsockopt and getsockopt go by these \
         rows, and a test holds them to it, in every state.\n\n\
         An unknown level is WSAEINVAL; an unknown option, one of the other kind of socket, and one that cannot be set \
         (or read) is WSAENOPROTOOPT; a null pointer, or a value that is too short, is WSAEFAULT; a state that is not \
         in the row, or a value that cannot be, is WSAEINVAL. int, DWORD and struct linger need 4 bytes. A BOOL needs \
         one, is TRUE if any of its first four is not 0, and is written as four if there is room; no byte at all is \
         accepted at SOL_SOCKET, and changes nothing (WF-2.35). SO_KEEPALIVE and TCP_NODELAY have one byte.\n\n\
         | level | option | number | type | sockets | get | set | what it does |\n|---|---|---|---|---|---|---|---|\n",
    );
    for row in TABLE {
        let sockets = match row.sockets {
            Sockets::Stream => "stream",
            Sockets::Datagram => "datagram",
            Sockets::Both => "both",
        };
        let states: Vec<_> = row.set.iter().map(ToString::to_string).collect();
        let set = match row.set.len() {
            0 => "no".to_owned(),
            5 => "always".to_owned(),
            _ => states.join(", "),
        };
        let other = ALIASES.iter().filter(|(_, name)| *name == row.name);
        let other: String = other.map(|(alias, _)| format!(" ({alias})")).collect();
        let _ = writeln!(
            page,
            "| {} | {}{other} | {} | {} | {sockets} | {} | {set} | {} |",
            row.level_name(),
            row.name,
            number(row.level, row.number),
            row.kind.c_name(),
            if row.get { "yes" } else { "no" },
            row.effect,
        );
    }
    page.push_str(
        "\nAccepted sockets inherit what their listener was set to (WF-2.39), SO_PAUSE_ACCEPT aside.\n\n\
         ## Not in the table, and why\n\n\
         Windows has these, this project does not: one that is accepted must do what it says. \
         setsockopt and getsockopt fail with the error named.\n\n\
         | level | option | number | error | why |\n|---|---|---|---|---|\n",
    );
    for absent in ABSENT {
        let level = if absent.level == consts::IPPROTO_TCP { "IPPROTO_TCP" } else { "SOL_SOCKET" };
        let (number, error) = (number(absent.level, absent.number), absent.error.name());
        let _ = writeln!(page, "| {level} | {} | {number} | {error} | {} |", absent.name, absent.why);
    }
    for (_, level, why) in ABSENT_LEVELS {
        let _ = writeln!(page, "| {level} | all | | WSAENOPROTOOPT | {why} |");
    }
    golden::check("docs/generated/options.md", &page);
}

/// As the headers have it.
fn number(level: i32, number: i32) -> String {
    if number < 0 {
        format!("~{:#06x}", !number)
    } else if level == consts::SOL_SOCKET || number > 0xff {
        format!("{number:#06x}")
    } else {
        number.to_string()
    }
}
