//! How many bytes a value needs and has: WF-2.30 to WF-2.36.

use crate::ask::row;
use crate::pair::{Pair, ZERO, every, ms};
use closewait::winsock::options::{Kind, TABLE};
use closewait::winsock::{WsaError, consts};

const LINGER: (i32, i32) = (consts::SOL_SOCKET, consts::SO_LINGER);
const DONTLINGER: (i32, i32) = (consts::SOL_SOCKET, consts::SO_DONTLINGER);

/// WF-2.30: `struct linger` has four bytes; with fewer it is neither set nor read.
///
/// Mutation: two bytes will do.
#[test]
fn wf_2_30_so_linger_needs_four_bytes() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        assert_eq!(pair.set_raw(end, LINGER, Some(&[1, 0, 7, 0])), ZERO);
        for len in 0..4 {
            assert_eq!(pair.set_raw(end, LINGER, Some(&[9; 4][..len])), Err(WsaError::Fault), "{len}");
            assert_eq!(pair.get_at(end, LINGER, len), Err(WsaError::Fault), "{len}");
        }
        assert_eq!(pair.get_at(end, LINGER, 4), Ok(vec![1, 0, 7, 0]), "as it was");
    });
}

/// WF-2.31: what is set is read back, l_linger even where l_onoff is 0 (R30).
///
/// Mutation: l_onoff and l_linger change places.
#[test]
fn wf_2_31_so_linger_reads_back_as_it_was_set() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        for (l_onoff, l_linger) in [(0, 0), (0, 73), (1, 0), (5, 189)] {
            pair.linger(end, l_onoff, l_linger);
            assert_eq!(pair.lingers(end), (l_onoff, l_linger));
        }
    });
}

/// WF-2.32: l_onoff 0x100 stays 0x100, and is on.
///
/// Mutation: l_onoff is made 0 or 1.
#[test]
fn wf_2_32_l_onoff_is_kept_verbatim() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 0x100, 0);
        assert_eq!(pair.lingers(pair.client), (0x100, 0));
        assert_eq!(pair.get(pair.client, consts::SO_DONTLINGER), 0);
        assert_eq!(pair.close(pair.client), ZERO);
        assert_eq!(pair.wire(pair.client), ["0 R."], "a hard close");
    });
}

/// WF-2.33: of eight bytes the first four count, and four are written.
///
/// Mutation: the last four of eight count.
#[test]
fn wf_2_33_of_eight_bytes_the_first_four_count() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        assert_eq!(pair.set_raw(end, LINGER, Some(&[1, 0, 5, 0, 9, 9, 9, 9])), ZERO);
        assert_eq!(pair.get_at(end, LINGER, 8), Ok(vec![1, 0, 5, 0]));
        assert_eq!(pair.set_raw(end, DONTLINGER, Some(&[0, 0, 0, 0, 1, 0, 0, 0])), ZERO);
        assert_eq!(pair.get_at(end, DONTLINGER, 8), Ok(vec![0; 4]));
    });
}

/// WF-2.34: a null pointer is WSAEFAULT, of any option that can be set, and nothing is set.
///
/// Mutation: a null pointer is as good as no byte.
#[test]
fn wf_2_34_a_null_pointer_is_a_fault() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let ends = [pair.socket(pair.client), pair.datagrams(pair.client)];
        for row in TABLE.iter().filter(|row| !row.set.is_empty()) {
            let end = ends[usize::from(!row.sockets.include(false))];
            let at = (row.level, row.number);
            let before = pair.get_at(end, at, 4).unwrap();
            assert_eq!(pair.set_raw(end, at, None), Err(WsaError::Fault), "{}", row.name);
            assert_eq!(pair.get_at(end, at, 4), Ok(before), "{}", row.name);
        }
    });
}

/// WF-2.35: no byte at all is accepted, and changes nothing; one will do; a buffer of none is too small.
///
/// Mutation: no byte is FALSE.
#[test]
fn wf_2_35_so_dontlinger_takes_no_byte_or_one() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        assert_eq!(pair.set_raw(end, DONTLINGER, Some(&[])), ZERO);
        assert_eq!(pair.get_at(end, DONTLINGER, 4), Ok(vec![1, 0, 0, 0]), "as it was");
        assert_eq!(pair.set_raw(end, DONTLINGER, Some(&[0])), ZERO);
        assert_eq!(pair.get_at(end, DONTLINGER, 1), Ok(vec![0]));
        assert_eq!(pair.set_raw(end, DONTLINGER, Some(&[])), ZERO);
        assert_eq!(pair.get_at(end, DONTLINGER, 4), Ok(vec![0; 4]), "as it was");
        assert_eq!(pair.get_at(end, DONTLINGER, 0), Err(WsaError::Fault));
    });
}

