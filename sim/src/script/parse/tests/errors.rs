//! What is wrong, where, and what was meant.

use super::super::{Diagnostic, parse, parse_bytes};
use super::errors;

/// The diagnostics of a script of one line, each as `column: message (suggestion?)`.
fn wrong(line: &str, expected: &str) {
    let found = errors(&format!("--host=client\n{line}\n"));
    let found: Vec<_> = found.iter().map(|found| found.strip_prefix("2:").unwrap_or(found)).collect();
    assert_eq!(found.join("; "), expected, "{line}");
}

fn only(text: &str) -> Diagnostic {
    let mut found = parse(text).expect_err("the script is wrong");
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn misspelt_names() {
    wrong("client: closesockt(3) = 0", "9: unknown function `closesockt` (closesocket?)");
    wrong("client: CloseSocket(3) = 0", "9: unknown function `CloseSocket` (closesocket?)");
    wrong("client: crahs()", "9: unknown function `crahs` (crash?)");
    wrong("client: frobnicate(3) = 0", "9: unknown function `frobnicate`");
    wrong("setsockopt(3, SO_LINGRE, {1, 0}) = 0", "15: unknown constant `SO_LINGRE` (SO_LINGER?)");
    wrong("recv(3, 1) = -1 WSAEWOULDBLOK", "17: unknown constant `WSAEWOULDBLOK` (WSAEWOULDBLOCK?)");
    wrong("fcntl(3, F_SETFL, O_RDWR|O_NONBLOK) = 0", "26: unknown constant `O_NONBLOK` (O_NONBLOCK?)");
    wrong("client: state(3) == TIMEWAIT", "21: unknown state `TIMEWAIT` (TIME_WAIT?)");
    wrong("client: stat(3) == TIME_WAIT", "9: unknown function `stat` (state?)");
    wrong("client: leak == 0", "9: unexpected `leak` (leaks?)");
    wrong("net: drpo client > F.", "6: unknown operation `drpo` on the network (drop?)");
    wrong("> S 0:0(0) <mms 1460>", "13: unknown TCP option `mms` (mss?)");
    wrong("#ifdeff X", "1: unknown directive `#ifdeff` (#ifdef?)");
    wrong("--tolerence_usecs=1\n", "1: unknown option `--tolerence_usecs` (--tolerance_usecs?)");
    // A constant that is like no other is for the run to judge.
    assert!(parse("setsockopt(3, SO_QUITE_ANOTHER_THING, 1) = 0").is_ok());
}

#[test]
fn times() {
    wrong("1e9 close(3) = 0", "1: `1e9` is not a time");
    wrong("-0.1 close(3) = 0", "1: the time `-0.1` is negative (0.1?)");
    wrong("+-1 close(3) = 0", "2: the time `-1` is negative (1?)");
    wrong("+30ms close(3) = 0", "2: `30ms` is not a time (0.03?)");
    wrong("0x10 close(3) = 0", "1: `0x10` is not a time");
    wrong("1.2.3 close(3) = 0", "1: `1.2.3` is not a time");
    wrong(
        "18446744073.709551616 close(3) = 0",
        "1: the time `18446744073.709551616` is beyond the end of the clock",
    );
    wrong(
        "99999999999999999999 close(3) = 0",
        "1: the time `99999999999999999999` is beyond the end of the clock",
    );
    wrong("0.0000000001 close(3) = 0", "1: the time `0.0000000001` is finer than a nanosecond");
    wrong("0.2...0.1 close(3) = 0", "7: this span ends before it starts");
    wrong("0.2~0.1 > R", "5: this span ends before it starts");
    wrong("0...2~1 close(3) = 0", "7: this span ends before it starts");
    wrong("0.1~+0.2 > R", "5: unexpected `+`");
    wrong("^0.1 close(3) = 0", "2: unexpected `0.1`");
    wrong("+ close(3) = 0", "3: unexpected `close`");
}

#[test]
fn lines() {
    wrong("client: close(3)", "17: the line ends too early");
    wrong("client: close(3) =", "19: the file ends too early");
    wrong("client: close 3", "15: unexpected `3`");
    wrong("client.q1: close(3) = 0", "8: unexpected `q1`");
    wrong("client.t1.p1: close(3) = 0", "11: unexpected `p1`");
    wrong("client.p0: close(3) = 0", "8: unexpected `p0`");
    wrong("client.p2 close(3) = 0", "11: unexpected `close`");
    wrong("close(3) = 0 close(4) = 0", "23: unexpected `=`");
    wrong("close(3) = 0 0 0", "16: unexpected `0`");
    wrong("close(3) = 0 (no end", "21: this remark has no end on its line");
    wrong("= 0", "1: unexpected `=`");
    wrong("0.1 ?", "5: unexpected `?`");
    wrong("client: exit(0)", "14: unexpected `0`");
    wrong("client: state(3) = LISTEN", "18: a check compares, with `==` (==?)");
    wrong("client: leaks == -1", "18: a number of things is never negative");
    wrong("net: cut client", "16: the line ends too early");
    wrong("net: drop client < F.", "18: unexpected `<`");
    wrong("net: drop 0 client > F.", "11: packets are counted from 1 on");
    wrong("net: hold 30 client > F.", "11: unexpected `30`");
    wrong("net: set delay=", "16: the line ends too early");
    wrong("close(3) = 0\n--seed=1", "3:1: the option `--seed` stands after an event");
    wrong("--seed=", "1: the option `--seed=` has no value");
    wrong("#else", "1: `#else` without a condition before");
    wrong("#endif", "1: `#endif` without a condition before");
    wrong("#ifdef", "1: `#ifdef` names nothing");
    wrong("#ifdef X", "1: this condition has no end");
}

#[test]
fn values() {
    wrong("recv(3, 4294967296) = 0", "9: the number `4294967296` is out of range");
    wrong("recv(3, -2147483649) = 0", "9: the number `-2147483649` is out of range");
    wrong("recv(3, 99999999999999999999) = 0", "9: the number `99999999999999999999` is out of range");
    wrong("recv(3, 0x) = 0", "9: `0x` is not a number");
    wrong("recv(3, 12ab) = 0", "9: `12ab` is not a number");
    wrong("recv(3, 1.5) = 0", "9: unexpected `1.5`");
    wrong("bind(3, :65536) = 0", "10: `65536` is not a port");
    wrong("bind(3, 10.0.0.256:80) = 0", "9: unexpected `10.0.0.256`");
    wrong("send(3, \"a\\q\", 1, 0) = 1", "11: unknown escape in a text");
    wrong("send(3, \"a\\x4\", 1, 0) = 1", "11: unknown escape in a text");
    wrong("send(3, \"a, 1, 0) = 1", "9: this text has no closing `\"` on its line");
    wrong("recv(3, 4 = 0", "11: unexpected `=`");
    wrong("recv(3,, 4) = 0", "8: unexpected `,`");
    wrong("recv(3, FD_READ|3) = 0", "17: unexpected `3`");
    wrong("recv(3, {1, 2]) = 0", "14: unexpected `]`");
}

#[test]
fn packets() {
    wrong("> X 0:0(0)", "3: unknown flag `X`");
    wrong("> 0:0(0)", "3: unexpected `0`");
    wrong("> . 1:1001(999)", "5: 1 and 999 bytes do not make 1001 (1:1000(999)?)");
    wrong("> . 1:1001", "11: the line ends too early");
    wrong("> . 1:65537(65536)", "13: the number `65536` is out of range");
    wrong("> . 1:1(0) ack -1", "16: the number `-1` is out of range");
    wrong("> . 1:1(0) win 65536", "16: the number `65536` is out of range");
    wrong("> . 1:1(0) <TS val 1>", "21: unexpected `>`");
    wrong("> . 1:1(0) <mss 1460", "21: the file ends too early");
}

#[test]
fn all_errors_of_a_file_are_found() {
    let text = "\
--host=server
0 server: sockt(AF_INET, SOCK_STREAM, 0) = 3
+0 server: bind(3, :80 = 0
+0 server: listen(3
+0 server: accept(3, {1, 2) = 4
0.5 > S 0:0(0) <mss 1460
server: closesocket(3) = 0
+0 server: %{ open
+0 server: `open
+0 server: closesocket(3) = = 0
/* open
";
    assert_eq!(
        errors(text),
        [
            "2:11: unknown function `sockt` (socket?)",
            "3:24: unexpected `=`",
            "4:20: the line ends too early",
            "5:27: unexpected `)`",
            "6:25: the line ends too early",
            "8:12: this code has no closing `}%`",
            "9:12: this shell line has no closing backquote",
            "10:29: unexpected `=`",
            "11:1: this comment has no closing `*/`",
        ]
    );
}

#[test]
fn a_bracket_left_open_hides_no_later_line() {
    assert_eq!(
        errors("listen(3, 5\naccept(3 = 4\n\nclosesockt(3) = 0\n"),
        [
            "1:12: the line ends too early",
            "2:10: unexpected `=`",
            "4:1: unknown function `closesockt` (closesocket?)"
        ]
    );
}

#[test]
fn what_would_do_is_said() {
    let found = only("0 closesocket(3)\n");
    assert_eq!(found.expected.as_deref(), Some("`=` and what the call returns; `= ...` takes anything"));
    assert_eq!(
        found.render("a.pkt", "0 closesocket(3)\n"),
        "a.pkt:1:17: error: the line ends too early
  |
1 | 0 closesocket(3)
  |                 ^ expected `=` and what the call returns; `= ...` takes anything
"
    );
}

#[test]
fn brackets_have_a_limit() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("recv(3, {}1{}) = 0", open.repeat(depth), close.repeat(depth))
    };
    assert!(parse(&nested("[", "]", 31)).is_ok());
    assert_eq!(only(&nested("[", "]", 32)).message, "brackets are nested too deeply");
    assert_eq!(only(&nested("{", "}", 100_000)).message, "brackets are nested too deeply");
    assert_eq!(only(&nested("a=", "", 100_000)).message, "names are nested too deeply");
    assert_eq!(only(&nested("{a:", "}", 100_000)).message, "brackets are nested too deeply");
    assert_eq!(only(&nested("{recv(", ")}", 100_000)).message, "brackets are nested too deeply");
}

#[test]
fn what_is_no_text_is_one_error() {
    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let found = parse_bytes(&binary).expect_err("not a text");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "this is not a text file");
    assert_eq!(parse_bytes(b"0 close(3) = 0\xff").expect_err("not a text")[0].span.start, 14);
    assert_eq!(only("0 close(3)\0 = 0").span.start, 10);
    assert!(parse_bytes(b"0 close(3) = 0").is_ok());
    assert!(parse_bytes(b"").is_ok());
}
