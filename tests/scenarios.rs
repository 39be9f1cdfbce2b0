//! Scenarios: what ships, what the table writes, and what each line is worth: changed in one number, code or time,
//! a scenario fails.

use closewait::profile::Profile;
use closewait_sim::script::{self, Options, Verdict};
use closewait_sim::table::{self, Parameters};

const HARD: &str = "\
// A hard close, and what the peer sees.
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
+0     client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
+0     client > R.
+0     client: state(3) == CLOSED
+0.010 server: recv(4, 100) = -1 WSAECONNRESET
+0     server: closesocket(4) = 0
+0     server: closesocket(3) = 0
+0     net: at_rest
";

const LINGERING: &str = "\
// The first FIN is lost: the call returns when the FIN has been acknowledged after all.
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
0.1    client: setsockopt(3, SO_LINGER, {1, 5}) = 0
0.1    net: drop client > F.
0.1...0.420 client: closesocket(3) = 0
+0     client: state(3) == FIN_WAIT_2
";

const ONE_MACHINE: &str = "\
// SYN-ACK to a socket that was closed in SYN-SENT.
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0     > S 0:0(0) <...>
+0     close(3) = 0
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0     > R 1:1(0)
";

fn verdict(text: &str) -> Verdict {
    script::run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}")).verdict
}

#[test]
fn the_examples_pass() {
    for text in [HARD, LINGERING, ONE_MACHINE] {
        assert_eq!(verdict(text), Verdict::Passed, "{text}");
    }
}

/// Each pair: what a line says, and the same with one number, code or time changed.
#[test]
fn an_example_with_one_thing_changed_fails() {
    for (text, was, is) in [
        (HARD, "listen(3, 5) = 0", "listen(3, 5) = -1"),
        (HARD, "0.020 client: connect", "0.021 client: connect"),
        (HARD, "0.020 client: connect", "0.019 client: connect"),
        (HARD, "+0.010 server: accept", "+0.009 server: accept"),
        (
            HARD,
            "closesocket(3) = 0\n+0     client > R.",
            "closesocket(3) = -1 WSAEWOULDBLOCK\n+0     client > R.",
        ),
        (HARD, "client > R.", "client > F."),
        (HARD, "client > R.", "client > R"),
        (HARD, "+0     client > R.", "+0.001 client > R."),
        (HARD, "state(3) == CLOSED", "state(3) == TIME_WAIT"),
        (HARD, "+0.010 server: recv", "+0.009 server: recv"),
        (HARD, "WSAECONNRESET", "WSAECONNABORTED"),
        (HARD, "closesocket(4) = 0", "closesocket(5) = 0"),
        (LINGERING, "0.1...0.420", "0.1...0.419"),
        (LINGERING, "0.1...0.420", "0.1...0.421"),
        (LINGERING, "drop client > F.", "drop 2 client > F."),
        (LINGERING, "FIN_WAIT_2", "FIN_WAIT_1"),
        (ONE_MACHINE, "EINPROGRESS", "ECONNREFUSED"),
        (ONE_MACHINE, "> S 0:0(0)", "> S 0:1(1)"),
        (ONE_MACHINE, "> R 1:1(0)", "> R 2:2(0)"),
        (ONE_MACHINE, "> R 1:1(0)", "> R. 1:1(0)"),
        (ONE_MACHINE, "+0     > R", "+0.1   > R"),
    ] {
        assert!(text.contains(was), "{was}");
        let changed = text.replacen(was, is, 1);
        assert!(matches!(verdict(&changed), Verdict::Failed(_)), "still passes:\n{changed}");
    }
}

/// Mutation: a recv_all line names the bytes of its last recv alone.
#[test]
fn every_row_of_the_table_passes_as_a_scenario() {
    let parameters = Parameters::default();
    for profile in [&Profile::WINDOWS, &Profile::DOCUMENTED] {
        for (i, setting) in table::settings(&parameters).into_iter().enumerate() {
            let (_, text) = table::run_row(i + 1, setting, &parameters, profile, true);
            let text = text.expect("a scenario was asked for");
            assert_eq!(verdict(&text), Verdict::Passed, "row {} under {}:\n{text}", i + 1, profile.name);
        }
    }
}

