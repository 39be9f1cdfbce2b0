//! Files with one machine: which connection a packet is of, what is compared, what a setting changes; and that such
//! a run has a log as any other.

use closewait::profile::Profile;
use closewait_sim::script::{self, Options, Report, Verdict};
use closewait_sim::trace::What;

fn run(text: &str, lenient: bool) -> Report {
    let options = Options { profile: Profile::RFC9293, lenient, ..Options::default() };
    script::run(text, &options).unwrap_or_else(|d| panic!("{d:?}\n{text}"))
}

fn passes(text: &str) {
    assert_eq!(run(text, false).verdict, Verdict::Passed, "{text}");
}

/// The failure's expectation and what happened.
fn fails(text: &str) -> (String, String) {
    match run(text, false).verdict {
        Verdict::Failed(mut failures) => {
            let failure = failures.remove(0);
            (failure.expected, failure.happened)
        }
        other @ (Verdict::Passed | Verdict::Skipped(_)) => panic!("{other:?}\n{text}"),
    }
}

const LISTENING: &str = "\
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     bind(3, ..., ...) = 0
+0     listen(3, 5) = 0
";

const CONNECTED: &str = "\
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) win 65535 <...>
+0.1   < S. 0:0(0) ack 1 win 1000 <mss 1460>
+0     > . 1:1(0) ack 1
";

/// packetdrill has one connection under test: `connect` and `listen` choose it anew.
///
/// Mutation: the first connection stays the one under test.
#[test]
fn connect_and_listen_choose_the_connection_under_test() {
    passes(&format!(
        "{CONNECTED}
+0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 4
+0     fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(4, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) <...>
+0     < R. 0:0(0) ack 1
+0     getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0
+0     state(3) == ESTABLISHED
+0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0     bind(5, ..., ...) = 0
+0     listen(5, 1) = 0
+0     < S 7:7(0) win 1000
+0     > S. 0:0(0) ack 8 <...>
+0     < . 8:8(0) ack 1 win 1000
+0     accept(5, ..., ...) = 6
+0     state(6) == ESTABLISHED
+0     listen(5, 1) = 0
+0     < S 70:70(0) win 1000
+0     > S. 0:0(0) ack 71 <...>
"
    ));
}

/// `...(0)`: whatever number, so many octets of text.
///
/// Mutation: a number that is left open is 0.
#[test]
fn a_number_can_be_left_open() {
    passes(&format!("{LISTENING}+0 < S 9:9(0) win 1000\n+0 > S. ...(0) ack 10 <...>\n"));
    passes(&format!("{CONNECTED}+0 send(3, 100) = 100\n+0 > P. ...(100) ack 1\n"));
    let (expected, _) = fails(&format!("{CONNECTED}+0 send(3, 100) = 100\n+0 > P. ...(99) ack 1\n"));
    assert!(expected.contains("...(99)"), "{expected}");
}

/// What C's pointers point at is compared, but for the sizes of buffers under `lenient`.
///
/// Mutation: what stands in brackets is not compared.
#[test]
fn what_pointers_point_at_is_compared() {
    let line = "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0\n";
    let (expected, _) = fails(&format!("{CONNECTED}{line}"));
    assert_eq!(expected, "ECONNRESET");
    passes(&format!("{CONNECTED}+0 < R 1:1(0)\n{line}"));
    let size = format!("{CONNECTED}+0 getsockopt(3, SOL_SOCKET, SO_RCVBUF, [65700], [4]) = 0\n");
    fails(&size);
    assert_eq!(run(&size, true).verdict, Verdict::Passed);
}

/// A kernel's variable sets its field from its line on, and back.
///
/// Mutation: settings are made before the first line.
#[test]
fn a_setting_counts_from_its_line_on() {
    let probe = "+0 < R 100:100(0)\n";
    let challenge = format!("{probe}+0 > . 1:1(0) ack 1\n");
    let set = |n| format!("+0 `sysctl -w net.inet.tcp.insecure_rst={n}`\n");
    passes(&format!("{CONNECTED}{challenge}{}{}{challenge}", set(1), set(0)));
    passes(&format!("{CONNECTED}{challenge}{}{probe}+0 state(3) == CLOSED\n{}", set(1), set(0)));
}

/// Under `lenient` the stack's numbers are relative to what its SYN is written with.
///
/// Mutation: numbers stay relative to the real initial number.
#[test]
fn lenient_numbers_follow_the_script() {
    let text = format!("{LISTENING}+0 < S 0:0(0) win 9\n+0 > S. 500:500(0) ack 1 win 1 <mss 9>\n");
    fails(&text);
    let on = format!(
        "{text}+0 < . 1:1(0) ack 501 win 9\n+0 accept(3, ..., ...) = 4\n+0 state(4) == ESTABLISHED\n"
    );
    assert_eq!(run(&on, true).verdict, Verdict::Passed);
}

