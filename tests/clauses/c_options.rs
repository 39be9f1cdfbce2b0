//! C. The linger options.

use crate::pair::{Pair, ZERO, every, ms, secs};
use closewait::packet::Flags;
use closewait::profile::{DontLinger, Profile};
use closewait::tcp::StateName::{Closed, Established, FinWait1};
use closewait::winsock::{Call, Value, WsaError, consts};

/// A client that lingers with text that the server's closed window holds back: nothing but the timeout ends it.
fn stuck(profile: &Profile) -> Pair {
    let mut pair = Pair::connected(profile);
    pair.set(pair.client, consts::SO_SNDBUF, &200_000_i32.to_le_bytes()).unwrap();
    pair.send(pair.client, 100_000);
    pair.run_to(secs(1));
    assert!(pair.rows(pair.client)[0].send_queue > 0);
    pair.start_here();
    pair
}

/// How long the stuck client's blocking closesocket waits before it returns 0.
fn waits(pair: &mut Pair, longer_than: u64, at_most: u64) {
    pair.close_waits(pair.client);
    pair.run_before(secs(longer_than));
    assert_eq!(pair.returned(pair.client), None);
    pair.run_to(secs(at_most));
    assert_eq!(pair.returned(pair.client), Some((secs(at_most), ZERO)));
    assert_eq!(pair.wire_with(pair.client, Flags::RST), [format!("{} R.", at_most * 1000)]);
}

/// {0, 0}: SO_DONTLINGER is TRUE. Sockets of socket and accept alike.
///
/// Mutation: lingering is on by default.
#[test]
fn cs_c1_the_default_is_off_and_zero() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        for end in [pair.client, pair.server, pair.listener] {
            assert_eq!(pair.lingers(end), (0, 0));
            assert_eq!(pair.get(end, consts::SO_DONTLINGER), 1);
        }
        // The 0 is ignored: graceful, not hard.
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.wire(pair.client), ["0 F."]);
        assert_eq!(pair.both(), [FinWait1, Established]);
    });
}

/// Two 16-bit fields, kept as they were set (WF-2.31, WF-2.32); l_linger in whole seconds.
///
/// Mutation: l_linger is taken for milliseconds.
#[test]
fn cs_c2_so_linger_sets_both_members_and_seconds_are_whole() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        for (l_onoff, l_linger) in [(0, 73), (1, 0), (5, 189), (0x100, 0), (1, 65_535), (0, 0)] {
            pair.linger(pair.client, l_onoff, l_linger);
            assert_eq!(pair.lingers(pair.client), (l_onoff, l_linger));
        }
        let short = pair.set(pair.client, consts::SO_LINGER, &[1, 0]);
        assert_eq!(short, Err(WsaError::Fault), "WF-2.30");
        for seconds in [1, 300, 65_535] {
            let mut pair = stuck(profile);
            pair.linger(pair.client, 1, seconds);
            waits(&mut pair, seconds.into(), seconds.into());
        }
    });
}

/// TRUE turns lingering off, FALSE on (R3), and l_linger stays.
///
/// Mutation: SO_DONTLINGER clears l_linger.
#[test]
fn cs_c3_so_dontlinger_sets_l_onoff_alone() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 7);
        pair.dontlinger(pair.client, 1);
        assert_eq!(pair.lingers(pair.client), (0, 7));
        pair.send(pair.client, 100);
        assert_eq!(pair.close(pair.client), ZERO, "off: nothing is waited for");
        assert_eq!(pair.wire(pair.client), ["0 P. 100", "0 F."]);
        assert_eq!(pair.both(), [FinWait1, Established]);
    });
}

