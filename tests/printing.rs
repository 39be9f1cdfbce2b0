//! Runs that are printed as scenarios, and run again.

#[path = "scenarios/support.rs"]
mod support;

use closewait::profile::Profile;
use closewait_sim::script::{self, Options, Report, Verdict};
use closewait_sim::trace::What;
use support::{HARD, LINGERING, ONE_MACHINE};

/// Faults of every kind, several processes and threads, options, a crash, a profile with other fields.
const EVERYTHING: &str = "\
// Faults of every kind.
// What links draw is drawn again from the seed.
--seed=7
--profile=documented
--set=time_wait=30s
--set=min_rto=250500us
--host=server
--host=client,handles=lowest
--host=third,profile=rfc9293
--link=server,client,delay=10ms,loss=5%,dup=3%,reorder=4%,corrupt=0.5%,jitter=3ms,rate=10Mbit,queue=20,mtu=1400
--link=third,client,delay=1ms
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...* client: connect(3, server:80) = 0
1      server: accept(3) = 4
+0     client: setsockopt(3, SO_LINGER, {1, 5}) = 0
+0     client: getsockopt(3, SO_LINGER) = 0 {1, 5}
+0     client: getsockopt(3, SO_ERROR) = 0 {0}
+0     client: getsockname(3) = 0
+0     client: getpeername(3) = 0 {server:80}
+0     client: setsockopt(3, SOL_SOCKET, SO_SNDBUF, 100000, 8) = 0
+0     client: getsockname(77) = -1 WSAENOTSOCK
+0     client: closesocket(-1) = -1 WSAENOTSOCK
+0     net: hold 40ms client > . 1:1361(1360)
1      client: send(3, 100000) = 100000
1...*  server: recv_all(4) = 100000 {end=0}
1...*  client: closesocket(3) = 0
60     net: set delay=50ms loss=0%
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0     client.t2: WSAGetLastError() = 0
+0     client.p2: WSAStartup(0x202) = 0
+1     client.p2: socket(99, SOCK_STREAM, IPPROTO_TCP) = -1 WSAEAFNOSUPPORT
+0     net: inject server < R 1:1(0)
+0     server: closesocket(4) = 0
+0     net: cut
+1...* server: accept(3) = ...
^+0    client: crash()
+0     net: heal third client
+1     server: fail_network()
+1     server: restore_network()
";

/// Over IPv6, with a peek, two nonblocking calls and a shutdown.
const V6: &str = "\
--ip_version=ipv6
--host=server
--host=client
 0     server: socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, SOMAXCONN) = 0