/// Checks stand in files with one machine, too.
///
/// Mutation: every state is the one that is expected.
#[test]
fn checks_look_at_the_machine() {
    let close = "+0 close(3) = 0\n+0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 2\n+0 > . 2:2(0) ack 2\n";
    let text = format!("{CONNECTED}+0 leaks == 1\n{close}+0 state(3) == TIME_WAIT\n+0 leaks == 0\n");
    passes(&format!("{text}+0 time_wait == 1\n+0 at_rest\n+240 time_wait == 0\n"));
    assert_eq!(fails(&format!("{text}+0 time_wait == 2\n")), ("time_wait == 2".into(), "1".into()));
    let (expected, happened) = fails(&format!("{CONNECTED}+0 state(3) == CLOSE_WAIT\n"));
    assert_eq!((expected.as_str(), happened.as_str()), ("state(3) == CLOSE_WAIT", "ESTABLISHED"));
    let (_, happened) = fails(&format!("{CONNECTED}+0 at_rest\n"));
    assert!(happened.contains("ESTABLISHED"), "{happened}");
}

/// A lane needs a host that has its name.
///
/// Mutation: lanes of files without hosts are ignored.
#[test]
fn a_lane_without_hosts_is_bad_input() {
    let Verdict::Failed(failures) =
        run("0 client: socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n", false).verdict
    else {
        panic!("no host is named client")
    };
    assert!(failures[0].bad_input && failures[0].happened.contains("--host=client"), "{failures:?}");
}

/// The log of one machine has what both ends sent; the wire's packets arrive at once.
///
/// Mutation: the wire's packets are delivered past the link.
#[test]
fn one_machine_has_a_log() {
    let (world, log) = run(CONNECTED, false).run.expect("it ran");
    let sent: Vec<_> = log
        .entries()
        .iter()
        .filter_map(|entry| {
            let What::Sent { packet, .. } = &entry.what else { return None };
            let host = entry.host.map_or("", |id| world.name(id));
            Some((host, packet.segment.flags.to_string(), entry.at.as_nanos() / 1_000_000))
        })
        .collect();
    let sent: Vec<_> = sent.iter().map(|(host, flags, ms)| (*host, flags.as_str(), *ms)).collect();
    assert_eq!(sent, [("machine", "S", 0), ("wire", "S.", 100), ("machine", ".", 100)]);
}

/// As in packetdrill a packet is compared when its line comes: calls may stand between, for as long as the tolerance.
///
/// Mutation: a packet is overdue as soon as another line comes.
#[test]
fn calls_may_stand_between_a_packet_and_its_line() {
    let text = |wait: &str| {
        format!("{CONNECTED}+0 send(3, 100) = 100\n+{wait} leaks == 1\n+0 > P. 1:101(100) ack 1\n")
    };
    passes(&text("0"));
    passes(&text("0.003"));
    let (expected, _) = fails(&text("0.1"));
    assert_eq!(expected, "no other packet to leave before");
}

/// A kernel's segmentation offload makes one packet of what leaves here in two; `lenient` puts them together.
///
/// Mutation: they are never put together.
#[test]
fn lenient_joins_what_offload_would_not_have_parted() {
    let opened = CONNECTED.replace("win 1000 ", "win 65535 ");
    let text = format!("{opened}+0 send(3, 2920) = 2920\n+0 > P. 1:2921(2920) ack 1\n");
    fails(&text);
    assert_eq!(run(&text, true).verdict, Verdict::Passed);
    let other = text.replace("2921(2920)", "2922(2921)");
    assert!(matches!(run(&other, true).verdict, Verdict::Failed(_)));
}

/// What the RFCs ask stands under `#ifdef STANDARD` in FreeBSD's suite.
///
/// Mutation: no name is defined.
#[test]
fn the_standard_branch_is_read() {
    let branch = "#ifdef STANDARD\n+0 state(3) == ESTABLISHED\n#else\n+0 state(3) == CLOSED\n#endif\n";
    passes(&format!("{CONNECTED}{branch}"));
    fails(&format!("{CONNECTED}{}", branch.replace("ESTABLISHED", "CLOSED")));
}

/// A call with a span that is over returns too early.
///
/// Mutation: a call that returns at once is always in time.
#[test]
fn a_span_is_no_shorter_than_it_says() {
    let text = |span: &str| format!("{CONNECTED}+{span} getsockopt(3, SO_ERROR) = 0 {{0}}\n");
    passes(&text("0...0.002"));
    let (expected, _) = fails(&text("0...0.5"));
    assert!(expected.starts_with("to return at"), "{expected}");
}

