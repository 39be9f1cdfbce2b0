//! Who may bind what, and who gets what arrives: WF-9.4 to WF-9.18.

use crate::pair::{End, PORT, Pair, ZERO, every, ms};
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr, Ipv6Addr};
use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::tcp::StateName::{CloseWait, Established, FinWait1, FinWait2, TimeWait};
use closewait::winsock::{Call, CallResult, Value, WsaError, consts};
use closewait_sim::trace::{Entry, What};

const INUSE: CallResult = Err(WsaError::AddrInUse);
const ACCESS: CallResult = Err(WsaError::Acces);

fn wild(port: u16) -> Endpoint {
    Endpoint::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)
}

/// What is set on a socket before it is bound.
#[derive(Clone, Copy, Debug)]
enum Set {
    Default,
    Reuse,
    Exclusive,
}

impl Pair {
    /// A socket of `end`'s, bound to a name with that option; or why not.
    fn bound(&mut self, end: End, name: Endpoint, set: Set) -> Result<End, WsaError> {
        let end = self.socket(end);
        self.prepared(end, name, set).map(|_| end)
    }

    fn prepared(&mut self, end: End, name: Endpoint, set: Set) -> CallResult {
        match set {
            Set::Default => {}
            Set::Reuse => assert_eq!(self.put(end, "SO_REUSEADDR", 1), ZERO),
            Set::Exclusive => assert_eq!(self.put(end, "SO_EXCLUSIVEADDRUSE", 1), ZERO),
        }
        self.call(end, Call::bind(end.socket, name))
    }

    /// A server socket that listens at that name.
    fn listens(&mut self, name: Endpoint, set: Set) -> End {
        let end = self.bound(self.server, name, set).unwrap();
        assert_eq!(self.listen(end, 5), ZERO);
        self.nonblocking(end, true);
        end
    }

    /// The client connects to the server's port; which of the listeners accepts it.
    fn goes_to(&mut self, listeners: &[End]) -> Vec<bool> {
        self.start_here();
        let end = self.socket(self.client);
        self.connect_waits(end);
        self.run_to(ms(30));
        assert_eq!(self.returned(end), Some((ms(20), ZERO)));
        listeners.iter().map(|&listener| self.accept(listener).is_ok()).collect()
    }
}

/// WF-9.10 to 9.16, 36 cells: the table of Microsoft's page "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE" for Windows
/// Server 2003 and later, one user account. First bind by rows, second by columns: default, reuse, exclusive, each to
/// the wildcard address and to a specific one. Of stream sockets and of datagram sockets.
///
/// Mutation: who says SO_REUSEADDR need not find it said.
#[test]
fn wf_9_10_to_9_16_the_whole_table() {
    const OK: CallResult = ZERO;
    let table = [
        (Set::Default, true, [INUSE, OK, ACCESS, OK, INUSE, OK]),
        (Set::Default, false, [OK, INUSE, OK, ACCESS, INUSE, INUSE]),
        (Set::Reuse, true, [INUSE, OK, OK, OK, INUSE, OK]),
        (Set::Reuse, false, [OK, INUSE, OK, OK, INUSE, INUSE]),
        (Set::Exclusive, true, [INUSE, ACCESS, ACCESS, ACCESS, INUSE, ACCESS]),
        (Set::Exclusive, false, [OK, INUSE, OK, ACCESS, INUSE, INUSE]),
    ];
    let columns =
        [Set::Default, Set::Reuse, Set::Exclusive].into_iter().flat_map(|set| [(set, true), (set, false)]);
    every(|profile| {
        for (first, first_wild, row) in table.clone() {
            for ((second, second_wild), expected) in columns.clone().zip(row) {
                for datagrams in [false, true] {
                    let mut pair = Pair::new(profile);
                    let specific = pair.name(pair.server, PORT);
                    let name = |to_wild| if to_wild { wild(PORT) } else { specific };
                    let server = pair.server;
                    let ends =
                        [0; 2].map(|_| if datagrams { pair.datagrams(server) } else { pair.socket(server) });
                    assert_eq!(pair.prepared(ends[0], name(first_wild), first), ZERO);
                    let got = pair.prepared(ends[1], name(second_wild), second);
                    assert_eq!(
                        got, expected,
                        "{first:?} {first_wild}, {second:?} {second_wild}, {datagrams}"
                    );
                }
            }
        }
    });
}

