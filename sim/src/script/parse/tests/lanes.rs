//! Times, lanes, packets in lanes, the network, checks, headers, and the examples of the notation's page.

use super::{line, lines, parse, table};

#[test]
fn times() {
    for (source, expected) in [
        ("0", "@0ms"),
        ("0.25", "@250ms"),
        (".01", "@10ms"),
        ("+0", "+0ms"),
        ("+.001", "+1ms"),
        ("+ 0.1", "+100ms"),
        ("^+0.1", "^100ms"),
        ("0.000000001", "@1ns"),
        ("0.1~0.2", "@100ms~200ms"),
        ("+0~+0.1", "+0ms~100ms"),
        ("+0~0.1", "+0ms~100ms"),
        ("0.100...0.200", "@100ms..200ms"),
        ("+0...0.300", "+0ms..300ms"),
        ("+.01...0.011", "+10ms..11ms"),
        ("+0....5", "+0ms..500ms"),
        ("^+0...*", "^0ms..*"),
        ("0...1~2", "@0ms..1000ms~2000ms"),
        ("0~0.1...1~2.5", "@0ms~100ms..1000ms~2500ms"),
        ("*", "*"),
        ("18446744073.709551615", "@18446744073709551615ns"),
    ] {
        assert_eq!(
            line(&format!("{source} client: WSACleanup() = 0")),
            format!("{expected} client/1/1 WSACleanup[] -> 0")
        );
    }
    assert_eq!(lines("0.5\n\n  close(3) = 0"), ["@500ms - close[3] -> 0"]);
}

#[test]
fn packets_of_lanes() {
    table(&[
        ("+0 client > R.", "+0ms client/1/1 out R."),
        ("client > F. 1:1(0) ack 1", "+0ms client/1/1 out F. 1:1(0) ack 1"),
        ("client: > P. 1:6(5)", "+0ms client/1/1 out P. 1:6(5)"),
        ("0...1 client > none R", "@0ms..1000ms client/1/1 silence Some(R)"),
        ("client > none", "+0ms client/1/1 silence None"),
        ("client > none F.", "+0ms client/1/1 silence Some(F.)"),
    ]);
}

#[test]
fn network_and_host_events() {
    table(&[
        ("net: cut", "+0ms net cut all"),
        ("net: cut client server", "+0ms net cut client server"),
        ("net: heal", "+0ms net heal all"),
        ("0.1 net: drop client > F.", "@100ms net drop #1 client F."),
        ("net: drop 2 client > P.", "+0ms net drop #2 client P."),
        ("net: dup client > . 1:1(0)", "+0ms net dup #1 client . 1:1(0)"),
        ("net: corrupt 3 server > S.", "+0ms net corrupt #3 server S."),
        ("net: hold 30ms client > F.", "+0ms net hold 30ms #1 client F."),
        ("net: hold 1.5s 2 client > F.", "+0ms net hold 1500ms #2 client F."),
        ("net: inject client < R 1:1(0)", "+0ms net inject client R 1:1(0)"),
        ("net: set delay=50ms loss=10%", "+0ms net set delay:50ms loss:10%"),
        ("net: set rate=10Mbit", "+0ms net set rate:10Mbit"),
        ("net: at_rest", "+0ms net at_rest"),
        ("client: exit()", "+0ms client/1/1 Exit"),
        ("client.p2: kill()", "+0ms client/2/1 Kill"),
        ("client: crash()", "+0ms client/1/1 Crash"),
        ("client.t2: exit_thread()", "+0ms client/1/2 ExitThread"),
        ("client: fail_network()", "+0ms client/1/1 FailNetwork"),
        ("client: restore_network()", "+0ms client/1/1 RestoreNetwork"),
        ("client: state(3) == TIME_WAIT", "+0ms client/1/1 state 3 TIME_WAIT"),
        ("client: time_wait == 1", "+0ms client/1/1 time_wait 1"),
        ("client.p2: leaks == 0", "+0ms client/2/1 leaks 0"),
    ]);
}