/// A packet that leaves and is not in the script is a failure on one machine, also after the last line.
#[test]
fn what_is_left_over_fails() {
    let cut = ONE_MACHINE.rsplit_once("+0     > R").expect("the last line").0;
    assert!(matches!(verdict(cut), Verdict::Failed(_)));
}

/// A call that is still blocked at the end fails a file with lanes.
#[test]
fn a_call_that_never_returns_fails() {
    let text = format!(
        "{}+0...* server: accept(3) = 5\n",
        HARD.split_once("+0     server: closesocket(3)").expect("it").0
    );
    assert!(matches!(verdict(&text), Verdict::Failed(_)));
}

/// What does not exist yet is no failure.
#[test]
fn a_call_that_is_not_modelled_is_skipped() {
    let text = "0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 WSASend(3, 5, ov1) = -1 WSA_IO_PENDING\n";
    assert!(matches!(verdict(text), Verdict::Skipped(_)));
}

/// A 240 s TIME_WAIT takes no time. The server's FIN leaves at 0.040 and arrives at 0.050.
#[test]
fn time_wait_is_jumped_over() {
    let text = HARD.replace("{1, 0}", "{0, 0}").replace("client > R.", "client > F.").replace(
        "state(3) == CLOSED\n+0.010 server: recv(4, 100) = -1 WSAECONNRESET",
        "state(3) == FIN_WAIT_1\n+0.010 server: recv(4, 100) = 0",
    );
    let text =
        format!("--set=time_wait=240s\n{text}+0 client: time_wait == 1\n240.049999 client: time_wait == 1\n");
    assert_eq!(verdict(&text), Verdict::Passed, "{text}");
    assert_eq!(verdict(&format!("{text}240.050 client: time_wait == 0\n")), Verdict::Passed, "{text}");
}

fn shipped() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("text")))
        .collect();
    files.sort();
    files
}

/// Ten scenarios and two templates, each with two lines that say what it shows.
#[test]
fn what_ships_passes() {
    let files = shipped();
    assert_eq!(files.len(), 12);
    for (name, text) in files {
        assert_eq!(verdict(&text), Verdict::Passed, "{name}");
        let said = text.lines().take_while(|line| line.starts_with("// ")).count();
        assert_eq!(said, 2, "{name}: two lines say what it shows");
    }
}

/// The numbers, codes and states that a line expects: what comes after `=`, `==`, `...` and `>`.
fn expectations(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let event = !line.starts_with("//") && !line.starts_with("--") && !line.contains("net:");
        for marker in [" = ", " == ", "{end=", " ack "] {
            if let (true, Some(i)) = (event, line.find(marker)) {
                let start = i + marker.len();
                let word = line[start..].split([' ', '\n', '}', '{']).next().unwrap_or("");
                if !word.is_empty() {
                    found.push(at + start..at + start + word.len());
                }
            }
        }
        at += line.len();
    }
    found
}

/// Every shipped scenario fails when one expected number, code or state is changed.
///
/// Mutation: every state is the one that is expected.
#[test]
fn what_ships_fails_when_one_expectation_is_changed() {
    for (name, text) in shipped() {
        for range in expectations(&text) {
            let word = &text[range.clone()];
            let changed = match word.parse::<i64>() {
                // A handle's name may be any number: it is the expectation of nothing.
                // -1 CODE and 0 CODE both mean that it failed with CODE.
                Ok(-1) => continue,
                Ok(_) if binds_a_name(&text, range.start) => continue,
                Ok(n) => (n + 1).to_string(),
                Err(_) if word == "TIME_WAIT" => "LAST_ACK".to_owned(),
                Err(_) if word.starts_with("WSA") && word != "WSAEINTR" => "WSAEINTR".to_owned(),
                Err(_) => "TIME_WAIT".to_owned(),
            };
            let other = format!("{}{changed}{}", &text[..range.start], &text[range.end..]);
            let said = verdict(&other);
            assert!(matches!(said, Verdict::Failed(_)), "{name}: {word} -> {changed} still passes");
        }
    }
}

fn binds_a_name(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or("");
    line.contains("socket(AF_INET") || line.contains("socket(...") || line.contains("accept(")
}

