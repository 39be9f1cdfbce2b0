//! packetdrill's own forms.

use super::{errors, lines, table};

#[test]
fn segments() {
    table(&[
        ("< S 0:0(0) win 65535 <mss 1460>", "+0ms - in S 0:0(0) win 65535 [Mss(1460)]"),
        ("> S. 0:0(0) ack 1 <...>", "+0ms - out S. 0:0(0) ack 1 <any>"),
        (">  . 1:1(0) ack 1 win 0", "+0ms - out . 1:1(0) ack 1 win 0"),
        ("> F . 1:1(0)", "+0ms - out F. 1:1(0)"),
        ("> SEW 0:0(0)", "+0ms - out SEW 0:0(0)"),
        ("> SE. 0:0(0) ack 1", "+0ms - out SE. 0:0(0) ack 1"),
        ("> S.E 0:0(0)", "+0ms - out SE. 0:0(0)"),
        ("> PE. 1:11(10) ack 1", "+0ms - out PE. 1:11(10) ack 1"),
        ("< FPU. 1:11(10) ack 1 win 9 urg 10", "+0ms - in FPU. 1:11(10) ack 1 win 9 urg 10"),
        ("< - 1:1(0)", "+0ms - in none 1:1(0)"),
        ("> P3. 1:11(10)", "+0ms - out PEW. 1:11(10)"),
        ("< . 4294967295:4(5) ack 1", "+0ms - in . 4294967295:4(5) ack 1"),
        ("* > R", "* - out R"),
        ("< [ect0] S 0:0(0)", "+0ms - in S ip<ect0> 0:0(0)"),
        (">[noecn] . 1:1(0)", "+0ms - out . ip<noecn> 1:1(0)"),
        ("> (flowlabel 0x1) . 1:1(0)", "+0ms - out . ip<flowlabel 0x1> 1:1(0)"),
        ("< [tos 0x10, flowlabel 0x1] . 1:1(0)", "+0ms - in . ip<tos 0x10, flowlabel 0x1> 1:1(0)"),
        ("> S 0:0(0)\n   ack 1\n   <mss 1460>", "+0ms - out S 0:0(0) ack 1 [Mss(1460)]"),
    ]);
}

#[test]
fn options() {
    table(&[
        (
            "< S 0:0(0) <mss 1460,nop,wscale 7, sackOK,eol>",
            "+0ms - in S 0:0(0) [Mss(1460), Nop, WindowScale(7), SackPermitted, Eol]",
        ),
        (
            "> . 1:1(0) <nop, nop, TS val 100 ecr 200>",
            "+0ms - out . 1:1(0) [Nop, Nop, Timestamps(Some(100), Some(200))]",
        ),
        ("> . 1:1(0) <TS val ... ecr 0>", "+0ms - out . 1:1(0) [Timestamps(None, Some(0))]"),
        (
            "> . 1:1(0) ack 1 <nop,nop,sack 1001:2001 3001:4001>",
            "+0ms - out . 1:1(0) ack 1 [Nop, Nop, Sack([(1001, 2001), (3001, 4001)])]",
        ),
        ("< S 0:0(0) <FO 1a2b3c, nop>", "+0ms - in S 0:0(0) [Other(\"FO 1a2b3c\"), Nop]"),
        (
            "< . 1:1(0) <ECN e0b 1 ceb 0 e1b 1,nop>",
            "+0ms - in . 1:1(0) [Other(\"ECN e0b 1 ceb 0 e1b 1\"), Nop]",
        ),
        ("< . 1:1(0) <>", "+0ms - in . 1:1(0) []"),
    ]);
}

#[test]
fn other_packets() {
    table(&[
        ("< icmp unreachable [5000:6000(1000)]", "+0ms - in icmp unreachable - None 5000:6000(1000)"),
        (
            "< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]",
            "+0ms - in icmp unreachable frag_needed Some(1200) 1:1461(1460)",
        ),
        (
            "< [0:0(0)]icmp time_exceeded exceeded_ttl",
            "+0ms - in icmp time_exceeded exceeded_ttl None 0:0(0)",
        ),
        ("< icmpv6 packet_too_big mtu 1300 [1:1(0)]", "+0ms - in icmp packet_too_big - Some(1300) 1:1(0)"),
        ("< icmp echo_request id 7", "+0ms - in icmp echo_request - None -"),
        ("> udp (1000)", "+0ms - out udp 1000"),
    ]);
}