+0     client: socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: connect(3, server:80) = -1 WSAEWOULDBLOCK
0.1    server: accept(3) = 4
+0     server: send(4, \"hello\", 5, 0) = 5
0.2    client: recv(3, 100, MSG_PEEK) = 5
+0     client: ioctlsocket(3, FIONREAD) = 0 {5}
+0     client: recv(3, 100) = 5
+0     client: recv(3, 100) = -1 WSAEWOULDBLOCK
+0     client: shutdown(3, SD_SEND) = 0
1      server: recv(4, 100) = 0
";

/// The wire's SYN has a number of its own, and a later one is in the middle of the connection; another connection
/// follows; the kernel's settings come first and go last.
const WIRE: &str = "\
0     `sysctl -w net.inet.tcp.msl=5000`
+0    `sysctl -w net.inet.tcp.insecure_rst=1`
+0    `sysctl -w net.inet.tcp.delayed_ack=0`
+0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0    bind(3, ..., ...) = 0
+0    listen(3, 1) = 0
+0    < S 100:100(0) win 60000 <mss 1460>
+0    > S. 0:0(0) ack 101 <mss 1460>
+0.1  < . 101:101(0) ack 1 win 65535
+0    accept(3, ..., ...) = 4
+0.1  < S 200:200(0) win 60000
+0    > . 1:1(0) ack 101
+0    < P. 101:111(10) ack 1 win 60000
+0    > . 1:1(0) ack 111
+0    read(4, ..., 100) = 10
+0...0.3 read(4, ..., 100) = 0
^+0.3 < F. 111:111(0) ack 1 win 60000
+0    > . 1:1(0) ack 112
+0    listen(3, 1) = 0
+0    < S 0:0(0) win 60000 <mss 1460>
+0    > S. 0:0(0) ack 1 <mss 1460>
+0    < R 1:1(0)
+0    `sysctl -w net.inet.tcp.msl=30000`
";

fn run(text: &str) -> Report {
    script::run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"))
}

fn verdict(text: &str) -> Verdict {
    run(text).verdict
}

fn printed(text: &str) -> String {
    script::print(text, &Options::default(), &run(text)).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// A run that is printed is a scenario that passes, and that prints itself.
///
/// Mutation: no host is `handles=lowest`.
#[test]
fn a_printed_run_passes_and_prints_itself() {
    let mut texts: Vec<String> = support::shipped().into_iter().map(|(_, text)| text).collect();
    let addresses = HARD.replace("--host=server", "--host=server,ip=10.9.8.7");
    texts.extend([HARD, LINGERING, ONE_MACHINE, EVERYTHING, V6, WIRE, &addresses].map(str::to_owned));
    assert_eq!(texts.len(), 19);
    for text in texts {
        assert_eq!(verdict(&text), Verdict::Passed, "{text}");
        let first = printed(&text);
        assert_eq!(verdict(&first), Verdict::Passed, "{first}");
        assert_eq!(printed(&first), first);
        // Nothing is left out: the second run's log is the first's.
        let entries = |text: &str| {
            let (_, log) = run(text).run.expect("it ran");
            log.entries().iter().map(|e| (e.at, e.what.clone())).collect::<Vec<_>>()
        };
        let calls = |text: &str| entries(text).iter().filter(|(_, w)| matches!(w, What::Call { .. })).count();
        assert_eq!(entries(&text).len() - calls(&text), entries(&first).len() - calls(&first), "{first}");
    }
}

/// Each packet, call and time of a printed run is expected: changed in one, it fails.
#[test]
fn a_printed_run_with_one_thing_changed_fails() {
    let text = printed(LINGERING);
    for line in text.lines().filter(|line| line.contains(" > ") && !line.contains("net:")) {
        let gone = text.replacen(&format!("{line}\n"), "", 1);
        assert!(matches!(verdict(&gone), Verdict::Failed(_)), "without {line} it still passes");
        let (before, window) = line.split_once(" win ").expect("every window is printed");
        let other = text.replacen(line, &format!("{before} win 1{window}"), 1);
        let other =
            if window.starts_with("65535") { other.replace(" win 165535", " win 65534") } else { other };
        assert!(matches!(verdict(&other), Verdict::Failed(_)), "with another window {line} still passes");
    }
    for range in support::expectations(&text) {
        let Ok(n) = text[range.clone()].parse::<i64>() else { continue };
        if !support::binds_a_name(&text, range.start) {
            let other = format!("{}{}{}", &text[..range.start], n + 1, &text[range.end..]);
            assert!(matches!(verdict(&other), Verdict::Failed(_)), "{} still passes", &text[range]);
        }
    }
    assert!(text.contains("net: drop client > F.\n"), "{text}");
}

/// accept waits for ever, which fails the file. Printed, the run ends with the power of accept's host, and passes.
#[test]
fn a_call_that_never_returns_is_printed() {
    let text = HARD.replace(
        "+0     server: closesocket(3) = 0\n+0     net: at_rest\n",
        "+0...* server: accept(3) = 5\n",
    );
    assert!(matches!(verdict(&text), Verdict::Failed(_)), "{text}");
    let first = printed(&text);
    let waits = |line: &str| line.starts_with("0.040000...*") && line.ends_with(" server: accept(3) = ...");
    assert!(first.lines().any(waits), "{first}");
    assert!(first.contains("server: crash()\n"), "{first}");
    assert_eq!(verdict(&first), Verdict::Passed, "{first}");
    assert_eq!(printed(&first), first);
}

/// What a scenario cannot say is refused, not left out.
#[test]
fn what_cannot_be_printed_says_so() {
    let options = Options { profile: Profile { name: "mine", ..Profile::WINDOWS }, ..Options::default() };
    let report = script::run(HARD, &options).expect("a scenario");
    let refused = script::print(HARD, &options, &report).expect_err("no profile has this name");
    assert!(refused.to_string().contains("mine"), "{refused}");
    let never = Report { verdict: Verdict::Passed, run: None, skipped_lines: 0 };
    assert!(script::print(HARD, &options, &never).is_err());
    let middle = WIRE.replace("+0    accept", "+0    `sysctl -w net.inet.tcp.msl=7000`\n+0    accept");
    let refused =
        script::print(&middle, &Options::default(), &run(&middle)).expect_err("it is not in the log");
    assert!(refused.to_string().contains("in the middle"), "{refused}");
    let waiting = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
                   +0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n+0...* accept(3) = ...\n";
    for (text, why) in [
        ("--host=s.\n--host=b\n0 b: WSAGetLastError() = 0\n", "name the host `s.`"),
        ("--host=net\n--host=b\n0 b: WSAGetLastError() = 0\n", "name the host `net`"),
        (waiting, "has not returned"),
    ] {
        let Err(refused) = script::print(text, &Options::default(), &run(text)) else {
            panic!("printed:\n{text}");
        };
        assert!(refused.to_string().contains(why), "{refused}");
    }
}

/// A cut of two hosts that have two links is one line, and a cut of all again is as many as there are pairs.
///
/// Mutation: `said_of_both` is false.
#[test]
fn a_cut_is_printed_once_for_two_hosts() {
    let links = "--link=client,server\n--link=server,third\n--link=server,client\n";
    let text = format!("--host=server\n--host=client\n--host=third\n{links}1 net: cut\n2 net: heal\n");
    let first = printed(&text);
    let cuts: Vec<_> =
        first.lines().filter_map(|line| line.split_once("net: cut")).map(|(_, of)| of).collect();
    assert_eq!(cuts, [" client server", " server third"]);
    assert_eq!(printed(&first), first);
}

/// What fuzzing found worth keeping: what passes there prints itself, too, or says why it cannot.
#[test]
fn the_corpus_prints_itself() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/fuzz/corpus/script");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let Ok(text) = std::fs::read_to_string(entry.expect("an entry").path()) else { continue };
        let options = Options::default();
        let Ok(report) = script::run(&text, &options) else { continue };
        let (Verdict::Passed, Ok(first)) = (&report.verdict, script::print(&text, &options, &report)) else {
            continue;
        };
        count += 1;
        assert_eq!(verdict(&first), Verdict::Passed, "{text}\n{first}");
        assert_eq!(printed(&first), first);
    }
    assert!(count > 20, "{count} were printed");
}
