//! A mutation of scenarios by lines. What bytes become is mostly refused by the parser; what lines become mostly runs.

/// Lines that do something, to put anywhere. They are in the order in which they belong, so that some neighbours are.
const STOCK: &str = "\
--host=client,handles=lowest
--host=server,profile=documented
--host=third,profile=rfc9293
--link=client,server,delay=1ms,jitter=3ms,loss=5%,reorder=10%,dup=10%,corrupt=5%
--link=server,third,rate=9600bit,queue=2,mtu=68
--link=client,third,delay=0s
--ip_version=ipv6
--packets=all
--set=receive_buffer=0
--set=receive_buffer=4294967295
--set=send_buffer=0
--set=window_update_segments=4294967295
--set=max_rto=1ns
--set=time_wait=0s
--set=fin_wait_2=none
--set=data_max_r2.time=none
--set=data_max_r2.retransmissions=none
--set=ack_throttle.count=0
--set=refused_retries.count=255
--set=refused_retries.after=0s
--set=ephemeral_ports=49152-49152
--set=linger_wake=peer_fin
--set=backlog=counts_completed
--set=syn_in_syn_received=return_to_listen
+0 server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 server: setsockopt(3, SO_RCVBUF, 1) = 0
+0 server: setsockopt(3, SO_RCVBUF, 2147483647) = 0
+0 server: bind(3, :80) = 0
+0 server: listen(3, 1) = 0
+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 client: setsockopt(3, SO_SNDBUF, 0) = 0
+0 client: ioctlsocket(3, FIONBIO, 1) = 0
+0...* client: connect(3, server:80) = ...
+0 client.p2: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...* client.p2: connect(3, server:80) = ...
+0...* client.t2: recv(3, 100000) = ...
+0...* server: accept(3) = 4
+0...* server.t2: accept(3) = ...
+0 client: setsockopt(3, SO_LINGER, {1, 1}) = 0
+0 client: setsockopt(3, SO_LINGER, {1, 65535}) = 0
+0 client: setsockopt(3, TCP_NODELAY, 1) = 0
+0...* client: send(3, 100000) = ...
+0 client: send(3, 1) = ...
+0...* server: recv_all(4) = ...
+0...* server: recv(4, 1, MSG_PEEK) = ...
+0 client: shutdown(3, SD_SEND) = ...
+0 client: shutdown(3, SD_RECEIVE) = ...
+0...* client: closesocket(3) = ...
+0...* server: closesocket(4) = ...
+0 server: closesocket(3) = ...
+0 client: WSACleanup() = ...
+0 client: WSAStartup(0x202) = ...
+0 net: cut
+0 net: heal
+0 net: drop client > F.
+0 net: dup 2 server > .
+0 net: hold 30s client > P.
+0 net: corrupt client > .
+0 net: set delay=18446744073s
+0 net: set rate=1bit mtu=68
+0 net: inject client < R 1:1(0)
+0 net: inject server < S 0:0(0)
+0 net: inject server < P. 4294967295:65534(65535) ack 4294967295 win 0
+0 net: inject client < F. 1:1(0) ack 1 win 0
+0 client: crash()
+0 server: fail_network()
+0 server: restore_network()
* client > .
+0~1000 server > .
+0...1000 client > none R
+0...* client > none
+0 client: state(3) == TIME_WAIT
+0 server: leaks == 1
+1000 net: at_rest
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 1 <mss 1>
+0 > S. 0:0(0) ack 1 <...>
+0 < . 1:1(0) ack 1 win 0
+0...* accept(3, ..., ...) = 4
+0 < P. 1:1001(1000) ack 1 win 65535
+0...* write(4, ..., 5000) = ...
* > .
* > P.
+0 < F. 1001:1001(0) ack 1
+0 close(4) = 0
+0 < R 1:1(0)
";

/// Numbers that are next to some limit.
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "255",
    "1460",
    "1461",
    "65535",
    "65536",
    "100000",
    "2147483647",
    "2147483648",
    "4294967295",
    "0.000000001",
    "18446744073",
];

/// A line is left out, put in, put in again or exchanged with another, or one of its numbers changes.
pub fn mutate(text: &str, seed: u32) -> String {
    let mut draws = seed;
    let mut draw = |below: usize| {
        // Numerical Recipes' generator; its upper bits are the better ones.
        draws = draws.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (draws >> 8) as usize % below.max(1)
    };
    let stock: Vec<&str> = STOCK.lines().collect();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=draw(4) {
        let at = draw(lines.len());
        match draw(8) {
            0 if at < lines.len() => drop(lines.remove(at)),
            1 if at < lines.len() => lines.insert(draw(at + 1), lines[at].clone()),
            2 if at < lines.len() => {
                let other = draw(lines.len());
                lines.swap(at, other);
            }
            3 | 4 if at < lines.len() => {
                lines[at] = other_number(&lines[at], &mut draw);
            }
            5 => {
                let first = draw(stock.len());
                let some = stock[first..].iter().take(1 + draw(5)).map(|&line| line.to_owned());
                lines.splice(at..at, some);
            }
            _ => lines.insert(at, stock[draw(stock.len())].to_owned()),
        }
    }
    // Headers come first, or nothing runs.
    lines.sort_by_key(|line| !line.starts_with("--"));
    lines.join("\n") + "\n"
}

fn other_number(line: &str, draw: &mut impl FnMut(usize) -> usize) -> String {
    let digit = |c: char| c.is_ascii_digit();
    let starts: Vec<usize> =
        line.match_indices(digit).map(|(i, _)| i).filter(|&i| !line[..i].ends_with(digit)).collect();
    let Some(&start) = starts.get(draw(starts.len())) else { return line.to_owned() };
    let rest = line[start..].trim_start_matches(digit);
    format!("{}{}{rest}", &line[..start], NUMBERS[draw(NUMBERS.len())])
}