/// WF-2.36: SO_DONTLINGER reads as the negation of l_onoff, whatever set it; TRUE at first.
///
/// Mutation: SO_DONTLINGER reads as what SO_DONTLINGER set.
#[test]
fn wf_2_36_so_dontlinger_is_the_negation_of_l_onoff() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        assert_eq!(pair.get(end, consts::SO_DONTLINGER), 1);
        for (l_onoff, dont) in [(1, 0), (0x8000, 0), (0, 1)] {
            pair.linger(end, l_onoff, 3);
            assert_eq!(pair.get(end, consts::SO_DONTLINGER), dont);
        }
        pair.dontlinger(end, 0);
        assert_eq!(pair.get(end, consts::SO_DONTLINGER), 0);
    });
}

/// WF-2.37: SO_DONTLINGER TRUE is l_onoff 0: closesocket does not wait. FALSE is l_onoff 1 with the timeout that was
/// named before: it does.
///
/// Mutation: the polarity is the other one.
#[test]
fn wf_2_37_so_dontlinger_true_turns_lingering_off() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 2);
        pair.dontlinger(pair.client, 1);
        assert_eq!(pair.lingers(pair.client), (0, 2));
        pair.dontlinger(pair.client, 0);
        assert_eq!(pair.lingers(pair.client), (1, 2));
        pair.cut();
        pair.send(pair.client, 10);
        pair.close_waits(pair.client);
        pair.run_to(ms(2000));
        assert_eq!(pair.returned(pair.client), Some((ms(2000), ZERO)));

        let mut pair = Pair::connected(profile);
        pair.linger(pair.client, 1, 2);
        pair.dontlinger(pair.client, 1);
        pair.cut();
        pair.send(pair.client, 10);
        assert_eq!(pair.close(pair.client), ZERO);
    });
}

/// Every row of its kind (Wine's test_set_getsockopt on Windows): what is too short for it is WSAEFAULT, what is longer
/// is cut; a BOOL is TRUE if a byte of four is not 0. SO_KEEPALIVE and TCP_NODELAY look at one byte, and write one.
///
/// Mutation: a BOOL of one byte looks at four.
#[test]
fn lengths_of_every_row() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let fresh = |pair: &mut Pair, datagram: bool| {
            let thread = pair.client;
            if datagram { pair.datagrams(thread) } else { pair.socket(thread) }
        };
        for row in TABLE {
            let (at, name) = ((row.level, row.number), row.name);
            let end = fresh(&mut pair, !row.sockets.include(false));
            let (least, most) = match row.kind {
                Kind::Bool => (1, 4),
                Kind::ByteBool => (1, 1),
                Kind::Int | Kind::Dword | Kind::Linger => (4, 4),
            };
            for len in 0..=9 {
                let expected = match len {
                    _ if len < least => Err(WsaError::Fault),
                    1..=3 => Ok(1),
                    _ => Ok(most),
                };
                let written = pair.get_at(end, at, len).map(|bytes| bytes.len());
                assert_eq!(written, expected, "{name}, {len} bytes");
            }
            if row.set.is_empty() {
                continue;
            }
            let none_will_do = row.kind == Kind::Bool && row.level == consts::SOL_SOCKET;
            for len in 0..=9 {
                let end = fresh(&mut pair, !row.sockets.include(false));
                let long_enough = len >= least || none_will_do;
                let expected = if long_enough { ZERO } else { Err(WsaError::Fault) };
                let value = [1, 0, 0, 0, 0, 0, 0, 0, 0];
                assert_eq!(pair.set_raw(end, at, Some(&value[..len])), expected, "{name}, {len} bytes");
            }
        }
        for (name, read) in
            [("TCP_NODELAY", 0), ("SO_KEEPALIVE", 0), ("SO_REUSEADDR", 1), ("SO_OOBINLINE", 1)]
        {
            let end = pair.socket(pair.client);
            assert_eq!(pair.put(end, name, 0x100), ZERO);
            assert_eq!(pair.ask(end, name), read, "{name}");
            assert_eq!(row(name).kind == Kind::ByteBool, read == 0);
        }
    });
}
