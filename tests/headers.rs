//! Headers of scenarios: fields of a profile that a file sets.

use closewait::profile::Profile;
use closewait_sim::script::{self, Failure, Options, Verdict};

/// A client that closes first: its FIN leaves at 0.030, the server's at 0.040, and its TIME_WAIT begins at 0.050.
const GRACEFUL: &str = "\
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
+0     client: closesocket(3) = 0
+0.010 server: recv(4, 100) = 0
+0     server: closesocket(4) = 0
0.050  client: time_wait == 1
";

fn run(text: &str, profile: Profile) -> Verdict {
    let options = Options { profile, ..Options::default() };
    script::run(text, &options).unwrap_or_else(|d| panic!("{d:?}\n{text}")).verdict
}

fn failures(text: &str) -> Vec<Failure> {
    match run(text, Profile::WINDOWS) {
        Verdict::Failed(failures) => failures,
        other @ (Verdict::Passed | Verdict::Skipped(_)) => panic!("{other:?}\n{text}"),
    }
}

/// Mutation: `--set` is read and not applied.
#[test]
fn a_file_sets_a_field_and_the_twin_a_nanosecond_earlier_sees_it_not_yet() {
    let hosts = "--host=server\n--host=client\n";
    let text = format!("--set=time_wait=0.25s\n{hosts}{GRACEFUL}0.299999999 client: time_wait == 1\n");
    assert_eq!(run(&text, Profile::WINDOWS), Verdict::Passed);
    let text = format!("{text}0.300 client: time_wait == 0\n");
    assert_eq!(run(&text, Profile::WINDOWS), Verdict::Passed);
}

/// What a file sets is set on each of its hosts, and the rest of their profiles stays: the command line's (R12:
/// 240 s under `documented`), the file's, the host's own.
///
/// Mutation: the file's `--set` starts from `windows`.
#[test]
fn what_a_file_sets_goes_on_top_of_whichever_profile_a_host_has() {
    let after = |seconds: u32| {
        format!("{seconds}.049999999 client: time_wait == 1\n{seconds}.050 client: time_wait == 0\n")
    };
    let hosts = "--host=server\n--host=client\n";
    let own = "--host=server\n--host=client,profile=documented\n";
    for (headers, profile, seconds) in [
        (format!("--set=min_rto=1s\n{hosts}"), Profile::WINDOWS, 120),
        (format!("--set=min_rto=1s\n{hosts}"), Profile::DOCUMENTED, 240),
        (format!("--set=min_rto=1s\n--profile=windows\n{hosts}"), Profile::DOCUMENTED, 120),
        (format!("--set=min_rto=1s\n{own}"), Profile::WINDOWS, 240),
        (format!("--set=time_wait=7s\n{own}"), Profile::WINDOWS, 7),
        (format!("{own}--set=time_wait=7s\n--set=time_wait=8s\n"), Profile::WINDOWS, 8),
    ] {
        let text = format!("{headers}{GRACEFUL}{}", after(seconds));
        assert_eq!(run(&text, profile), Verdict::Passed, "{text}");
    }
}

/// Mutation: a header that is wrong is left out.
#[test]
fn a_setting_that_is_none_is_bad_input_and_says_what_would_do() {
    for (header, said) in [
        ("--set=time_wait", "a field of the profile and its value: --set=time_wait=30s"),
        ("--set=time_wait=30", "time_wait=30: a time such as 30s or 0.5ms would do"),
        ("--set=time_wiat=30s", "a profile has no field time_wiat to set: time_wait would do"),
        (
            "--set=ack_throttle.cuont=3",
            "a profile has no field ack_throttle.cuont to set: ack_throttle.count would do",
        ),
        ("--set=abort_flags=fin", "abort_flags=fin: rst_ack or rst would do"),
    ] {
        let text = format!("{header}\n--host=server\n--host=client\n{GRACEFUL}");
        let found = failures(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].bad_input && found[0].happened == said, "{found:?}");
        assert_eq!(&text[found[0].span.start..found[0].span.end], &header[6..], "the place is the value");
    }
    let found = failures(&format!("--set=colour=blue\n--host=server\n--host=client\n{GRACEFUL}"));
    assert!(
        found[0].happened.starts_with("a profile has no field colour to set: nonblocking_linger, "),
        "{found:?}"
    );
}

/// Events and protocol infos are made by calls; used before, they make the file bad input, each at its place. Events
/// belong to their process, infos to everybody.
///
/// Mutation: an event is everybody's.
#[test]
fn a_label_is_bound_before_it_is_used() {
    let head = "--host=a\n--host=b\n";
    let run = |lines: &str| {
        let text = format!("{head}{lines}");
        let report = script::run(&text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
        match report.verdict {
            Verdict::Failed(failures) => {
                let bad = failures.iter().filter(|failure| failure.bad_input);
                bad.map(|f| text[f.span.start..f.span.end].to_owned()).collect()
            }
            Verdict::Passed | Verdict::Skipped(_) => Vec::new(),
        }
    };
    let none: [String; 0] = [];
    assert_eq!(
        run("0 a: WSAEventSelect(3, ev1, FD_READ) = 0\n+0 a: WSASocket(info2) = 4\n"),
        ["ev1", "info2"]
    );
    assert_eq!(run("0 a: WSARecv(3, 10, ov1{event=ev7}) = -1 WSA_IO_PENDING\n"), ["ev7"]);
    let made = "0 a: WSACreateEvent() = ev1\n+0 a: WSADuplicateSocket(3, b.p1) = 0 info1\n";
    assert_eq!(run(&format!("{made}+0 a.t2: WSAResetEvent(ev1) = 1\n+0 b: WSASocket(info1) = 4\n")), none);
    assert_eq!(
        run(&format!("{made}+0 a.p2: WSAResetEvent(ev1) = 1\n+0 b: WSAResetEvent(ev1) = 1\n")),
        ["ev1", "ev1"]
    );
    assert_eq!(run("0 a: WSAAsyncSelect(3, win1, FD_CLOSE) = 0\n"), none);
}