/// WF-9.10: SO_REUSEADDR does not take a name from one who has not said it; set there after bind, it does.
///
/// Mutation: SO_REUSEADDR after bind is not told to the name.
#[test]
fn wf_9_10_reuse_must_be_said_by_the_first() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let name = pair.name(pair.server, PORT);
        let first = pair.bound(pair.server, name, Set::Default).unwrap();
        let second = pair.socket(pair.server);
        assert_eq!(pair.prepared(second, name, Set::Reuse), ACCESS);
        assert_eq!(pair.put(first, "SO_REUSEADDR", 1), ZERO);
        assert_eq!(pair.bind(second, PORT), ZERO);

        let first = pair.datagrams(pair.server);
        let second = pair.datagrams(pair.server);
        assert_eq!(pair.prepared(first, name, Set::Default), ZERO);
        assert_eq!(pair.prepared(second, name, Set::Reuse), ACCESS);
        assert_eq!(pair.put(first, "SO_REUSEADDR", 1), ZERO);
        assert_eq!(pair.bind(second, PORT), ZERO);
    });
}

/// WF-9.11: both say SO_REUSEADDR: both bind and listen, in either order; a connection goes to the one bound first, also
/// if it listened last; when that closes, to the next; then to nobody. What the first had taken is reset (R21).
///
/// Mutation: the one that listened first gets the connection.
#[test]
fn wf_9_11_the_first_bound_gets_the_connection() {
    every(|profile| {
        for first_listens_first in [true, false] {
            let mut pair = Pair::new(profile);
            let name = pair.name(pair.server, PORT);
            let ends = [0; 3].map(|_| pair.bound(pair.server, name, Set::Reuse).unwrap());
            let mut order = ends;
            if !first_listens_first {
                order.reverse();
            }
            for end in order {
                assert_eq!(pair.listen(end, 5), ZERO);
                pair.nonblocking(end, true);
            }
            assert_eq!(pair.goes_to(&ends), [true, false, false]);
            assert_eq!(pair.goes_to(&ends), [true, false, false]);
            let waiting = pair.socket(pair.client);
            pair.start_here();
            pair.connect_waits(waiting);
            pair.run_to(ms(30));
            assert_eq!(pair.close(ends[0]), ZERO);
            assert_eq!(pair.wire_with(pair.server, Flags::RST), ["30 R."]);
            assert_eq!(pair.goes_to(&ends[1..]), [true, false]);
            assert_eq!(pair.close(ends[1]), ZERO);
            assert_eq!(pair.goes_to(&ends[2..]), [true]);
        }
    });
}

/// WF-9.12: the wildcard and a specific address, no options, in either order: both bind and listen, and the specific one
/// gets the connection; the other gets it when that closes.
///
/// Mutation: a listener on the wildcard address comes first.
#[test]
fn wf_9_12_the_specific_address_gets_the_connection() {
    every(|profile| {
        for wild_first in [true, false] {
            let mut pair = Pair::new(profile);
            let specific = pair.name(pair.server, PORT);
            let (to_all, to_one) = if wild_first {
                let to_all = pair.listens(wild(PORT), Set::Default);
                (to_all, pair.listens(specific, Set::Default))
            } else {
                let to_one = pair.listens(specific, Set::Default);
                (pair.listens(wild(PORT), Set::Default), to_one)
            };
            assert_eq!(pair.goes_to(&[to_all, to_one]), [false, true]);
            assert_eq!(pair.close(to_one), ZERO);
            assert_eq!(pair.goes_to(&[to_all]), [true]);
        }
    });
}

