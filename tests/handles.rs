//! Handles and what they share, the ends of threads and processes, blocking hooks, condition functions, timeouts, null
//! pointers: each a scenario that is run under every profile, and each call once as an async fn.
//!
//! Each test names a mutation under which it fails; `tests/mutations-handles.txt` has them in a form that
//! `.ci/mutations` applies.

#![expect(clippy::unwrap_used, reason = "the fixture is as much a test as the tests are")]

#[path = "handles/accept.rs"]
mod accept;
#[path = "handles/duplicates.rs"]
mod duplicates;
#[path = "handles/ends.rs"]
mod ends;
#[path = "handles/hooks.rs"]
mod hooks;
#[path = "handles/pointers.rs"]
mod pointers;
#[path = "handles/programs.rs"]
mod programs;
#[path = "handles/references.rs"]
mod references;
#[path = "handles/startup.rs"]
mod startup;
#[path = "handles/timeouts.rs"]
mod timeouts;

use closewait::profile::Profile;
use closewait_sim::World;
use closewait_sim::script::{self, Options, Verdict};

/// Two hosts on a link of 10 ms.
const HOSTS: &str = "--host=server\n--host=client\n";

/// The server's 3 listens, the client's 3 is connected, the server's 4 is its other end. The lines of a test begin after
/// 0.03.
const CONNECTED: &str = "\
--host=server
--host=client
0 server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 server: bind(3, :80) = 0
+0 server: listen(3, 5) = 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
0.030 server: accept(3) = 4
";

/// The same, and the client has asked for Winsock 1.1.
fn connected_1_1() -> String {
    let startup = "--host=client\n0 client: WSAStartup(0x101) = 0 {version=0x101}\n";
    CONNECTED.replace("--host=client\n", startup)
}

/// Plays a scenario under one profile; every line of it must hold. The world as it is after the last line.
fn play(profile: &Profile, text: &str) -> World {
    let options = Options { profile: profile.clone(), ..Options::default() };
    let report = match script::run(text, &options) {
        Ok(report) => report,
        Err(diagnostics) => panic!("{:?}\n{text}", diagnostics[0]),
    };
    match &report.verdict {
        Verdict::Passed => {}
        Verdict::Failed(failures) => {
            let failure = &failures[0];
            let (number, line) = failure.line(text);
            panic!(
                "under {}, line {number}: {line}\n  expected {}\n  happened {} ({:?})\n{text}",
                profile.name, failure.expected, failure.happened, failure.rule
            );
        }
        Verdict::Skipped(why) => panic!("{why:?}"),
    }
    let (world, _) = report.run.unwrap();
    for host in world.hosts() {
        world.host(host).assert_invariants();
    }
    world
}

/// Plays a scenario under every profile.
fn every(before: &str, lines: &str) {
    under_every(before, lines, |_| Vec::new());
}

/// Plays a scenario under every profile, with what that profile puts in the place of a `$WORD`.
fn under_every(before: &str, lines: &str, words: impl Fn(&Profile) -> Vec<(&'static str, &'static str)>) {
    for profile in Profile::ALL {
        let mut text = format!("{before}{lines}");
        for (word, instead) in words(profile) {
            text = text.replace(word, instead);
        }
        let _ = play(profile, &text);
    }
}

/// A ruling's two columns. RFC9293's calls are as in DOCUMENTED, WIN8_CAV2016 is WINDOWS with some of its own.
fn column<T>(profile: &Profile, documented: T, windows: T) -> T {
    let of_windows = [Profile::WINDOWS.name, Profile::WIN8_CAV2016.name].contains(&profile.name);
    if of_windows { windows } else { documented }
}
