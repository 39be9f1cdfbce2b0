//! ICMP to TCP (RFC 9293 3.9.2.2, RFC 5461, RFC 5927): one machine, to which the script is the network.

use super::passes;
use closewait::profile::Profile;

/// A connect under way: the SYN has number 0.
const OPENING: &str = "\
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) <...>
";

/// A connection with 1,000 bytes outstanding, 1 to 1000.
const SENT: &str = "\
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0     > . 1:1(0) ack 1
+0     send(3, 1000) = 1000
+0     > P. 1:1001(1000) ack 1
";

fn with(profile: &str, text: &str) {
    passes(&format!("--profile={profile}\n{text}"));
}

/// R77: a hard error about the SYN refuses the connection, in every profile. MUST-54, RFC 5927: it must quote the SYN
/// itself, not a number beside it.
///
/// Mutation: a message is believed whatever segment it quotes.
#[test]
fn tr_113_a_hard_error_ends_an_opening_connection_if_it_quotes_the_syn() {
    for profile in Profile::ALL.map(|profile| profile.name) {
        for code in ["port_unreachable", "protocol_unreachable"] {
            with(
                profile,
                &format!(
                    "{OPENING}+0.1 < [4294967295:4294967295(0)] icmp unreachable {code}
+0.1 < [1:1(0)] icmp unreachable {code}
+0   state(3) == SYN_SENT
+0.1 < [0:0(0)] icmp unreachable {code}
+0   state(3) == CLOSED
+0   getsockopt(3, SO_ERROR) = 0 {{10061}}
"
                ),
            );
        }
    }
}

/// SHLD-26: RFC 9293 aborts an established connection, with a RST; Windows does not (R77). TR-113: only for a segment
/// that is outstanding: not before 1, not from 1001 on.
///
/// Mutation: what is acknowledged, or not yet sent, counts as outstanding.
#[test]
fn tr_117_a_hard_error_ends_an_established_connection_where_the_profile_says() {
    let not_outstanding = "\
+0.01  < [0:0(0)] icmp unreachable port_unreachable
+0.01  < [1001:1001(0)] icmp unreachable port_unreachable
+0     state(3) == ESTABLISHED
";
    let last = "+0.01  < [1000:1000(0)] icmp unreachable port_unreachable\n";
    for profile in ["documented", "rfc9293"] {
        with(
            profile,
            &format!(
                "{OPENING}{SENT}{not_outstanding}{last}+0 > R. 1001:1001(0) ack 1
+0     state(3) == CLOSED
+0     recv(3, 10) = -1 WSAECONNRESET
"
            ),
        );
    }
    let goes_on = "+0 state(3) == ESTABLISHED\n+0.01 < . 1:1(0) ack 1001 win 65535\n";
    with("windows", &format!("{OPENING}{SENT}{not_outstanding}{last}{goes_on}"));
    with("rfc9293", &format!("--set=hard_errors=soft\n{OPENING}{SENT}{last}{goes_on}"));
}

/// MUST-56: soft errors end nothing, whatever the state. The SYN and the text are still retransmitted.
///
/// Mutation: net unreachable is a hard error.
#[test]
fn tr_115_soft_errors_never_abort() {
    for soft in [
        "unreachable net_unreachable",
        "unreachable host_unreachable",
        "unreachable source_route_failed",
        "unreachable packet_filtered",
        "time_exceeded",
        "parameter_problem",
    ] {
        for profile in Profile::ALL.map(|profile| profile.name) {
            with(
                profile,
                &format!(
                    "{OPENING}+0 < [0:0(0)] icmp {soft}\n+0 state(3) == SYN_SENT\n+1 > S 0:0(0) <...>\n"
                ),
            );
            with(
                profile,
                &format!(
                    "--set=min_rto=1s\n{OPENING}{SENT}+0 < [1:1001(1000)] icmp {soft}\n+0 state(3) == ESTABLISHED
+1 > P. 1:1001(1000) ack 1
"
                ),
            );
        }
    }
}

/// R78: connect that gives up says what ICMP had said was not reached; without a message, or with the reports off
/// (SHLD-20), that nobody answered. R44: after 21 s.
///
/// Mutation: the message is forgotten.
#[test]
fn tr_99_a_connect_that_gives_up_tells_of_the_soft_error() {
    let syns = "+1 > S 0:0(0) <...>\n+2 > S 0:0(0) <...>\n+4 > S 0:0(0) <...>\n+8 > S 0:0(0) <...>\n";
    for (settings, message, code) in [
        ("", "< [0:0(0)] icmp unreachable net_unreachable", "WSAENETUNREACH"),
        ("", "< [0:0(0)] icmp unreachable host_unreachable", "WSAEHOSTUNREACH"),
        ("", "< [0:0(0)] icmp time_exceeded", "WSAEHOSTUNREACH"),
        ("", "state(3) == SYN_SENT", "WSAETIMEDOUT"),
        ("--set=soft_errors=ignored\n", "< [0:0(0)] icmp unreachable net_unreachable", "WSAETIMEDOUT"),
    ] {
        passes(&format!(
            "{settings}{OPENING}+0 {message}\n{syns}+6 getsockopt(3, SO_ERROR) = 0 {{{code}}}\n"
        ));
    }
}

/// MUST-55: a source quench changes nothing: what may be sent is sent.
///
/// Mutation: a source quench counts as a hard error.
#[test]
fn tr_114_source_quench_is_dropped() {
    with(
        "rfc9293",
        &format!(
            "{OPENING}{SENT}+0 < [1:1001(1000)] icmp source_quench\n+0 state(3) == ESTABLISHED
+0     setsockopt(3, TCP_NODELAY, 1) = 0
+0     send(3, 1000) = 1000
+0     > P. 1001:2001(1000) ack 1
"
        ),
    );
}

/// ICMPv6: codes 1 and 4 are hard (RFC 5461 section 2), 0 and 3 are not.
///
/// Mutation: ICMPv6 has no hard errors.
#[test]
fn tr_117_icmpv6_has_codes_of_its_own() {
    let opening = format!("--profile=rfc9293\n--ip_version=ipv6\n{OPENING}");
    for soft in ["unreachable no_route", "unreachable address_unreachable", "time_exceeded"] {
        passes(&format!("{opening}+0 < [0:0(0)] icmpv6 {soft}\n+0 state(3) == SYN_SENT\n"));
    }
    for hard in ["admin_prohibited", "port_unreachable"] {
        passes(&format!("{opening}+0 < [0:0(0)] icmpv6 unreachable {hard}\n+0 state(3) == CLOSED\n"));
    }
}

/// SYN_RECEIVED of a listener: a hard error ends it, and nobody is told.
///
/// Mutation: a hard error is soft to SYN_RECEIVED.
#[test]
fn tr_117_a_hard_error_ends_a_handshake() {
    for (profile, rst) in [("windows", "> R. 1:1(0) ack 1"), ("rfc9293", "> R. 1:1(0) ack 1")] {
        with(
            profile,
            &format!(
                " 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     bind(3, ..., ...) = 0
+0     listen(3, 5) = 0
+0     < S 0:0(0) win 1000
+0     > S. 0:0(0) ack 1 <...>
+0     < [0:0(0)] icmp unreachable port_unreachable
+0     {rst}
+0     at_rest
"
            ),
        );
    }
}
