//! Scenarios: what ships, what the table writes, and what each line is worth: changed in one number, code or time,
//! a scenario fails.

#[path = "scenarios/support.rs"]
mod support;

use closewait::profile::Profile;
use closewait_sim::script::{self, Options, Verdict};
use closewait_sim::table::{self, Parameters};
use support::{HARD, LINGERING, ONE_MACHINE, binds_a_name, expectations, shipped};

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

/// A call that waits for so long only is no call that waits for ever.
///
/// Mutation: the deadline of a call does not count.
#[test]
fn at_rest_waits_for_a_call_with_a_deadline() {
    let select = |timeout: &str| {
        format!(
            "--host=a\n 0 a: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n\
             +0...* a: select(read=[3]{timeout}) = 0 {{}}\n^+0 net: at_rest\n"
        )
    };
    assert_eq!(verdict(&select(", timeout=100")), Verdict::Passed);
    assert!(matches!(verdict(&select("")), Verdict::Failed(_)));
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
}