#[test]
fn calls() {
    table(&[
        (
            "+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
            "+0ms - setsockopt[3, name SOL_SOCKET, name SO_REUSEADDR, [1], 4] -> 0",
        ),
        (
            "fcntl(3, F_SETFL, O_RDWR | O_NONBLOCK) = 0",
            "+0ms - fcntl[3, name F_SETFL, name O_RDWR|O_NONBLOCK] -> 0",
        ),
        ("fcntl(3, F_GETFL) = 0x02 (flags O_RDWR)", "+0ms - fcntl[3, name F_GETFL] -> 2"),
        ("connect(3, ..., ...) = -1 // EINPROGRESS", "+0ms - connect[3, any, any] -> -1"),
        (
            "bind(3, {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr(\"192.168.0.1\")}, ...) = 0",
            "+0ms - bind[3, address 192.168.0.1/8080, any] -> 0",
        ),
        (
            "connect(3, {sa_family = AF_INET6, sin6_port = htons(80), sin6_addr = inet6_addr(\"fd00::1\")}, 28) = 0",
            "+0ms - connect[3, address fd00::1/80, 28] -> 0",
        ),
        (
            "sendmsg(4, {msg_name(...)=...,\n   msg_iov(2)=[{..., 1000},\n   {..., 20}],\n   msg_flags=0}, 0) = 1020",
            "+0ms - sendmsg[4, {name msg_name: any, name msg_iov: [{any, 1000}, {any, 20}], name msg_flags: 0}, 0] -> 1020",
        ),
        (
            "poll([{fd=4, events=POLLIN, revents=POLLIN|POLLHUP}], 1, 0) = 1",
            "+0ms - poll[[{name fd: 4, name events: name POLLIN, name revents: name POLLIN|POLLHUP}], 1, 0] -> 1",
        ),
        (
            "writev(4, [{..., 1000}, {..., 2000}], 2) = 3000",
            "+0ms - writev[4, [{any, 1000}, {any, 2000}], 2] -> 3000",
        ),
        ("ioctl(4, FIONREAD, [1000]) = 0", "+0ms - ioctl[4, name FIONREAD, [1000]] -> 0"),
        ("write(4, \"ab\" \"cd\", 4) = 4", "+0ms - write[4, text \"abcd\", 4] -> 4"),
        ("write(4, ..., 100) = -1 EPIPE (Broken Pipe)", "+0ms - write[4, any, 100] -> -1 code name EPIPE"),
    ]);
}

#[test]
fn code_and_shell_lines() {
    let text = "`./defaults.sh\n sysctl -q a=1\n`\n 0.1 `sysctl -w a.b=\\`1\\``\n+0 %{ assert tcpi_state == 1, {} }%\n\
                +0 %{\nassert a\nassert b\n}%\n`true`";
    assert_eq!(
        lines(text),
        [
            "+0ms - shell <./defaults.sh\n sysctl -q a=1\n>",
            "@100ms - shell <sysctl -w a.b=\\`1\\`>",
            "+0ms - code < assert tcpi_state == 1, {} >",
            "+0ms - code <\nassert a\nassert b\n>",
            "+0ms - shell <true>",
        ]
    );
}

#[test]
fn conditions() {
    let text = "#!/usr/bin/packetdrill\n--define=V6=1\n#define PORT 8080\n#ifdef V6\nclose(1) = 0\n#ifndef V6\n?? \n#else\n\
                close(2) = 0\n#endif // V6\n#else\n?? `\n#ifdef V6\n#endif\n#endif\n#if 0\n??\n#endif\nclose(PORT) = 0\n\
                #undef PORT\n#ifdef PORT\n??\n#endif\n";
    assert_eq!(lines(text), ["+0ms - close[1] -> 0", "+0ms - close[2] -> 0", "+0ms - close[8080] -> 0"]);
}

#[test]
fn what_is_not_modelled_is_skipped_not_wrong() {
    let text = "+0 > ipv4 10.0.0.1 > 10.0.0.2: . 1:1(0)\n+0 < gre: . 1:1(0)\n+0 < mpls (label 0, tc 0, ttl 0): . 1:1(0)\n\
                +0 < sctp: INIT[flgs=0,\n tag=1]\n+0 < 80 > 8080 S 0:0(0)\n+0 > [ect0] P6. 1:11(10)\n+0 > SEWA 0:0(0)\n\
                +0 < udp 80 > 90 (10)\n+0 < . 1:1(0) {mut tcp mss}\n+0 < . 1:1(0) sock(3)\n\
                +0 read(3, \"ab\"..., 10) = 10\n+0 < icmp unreachable [udp (10)]\n#include \"x\"\n#if X\n??\n#endif\n\
                +0 > S 0:0(0) <mss 1460, mpcapable v1 flags[flag_h] nokey>\n";
    assert_eq!(
        errors(text),
        [
            "1:6: skip: tunnels are not modelled",
            "2:6: skip: tunnels are not modelled",
            "3:6: skip: tunnels are not modelled",
            "4:6: skip: SCTP packets are not modelled",
            "6:6: skip: packet lines with ports are not modelled",
            "7:13: skip: the flags of Accurate ECN are not modelled",
            "8:6: skip: the flags of Accurate ECN are not modelled",
            "9:6: skip: packet lines with ports are not modelled",
            "10:15: skip: mutations of packets are not modelled",
            "11:15: skip: packet lines that name a socket are not modelled",
            "12:12: skip: texts of which only the beginning is compared are not modelled",
            "13:24: skip: messages that quote another packet than TCP's are not modelled",
            "14:1: skip: included files are not modelled",
            "15:1: skip: conditions other than `#ifdef`, `#if 0` and `#if 1` are not modelled",
            "18:44: skip: the options of Multipath TCP are not modelled",
        ]
    );
}