/// A query counts sockets without a connection as CLOSED, in whichever spelling.
///
/// Mutation: only connections and listeners are counted.
#[test]
fn a_socket_without_a_connection_is_closed() {
    let query = |n: u32| format!("+0 `sockstat -4 -P tcp -s | grep -c CLOSED | grep {n}`\n");
    passes(&format!("{CONNECTED}{}+0 < R 1:1(0)\n{}+0 close(3) = 0\n{}", query(0), query(1), query(0)));
    passes(&format!("{CONNECTED}+0 %{{ assert tcpi_state == TCPI_ESTABLISHED }}%\n"));
}

/// What a kernel's `socket` takes and Winsock's does not makes the file one that is skipped, not bad.
///
/// Mutation: it is bad input.
#[test]
fn what_is_not_winsocks_is_skipped() {
    for line in [
        "0 socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3\n",
        "0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 recv(3, ..., 10, MSG_DONTWAIT) = -1 EAGAIN\n",
        "0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 send(3, ..., 10, MSG_MORE) = 10\n",
        "0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 setsockopt(3, SOL_IP, IP_TTL, [4], 4) = 0\n",
    ] {
        assert!(matches!(run(line, false).verdict, Verdict::Skipped(_)), "{line}");
    }
}

/// Kernels' switches of window scaling, timestamps and SACK: what a SYN offers.
///
/// Mutation: rfc1323 says nothing of timestamps.
#[test]
fn settings_say_what_a_syn_offers() {
    let syn = |lines: &str, options: &str| {
        passes(&format!(
            "0 {lines}\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n\
             +0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) win 65535 <{options}>\n"
        ));
    };
    syn("`sysctl net.inet.tcp.rfc1323=1`", "mss 1460,wscale 1,sackOK,TS val ... ecr 0");
    syn("`sysctl net.inet.tcp.rfc1323=0`", "mss 1460,nop,nop,sackOK");
    syn("`sysctl net.ipv4.tcp_sack=0 net.ipv4.tcp_window_scaling=0`", "mss 1460");
}

/// Under `lenient` the machine offers what the script's own SYN lists: what both ends agreed on is in every segment
/// after it. RFC 7323 2.2: windows after the handshake are shifted; of the 65,535 of the SYN, 65,535 >> 9 is 127.
///
/// Mutation: the profile alone says what is offered.
#[test]
fn lenient_offers_what_the_scripts_syn_lists() {
    let text = |offered: &str, agreed: &str| {
        format!(
            " 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n\
             +0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) {offered}\n\
             +0 < S. 0:0(0) ack 1 win 1000 <mss 1460,sackOK,TS val 7 ecr 1,nop,wscale 0>\n+0 > . 1:1(0) ack 1 {agreed}\n"
        )
    };
    for (offered, agreed) in [
        ("<mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 9>", "win 127 <nop,nop,TS val 2 ecr 7>"),
        ("<mss 1460,nop,wscale 9>", "win 127 <nop>"),
        ("<mss 1460>", "win 65535 <nop>"),
        // The profile's own: a shift of 1, and no timestamps.
        ("<...>", "win 32767 <nop>"),
    ] {
        let text = text(offered, agreed);
        assert_eq!(run(&text, true).verdict, Verdict::Passed, "{text}");
    }
    let (offered, agreed) =
        ("<mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 9>", "win 127 <nop,nop,TS val 2 ecr 7>");
    fails(&text(offered, agreed));
}

/// A kernel's receive offload hands up more than a link carries in one piece; it is acknowledged as one.
///
/// Mutation: what is too big for the link is lost on it.
#[test]
fn a_segment_may_be_larger_than_a_link_carries() {
    passes(&format!("{CONNECTED}+0 < . 1:20001(20000) ack 1\n+0 > . 1:1(0) ack 20001\n"));
}

/// A call with a span may return after the last line, and then when the span says.
///
/// Mutation: nothing happens after the last line.
#[test]
fn a_span_may_end_after_the_last_line() {
    let connect = |end| {
        format!(
            "0 `true\n./set_sysctls.py /proc/sys/net/ipv4/tcp_syn_retries=1`\n\
             0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
             0...{end} connect(3, ..., ...) = -1 ETIMEDOUT\n0 > S 0:0(0) <...>\n1 > S 0:0(0) <...>\n"
        )
    };
    // RFC 6298 5.5: the first timeout is a second, the second two.
    passes(&connect(3));
    let (expected, happened) = fails(&connect(2));
    assert_eq!(expected, "to return at 2.000000");
    assert!(happened.contains("returned at 3.000000"), "{happened}");
}