#[test]
fn headers() {
    let text = "\u{feff}--host=a,profile=windows,ip=10.0.0.1 --host=my-host  // two on a line\n\
                --link=a,my-host,delay=10ms,loss=1%\r\n/* and */ --set=time_wait=30s\n--verbose\n\
                --define=RUN=`echo\ntwo lines`\n--cc=\"reno or so\"\n\nmy-host: at_rest\n";
    let script = parse(text).expect("a script");
    let headers: Vec<_> = script
        .headers
        .iter()
        .map(|header| (header.name.value.as_str(), header.value.as_ref().map(|value| value.value.as_str())))
        .collect();
    assert_eq!(
        headers,
        [
            ("host", Some("a,profile=windows,ip=10.0.0.1")),
            ("host", Some("my-host")),
            ("link", Some("a,my-host,delay=10ms,loss=1%")),
            ("set", Some("time_wait=30s")),
            ("verbose", None),
            ("define", Some("RUN=`echo\ntwo lines`")),
            ("cc", Some("reno or so")),
        ]
    );
    assert_eq!(lines(text), ["+0ms my-host/1/1 at_rest"]);
    let value = script.headers[2].value.as_ref().expect("a value");
    assert_eq!(&text[value.span.start..value.span.end], "a,my-host,delay=10ms,loss=1%");
}

#[test]
fn a_hard_close() {
    let text = "// A hard close, and what the peer sees.
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
    assert_eq!(
        lines(text),
        [
            "@0ms server/1/1 socket[name AF_INET, name SOCK_STREAM, name IPPROTO_TCP] -> 3",
            "+0ms server/1/1 bind[3, address */80] -> 0",
            "+0ms server/1/1 listen[3, 5] -> 0",
            "+0ms client/1/1 socket[name AF_INET, name SOCK_STREAM, name IPPROTO_TCP] -> 3",
            "+0ms..20ms client/1/1 connect[3, address server/80] -> 0",
            "+10ms server/1/1 accept[3] -> 4",
            "+0ms client/1/1 setsockopt[3, name SO_LINGER, {1, 0}] -> 0",
            "+0ms client/1/1 closesocket[3] -> 0",
            "+0ms client/1/1 out R.",
            "+0ms client/1/1 state 3 CLOSED",
            "+10ms server/1/1 recv[4, 100] -> -1 code name WSAECONNRESET",
            "+0ms server/1/1 closesocket[4] -> 0",
            "+0ms server/1/1 closesocket[3] -> 0",
            "+0ms net at_rest",
        ]
    );
}

#[test]
fn lingering_with_the_first_fin_lost() {
    let text = "--host=server
--host=client
0.1        client: setsockopt(3, SO_LINGER, {1, 5}) = 0
0.1        net: drop client > F.
0.1...0.420 client: closesocket(3) = 0
+0         client: state(3) == FIN_WAIT_2
";
    assert_eq!(
        lines(text),
        [
            "@100ms client/1/1 setsockopt[3, name SO_LINGER, {1, 5}] -> 0",
            "@100ms net drop #1 client F.",
            "@100ms..420ms client/1/1 closesocket[3] -> 0",
            "+0ms client/1/1 state 3 FIN_WAIT_2",
        ]
    );
}

#[test]
fn a_socket_closed_in_syn_sent() {
    let text = " 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0     > S 0:0(0) <...>
+0     close(3) = 0
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0     > R 1:1(0)
";
    assert_eq!(
        lines(text),
        [
            "@0ms - socket[any, name SOCK_STREAM, name IPPROTO_TCP] -> 3",
            "+0ms - fcntl[3, name F_SETFL, name O_RDWR|O_NONBLOCK] -> 0",
            "+0ms - connect[3, any, any] -> -1 code name EINPROGRESS",
            "+0ms - out S 0:0(0) <any>",
            "+0ms - close[3] -> 0",
            "+100ms - in S. 0:0(0) ack 1 win 65535 [Mss(1460)]",
            "+0ms - out R 1:1(0)",
        ]
    );
}