/// What SO_LINGER had set is reinstated, even where l_onoff was 0 then; else the profile's constant counts.
///
/// Mutation: SO_DONTLINGER that turns lingering on always sets the profile's constant.
#[test]
fn cs_c4_so_dontlinger_turns_lingering_on_with_the_timeout_named_before() {
    every(|profile| {
        let timeout = Profile::DOCUMENTED.dontlinger_seconds;
        assert_eq!(profile.dontlinger_seconds, timeout);
        let mut pair = stuck(profile);
        pair.dontlinger(pair.client, 0);
        assert_eq!(pair.lingers(pair.client), (1, timeout));
        waits(&mut pair, timeout.into(), timeout.into());

        for earlier in [(1, 7), (0, 7), (1, 0)] {
            let mut pair = stuck(profile);
            pair.linger(pair.client, earlier.0, earlier.1);
            pair.dontlinger(pair.client, 1);
            assert_eq!(pair.lingers(pair.client), (0, earlier.1));
            pair.dontlinger(pair.client, 0);
            assert_eq!(pair.lingers(pair.client), (1, earlier.1));
            if earlier.1 == 0 {
                assert_eq!(pair.close(pair.client), ZERO);
                assert_eq!(pair.wire(pair.client), ["0 R."]);
            } else {
                waits(&mut pair, 7, 7);
            }
        }
    });
}

/// SO_LINGER gives both members in four bytes; SO_DONTLINGER is the negation of l_onoff (WF-2.36).
///
/// Mutation: getsockopt SO_DONTLINGER gives l_onoff itself.
#[test]
fn cs_c5_getsockopt_returns_both_members_and_their_negation() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        let end = pair.client;
        for (l_onoff, dont) in [(0, 1), (1, 0), (0x100, 0)] {
            pair.linger(end, l_onoff, 0x1234);
            let call = |name, len| Call::getsockopt(end.socket, consts::SOL_SOCKET, name, len);
            let [low, high] = l_onoff.to_le_bytes();
            let linger = vec![low, high, 0x34, 0x12];
            for len in [4, 8] {
                let got = pair.call(end, call(consts::SO_LINGER, len));
                assert_eq!(got, Ok(Value::Option(linger.clone().into())), "WF-2.33");
            }
            assert_eq!(pair.call(end, call(consts::SO_LINGER, 2)), Err(WsaError::Fault), "WF-2.30");
            assert_eq!(pair.get(end, consts::SO_DONTLINGER), dont);
        }
    });
}

/// A timeout alone is no lingering, in either mode.
///
/// Mutation: closesocket looks at l_linger although l_onoff is 0.
#[test]
fn cs_c6_l_linger_counts_only_while_l_onoff_is_nonzero() {
    every(|profile| {
        for nonblocking in [false, true] {
            let mut pair = Pair::connected(profile);
            pair.linger(pair.client, 0, 1);
            pair.nonblocking(pair.client, nonblocking);
            pair.cut();
            pair.send(pair.client, 100);
            assert_eq!(pair.close(pair.client), ZERO);
            pair.run_to(ms(1001));
            assert_eq!(pair.wire_with(pair.client, Flags::RST), [""; 0], "and it limits nothing");
            assert_eq!(pair.both(), [FinWait1, Established]);
            pair.rest();
            assert_eq!(pair.both(), [Closed, Established], "given up; nobody told the server");
        }
    });
}

/// R3: which value of SO_DONTLINGER turns lingering off.
///
/// Mutation: the profile's polarity is passed over.
#[test]
fn r3_dontlinger_true_is_off() {
    for (polarity, off, on) in [(DontLinger::TrueIsOff, 1, 0), (DontLinger::TrueIsOn, 0, 1)] {
        every(|profile| {
            assert_eq!(profile.dontlinger, DontLinger::TrueIsOff);
            let profile = Profile { dontlinger: polarity, ..profile.clone() };
            let mut pair = Pair::connected(&profile);
            pair.linger(pair.client, 1, 7);
            pair.dontlinger(pair.client, off);
            assert_eq!(pair.lingers(pair.client), (0, 7));
            pair.dontlinger(pair.client, on);
            assert_eq!(pair.lingers(pair.client), (1, 7));
        });
    }
}

/// R30: l_linger as last set, although l_onoff is 0.
///
/// Mutation: SO_LINGER with l_onoff 0 keeps the earlier l_linger.
#[test]
fn r30_l_linger_reads_back_as_last_set() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 5);
        pair.linger(pair.client, 0, 73);
        assert_eq!(pair.lingers(pair.client), (0, 73));
        pair.linger(pair.client, 0, 0);
        assert_eq!(pair.lingers(pair.client), (0, 0));
    });
}