/// WF-9.13 to 9.16 with no option but SO_EXCLUSIVEADDRUSE: the very name twice is WSAEADDRINUSE; a name below an
/// exclusive wildcard is WSAEACCES; the wildcard beside an exclusive name succeeds; an exclusive wildcard beside a name
/// is WSAEADDRINUSE.
///
/// Mutation: an exclusive wildcard shares its port.
#[test]
fn wf_9_13_to_9_16_exclusive_names() {
    every(|profile| {
        let cases = [
            (false, Set::Default, false, Set::Default, INUSE),
            (true, Set::Default, true, Set::Default, INUSE),
            (true, Set::Exclusive, false, Set::Default, ACCESS),
            (false, Set::Exclusive, true, Set::Default, ZERO),
            (false, Set::Default, true, Set::Exclusive, INUSE),
        ];
        for (first_wild, first, second_wild, second, expected) in cases {
            let mut pair = Pair::new(profile);
            let specific = pair.name(pair.server, PORT);
            let name = |to_wild| if to_wild { wild(PORT) } else { specific };
            pair.listens(name(first_wild), first);
            let end = pair.socket(pair.server);
            assert_eq!(pair.prepared(end, name(second_wild), second), expected);
        }
    });
}

/// WF-9.17: SO_REUSEADDR and SO_EXCLUSIVEADDRUSE on one socket: the second to be set is WSAEINVAL, and does nothing;
/// after the first was cleared it is set.
///
/// Mutation: both may be set.
#[test]
fn wf_9_17_reuse_or_exclusive() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        for [first, second] in
            [["SO_REUSEADDR", "SO_EXCLUSIVEADDRUSE"], ["SO_EXCLUSIVEADDRUSE", "SO_REUSEADDR"]]
        {
            for end in [pair.socket(pair.client), pair.datagrams(pair.client)] {
                assert_eq!(pair.put(end, first, 1), ZERO);
                assert_eq!(pair.put(end, second, 1), Err(WsaError::Inval));
                assert_eq!([first, second].map(|name| pair.ask(end, name)), [1, 0]);
                assert_eq!(pair.put(end, second, 0), ZERO, "it is off");
                assert_eq!([first, second].map(|name| pair.ask(end, name)), [1, 0]);
                assert_eq!(pair.put(end, first, 0), ZERO);
                assert_eq!(pair.put(end, second, 1), ZERO);
                assert_eq!([first, second].map(|name| pair.ask(end, name)), [0, 1]);
            }
        }
    });
}

/// WF-9.18: bind twice is WSAEINVAL, whatever the name, also of a connected or accepted socket; another host's address
/// WSAEADDRNOTAVAIL; an address of another family WSAEAFNOSUPPORT.
///
/// Mutation: an accepted socket can be bound.
#[test]
fn wf_9_18_what_bind_refuses() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let bind = |end: End, name| Call::bind(end.socket, name);
        for end in [pair.client, pair.server, pair.listener] {
            for name in [wild(0), wild(9), pair.name(end, 9)] {
                assert_eq!(pair.call(end, bind(end, name)), Err(WsaError::Inval), "{name}");
            }
        }
        let v6 = Endpoint::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 9);
        for end in [pair.socket(pair.client), pair.datagrams(pair.client)] {
            let foreign = pair.name(pair.server, 9);
            assert_eq!(pair.call(end, bind(end, foreign)), Err(WsaError::AddrNotAvail));
            assert_eq!(pair.call(end, bind(end, v6)), Err(WsaError::AfNoSupport));
            assert_eq!(pair.bind(end, 9), ZERO);
            assert_eq!(pair.bind(end, 9), Err(WsaError::Inval));
            assert_eq!(pair.bind(end, 10), Err(WsaError::Inval));
        }
    });
}