/// `ip=` is the host's address of its family; nobody else's, and one that a host can have.
///
/// Mutation: `ip=` is not looked at.
#[test]
fn a_host_has_the_address_that_its_header_gives() {
    let named = |ip: &str| HARD.replace("--host=server\n", &format!("--host=server,ip={ip}\n"));
    let text = named("10.9.8.7").replace(
        "0.010 server: accept(3) = 4",
        "0.010 server: accept(3) = 4\n+0 client: getpeername(3) = 0 {10.9.8.7:80}",
    );
    assert_eq!(verdict(&text), Verdict::Passed, "{text}");
    for (ip, said) in
        [("10.0.0.2", "another host's"), ("0.0.0.0", "would do"), ("ten", "would do"), ("::1", "would do")]
    {
        let text = named(ip);
        let Verdict::Failed(failures) = verdict(&text) else { panic!("{ip} passes") };
        assert!(failures[0].bad_input && failures[0].happened.contains(said), "{ip}: {failures:?}");
    }

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
+0     client: crash()
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

fn printed(text: &str) -> Option<String> {
    let options = Options::default();
    let report = script::run(text, &options).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    report.run.as_ref()?;
    Some(script::print(text, &options, &report).unwrap_or_else(|e| panic!("{e}\n{text}")))
}

/// A run that is printed is a scenario that passes, and that prints itself. Files with one machine print themselves
/// as soon as their runs are kept.
#[test]
fn a_printed_run_passes_and_prints_itself() {
    let mut texts: Vec<String> = shipped().into_iter().map(|(_, text)| text).collect();
    texts.extend([HARD, LINGERING, ONE_MACHINE, EVERYTHING, V6].map(str::to_owned));
    let mut count = 0;
    for text in texts {
        let Some(first) = printed(&text) else {
            assert!(!text.contains("--host"), "a run with lanes is kept:\n{text}");
            continue;
        };
        count += 1;
        assert_eq!(verdict(&first), Verdict::Passed, "{first}");
        assert_eq!(printed(&first).as_deref(), Some(first.as_str()));
        let calls = |text: &str| text.matches(": send(").count() + text.matches(": closesocket(").count();
        if text.contains("--host") {
            assert_eq!(calls(&text), calls(&first), "{first}");
        }
    }
    assert!(count >= 15, "{count} were printed");
}

/// Each packet, call and time of a printed run is expected: changed in one, it fails.
#[test]
fn a_printed_run_with_one_thing_changed_fails() {
    let text = printed(LINGERING).expect("a run with lanes");
    for line in text.lines().filter(|line| line.contains(" > ") && !line.contains("net:")) {
        let gone = text.replacen(&format!("{line}\n"), "", 1);
        assert!(matches!(verdict(&gone), Verdict::Failed(_)), "without {line} it still passes");
        let other = text.replacen(line, &line.replace(" win 65535", " win 65534"), 1);
        assert!(matches!(verdict(&other), Verdict::Failed(_)), "with another window {line} still passes");
    }
    for range in expectations(&text) {
        let Ok(n) = text[range.clone()].parse::<i64>() else { continue };
        if !binds_a_name(&text, range.start) {
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
    let first = printed(&text).expect("a run with lanes");
    let waits = |line: &str| line.starts_with("0.040000...*") && line.ends_with(" server: accept(3) = ...");
    assert!(first.lines().any(waits), "{first}");
    assert!(first.contains("server: crash()\n"), "{first}");
    assert_eq!(verdict(&first), Verdict::Passed, "{first}");
    assert_eq!(printed(&first), Some(first));
}

/// What a scenario cannot say is refused, not left out.
#[test]
fn what_cannot_be_printed_says_so() {
    let options = Options { profile: Profile { max_backlog: 7, ..Profile::WINDOWS }, ..Options::default() };
    let report = script::run(HARD, &options).expect("a scenario");
    let refused = script::print(HARD, &options, &report).expect_err("no --set=max_backlog");
    assert!(refused.to_string().contains("--set"), "{refused}");
    let never = script::Report { verdict: Verdict::Passed, run: None, skipped_lines: 0 };
    assert!(script::print(HARD, &options, &never).is_err());
}
