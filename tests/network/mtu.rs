//! Path MTU discovery (RFC 1191, RFC 8201): segments that were too big go out again at once, smaller.

use super::passes;

/// 2,920 bytes in two segments of 1,460, the initial window being ten.
fn sent(headers: &str) -> String {
    format!(
        "--set=window_scaling=off\n{headers} 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) <...>
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0     > . 1:1(0) ack 1
+0     send(3, 2920) = 2920
+0     > . 1:1461(1460) ack 1
+0     > P. 1461:2921(1460) ack 1
"
    )
}

/// A link carries 1,000 bytes: 960 in a segment, at once, from the first on that was too big; the second message tells
/// nothing new. What follows is small as well.
///
/// Mutations: the MSS stays; what was too big waits for the timer.
#[test]
fn r79_what_was_too_big_goes_out_again_at_once() {
    passes(&format!(
        "{}+0.01  < [1:1461(1460)] icmp unreachable frag_needed mtu 1000
+0     > . 1:961(960) ack 1
+0     > . 961:1921(960) ack 1
+0     > . 1921:2881(960) ack 1
+0     > P. 2881:2921(40) ack 1
+0     < [1461:2921(1460)] icmp unreachable frag_needed mtu 1000
+0.1   < . 1:1(0) ack 2921 win 65535
+0     send(3, 1000) = 1000
+0     > . 2921:3881(960) ack 1
+0     < . 1:1(0) ack 3881 win 65535
+0     > P. 3881:3921(40) ack 1
",
        sent("")
    ));
}

/// The congestion window stays what it was, ten segments of 1,460, and not a loss's: of 14,600 bytes 15 segments of
/// 960 go out again; the 200 bytes of room that are left are no segment (RFC 9293 3.8.6.2.1). An ACK of 960 bytes makes
/// room for 14,600 + 960 - 13,440 = 2,120 bytes: two more.
///
/// Mutation: the congestion window sinks to a segment.
#[test]
fn r79_the_congestion_window_is_not_reduced() {
    let mut text = "--set=window_scaling=off\n 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) <...>
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0     > . 1:1(0) ack 1
+0     send(3, 20000) = 20000
"
    .to_owned();
    for start in (1..14_601).step_by(1460) {
        text += &format!("+0 > . {start}:{}(1460) ack 1\n", start + 1460);
    }
    text += "+0.01 < [1:1461(1460)] icmp unreachable frag_needed mtu 1000\n";
    for start in (1..14_401).step_by(960) {
        text += &format!("+0 > . {start}:{}(960) ack 1\n", start + 960);
    }
    text += "+0.1 < . 1:1(0) ack 961 win 65535\n";
    text += "+0 > . 14401:15361(960) ack 1\n+0 > . 15361:16321(960) ack 1\n";
    passes(&text);
}

/// R79: the floor is 576 bytes in Windows, 68 in RFC 1191; a router that does not say what it carries means the next
/// MTU that links have below the packet's (RFC 1191 section 7: below 1,500 that is 1,492).
///
/// Mutation: the floor is not looked at.
#[test]
fn r79_the_path_carries_at_least_so_much() {
    for (headers, mtu, len) in [
        ("", "mtu 100", 536),
        ("", "mtu 577", 537),
        ("--profile=rfc9293\n", "mtu 100", 60),
        ("--profile=rfc9293\n", "mtu 40", 28),
        ("", "", 1452),
    ] {
        let mut text = sent(headers).replace(" <mss 1460>", " <mss 1460,nop,nop,sackOK>");
        text += &format!("+0.01 < [1:1461(1460)] icmp unreachable frag_needed {mtu}\n");
        let mut at = 1;
        while at < 2921 {
            let end = (at + len).min(2921);
            let flags = if end == 2921 { "P." } else { "." };
            text += &format!("+0 > {flags} {at}:{end}({}) ack 1\n", end - at);
            at = end;
        }
        passes(&text);
    }
}

/// RFC 8201 section 4: 1,280 bytes go everywhere; a message that says less is dropped. 1,280 - 60 = 1,220.
///
/// Mutation: an IPv6 path carries whatever ICMPv6 says.
#[test]
fn r79_ipv6_has_a_floor_of_its_own() {
    let text =
        sent("--ip_version=ipv6\n").replace("1460", "1440").replace("1461", "1441").replace("2921", "2881");
    let text = text.replace("2920", "2880");
    passes(&format!(
        "{text}+0.01 < [1:1441(1440)] icmpv6 packet_too_big mtu 1279
+0     < [1:1441(1440)] icmpv6 packet_too_big mtu 1280
+0     > . 1:1221(1220) ack 1
+0     > . 1221:2441(1220) ack 1
+0     > P. 2441:2881(440) ack 1
"
    ));
}

/// R79 switched off: fragmentation needed is one of the hard errors, as RFC 9293 3.9.2.2 counts it.
///
/// Mutation: the switch is not looked at.
#[test]
fn r79_can_be_switched_off() {
    let off = sent("--set=path_mtu_discovery=false\n--profile=rfc9293\n");
    passes(&format!(
        "{off}+0.01 < [1:1461(1460)] icmp unreachable frag_needed mtu 1000\n+0 > R. 2921:2921(0) ack 1\n"
    ));
}

/// Between hosts: what is too big for a link is dropped, and whoever stands in front of it says so. The link narrows
/// while the connection is open; the transfer goes on without waiting for a timer: 10,000 bytes, 20 ms there and back.
///
/// Mutation: nobody answers what is too big for a link.
#[test]
fn r79_a_link_says_what_it_carries() {
    passes(
        "--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
+0     net: set mtu=1000
+0     client: send(3, 10000) = 10000
+0     client > . 1:1461(1460)
+0     client > . 1:961(960)
+0     client: shutdown(3, SD_SEND) = 0
+0...0.010 server: recv_all(4) = 10000 {end=0}
",
    );
}