/// A server that has accepted from a listener which is closed, and what the server's connection is in.
fn left_over(profile: &Profile, state: closewait::tcp::StateName) -> Pair {
    let mut pair = Pair::connected(profile);
    assert_eq!(pair.close(pair.listener), ZERO);
    if state == FinWait1 {
        pair.cut();
    }
    if [FinWait1, FinWait2, TimeWait].contains(&state) {
        assert_eq!(pair.close(pair.server), ZERO);
    }
    if state == CloseWait {
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
    }
    if state == TimeWait {
        pair.run_to(ms(15));
        assert_eq!(pair.close(pair.client), ZERO);
    }
    pair.run_to(ms(40));
    assert_eq!(pair.state(pair.server), state);
    pair
}

/// WF-9.4, WF-9.5: connections of a listener that was closed, active or in TIME_WAIT, are in nobody's way who binds their
/// name with no option or SO_REUSEADDR, and listens; but in that of SO_EXCLUSIVEADDRUSE, to their address or to all, until
/// they are over.
///
/// Mutation: an exclusive bind looks at TIME_WAIT alone.
#[test]
fn wf_9_4_wf_9_5_connections_are_in_the_way_of_exclusive_names_only() {
    every(|profile| {
        for state in [Established, CloseWait, FinWait1, FinWait2, TimeWait] {
            let mut pair = left_over(profile, state);
            let specific = pair.name(pair.server, PORT);
            for name in [specific, wild(PORT)] {
                let end = pair.socket(pair.server);
                assert_eq!(pair.prepared(end, name, Set::Exclusive), INUSE, "{state} {name}");
                for set in [Set::Default, Set::Reuse] {
                    let end = pair.listens(name, set);
                    assert_eq!(pair.close(end), ZERO);
                }
                let elsewhere = Endpoint::new(name.ip, PORT + 1);
                assert_eq!(pair.prepared(end, elsewhere, Set::Default), ZERO, "another port");
                assert_eq!(pair.close(end), ZERO);
            }
        }
        let mut pair = left_over(profile, TimeWait);
        pair.rest();
        let specific = pair.name(pair.server, PORT);
        assert!(pair.bound(pair.server, specific, Set::Exclusive).is_ok(), "TIME_WAIT is over");
    });
}

/// WF-9.6: a name in TIME_WAIT is bound, but the connect to the same remote fails with WSAEADDRINUSE, at once, and
/// nothing leaves, and the log says why; the connect to another remote port succeeds.
///
/// Mutation: connect does not look for its four-tuple.
#[test]
fn wf_9_6_connect_to_the_same_remote() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let other = pair.socket(pair.server);
        pair.bind(other, PORT + 1).unwrap();
        pair.listen(other, 5).unwrap();
        let end = pair.socket(pair.client);
        pair.bind(end, 5000).unwrap();
        pair.connect_waits(end);
        pair.run_to(ms(30));
        pair.server = pair.accept(pair.listener).unwrap();
        pair.serves(pair.server);
        assert_eq!(pair.close(end), ZERO);
        pair.run_to(ms(100));
        assert_eq!(pair.state(end), TimeWait);

        pair.start_here();
        let again = pair.socket(end);
        assert_eq!(pair.bind(again, 5000), ZERO);
        let connect = pair.connect(again);
        assert_eq!(pair.call(again, connect), INUSE);
        assert_eq!(pair.packets(again), []);
        let rule = |entry: &Entry| {
            let What::Returned { returned, .. } = &entry.what else { return None };
            (returned.result == INUSE).then_some(returned.rule)
        };
        let why = pair.log.entries().iter().find_map(rule);
        assert_eq!(why, Some(Rule::NameTaken), "WF-9.7: what Windows logs");
        let elsewhere = pair.name(pair.server, PORT + 1);
        pair.waits(again, Call::connect(again.socket, elsewhere));
        pair.run_to(ms(20));
        assert_eq!(pair.returned(again), Some((ms(20), ZERO)));
        let name = pair.call(again, Call::getsockname(again.socket));
        assert_eq!(name, Ok(Value::Name(pair.name(again, 5000))));
    });
}
