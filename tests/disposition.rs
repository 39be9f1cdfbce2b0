//! The whole domain of `disposition`, under every profile, as a page that a person can review.

mod golden;

use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::tcp::StateName;
use closewait::winsock::Linger;
use closewait::winsock::close::{Closing, Disposition, Subject, disposition};
use std::collections::BTreeMap;
use std::fmt::Write;

const LINGERS: [Linger; 3] = [
    Linger { l_onoff: 0, l_linger: 7 },
    Linger { l_onoff: 1, l_linger: 0 },
    Linger { l_onoff: 1, l_linger: 7 },
];
const LINGER_NAMES: [&str; 3] = ["{0, any}", "{1, 0}", "{1, n}"];
const FLAGS: [(&str, [&str; 2]); 5] = [
    ("last reference", ["no", "yes"]),
    ("mode", ["blocking", "nonblocking"]),
    ("unread", ["no", "yes"]),
    ("unacknowledged", ["no", "yes"]),
    ("receive pending", ["no", "yes"]),
];

fn subjects() -> Vec<(String, Subject)> {
    let mut subjects =
        vec![("unconnected".to_owned(), Subject::Unconnected), ("listening".to_owned(), Subject::Listener)];
    // LISTEN is the listener's state; no connection is in it.
    let states = StateName::ALL.into_iter().filter(|&s| s != StateName::Listen);
    subjects.extend(states.map(|s| (s.to_string(), Subject::Connection(s))));
    subjects
}

/// A set of values for each dimension: profile, subject, linger, then the five flags. Bits say which values.
type Cube = [u32; 8];

fn names(dimension: usize) -> Vec<String> {
    match dimension {
        0 => Profile::ALL.iter().map(|p| p.name.to_owned()).collect(),
        1 => subjects().into_iter().map(|(name, _)| name).collect(),
        2 => LINGER_NAMES.map(str::to_owned).to_vec(),
        n => FLAGS[n - 3].1.map(str::to_owned).to_vec(),
    }
}

/// Every case with what is decided. Nothing is left out, nothing is sampled.
fn domain() -> BTreeMap<Cube, (Disposition, Rule)> {
    let mut domain = BTreeMap::new();
    for (p, profile) in Profile::ALL.into_iter().enumerate() {
        for (s, (_, subject)) in subjects().into_iter().enumerate() {
            for (l, linger) in LINGERS.into_iter().enumerate() {
                for bits in 0..1_u32 << FLAGS.len() {
                    let flag = |n: usize| bits >> n & 1 == 1;
                    let closing = Closing {
                        subject,
                        linger,
                        last_reference: flag(0),
                        nonblocking: flag(1),
                        unread: flag(2),
                        unacknowledged: flag(3),
                        receive_pending: flag(4),
                    };
                    let mut cube = [1 << p, 1 << s, 1 << l, 0, 0, 0, 0, 0];
                    for n in 0..FLAGS.len() {
                        cube[3 + n] = 1 << (bits >> n & 1);
                    }
                    domain.insert(cube, disposition(&closing, profile));
                }
            }
        }
    }
    domain
}

/// Joins cases that differ in one dimension and are decided alike, dimension by dimension.
fn grouped(mut cubes: BTreeMap<Cube, (Disposition, Rule)>) -> BTreeMap<Cube, (Disposition, Rule)> {
    for dimension in [3, 4, 7, 6, 5, 2, 0, 1] {
        let mut joined: BTreeMap<(Cube, Disposition, Rule), u32> = BTreeMap::new();
        for (mut cube, (disposition, rule)) in cubes {
            let values = std::mem::take(&mut cube[dimension]);
            *joined.entry((cube, disposition, rule)).or_default() |= values;
        }
        cubes = joined
            .into_iter()
            .map(|((mut cube, disposition, rule), values)| {
                cube[dimension] = values;
                (cube, (disposition, rule))
            })
            .collect();
    }
    cubes
}

fn describe(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::KeepSocket => "0; the connection is left alone",
        Disposition::Forget => "0; nothing to send",
        Disposition::StopListening => "0; waiting connections are reset",
        Disposition::StopOpening => "0; the attempt ends",
        Disposition::Hard => "0; hard: RST if the state has one to send",
        Disposition::Graceful => "0; graceful, in the background",
        Disposition::Linger(_) => "waits at most l_linger, then 0: graceful, or hard if it waited in vain",
        Disposition::WouldBlock => "-1 WSAEWOULDBLOCK; nothing is initiated",
    }
}

fn page() -> String {
    let domain = domain();
    let cases = domain.len();
    let mut out = format!(
        "# What closesocket does: the whole domain of `disposition`\n\n\
         Written by `tests/disposition.rs` from all {cases} cases ({} profiles, {} kinds and states of a socket, \
         {} linger options, {} flags); do not edit. An empty cell means: whatever it is.\n\n\
         | what is closed |",
        Profile::ALL.len(),
        subjects().len(),
        LINGERS.len(),
        FLAGS.len(),
    );
    let headings =
        ["profile", "linger", "last reference", "mode", "unread", "unacknowledged", "receive pending"];
    for heading in headings {
        let _ = write!(out, " {heading} |");
    }
    out.push_str(" closesocket | rule |\n|");
    out.push_str(&"---|".repeat(headings.len() + 3));
    out.push('\n');
    let mut rows: Vec<_> = grouped(domain).into_iter().collect();
    // In the order in which `disposition` decides.
    rows.sort_by_key(|(cube, (_, rule))| {
        (cube[3] == 3, cube[3] != 1, cube[1].trailing_zeros(), *rule, *cube)
    });
    for (cube, (disposition, rule)) in rows {
        out.push('|');
        for dimension in [1, 0, 2, 3, 4, 5, 6, 7] {
            let all = names(dimension);
            let chosen: Vec<_> = (0..all.len()).filter(|n| cube[dimension] >> n & 1 == 1).collect();
            let cell = if chosen.len() == all.len() {
                String::new()
            } else {
                chosen.into_iter().map(|n| all[n].as_str()).collect::<Vec<_>>().join(", ")
            };
            let _ = write!(out, " {cell} |");
        }
        let _ = writeln!(out, " {} | {rule} |", describe(disposition));
    }
    out
}

/// Mutation: in `close.rs`, `hard` asks for `l_linger != 0`: the page differs.
#[test]
fn the_committed_page_is_the_whole_domain() {
    golden::check("docs/generated/disposition.md", &page());
}

/// Mutation: the timeout is at most a second.
#[test]
fn the_timeout_is_handed_on_as_it_is() {
    for l_linger in [1, 5, u16::MAX] {
        let closing = Closing {
            subject: Subject::Connection(StateName::Established),
            linger: Linger { l_onoff: 0x100, l_linger },
            nonblocking: false,
            last_reference: true,
            unread: false,
            unacknowledged: true,
            receive_pending: false,
        };
        assert_eq!(disposition(&closing, &Profile::WINDOWS).0, Disposition::Linger(l_linger));
    }
}
