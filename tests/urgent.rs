//! Urgent data between whole hosts: MSG_OOB, SO_OOBINLINE, SIOCATMARK (RFC 6093, R71).

use closewait::profile::Profile;
use closewait_sim::script::{self, Options, Verdict};

fn passes_under_every(lines: &str) {
    for profile in Profile::ALL {
        passes(profile, lines);
    }
}

fn passes(profile: &Profile, lines: &str) {
    let text = format!(
        "--profile={}
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
{lines}",
        profile.name
    );
    let report = script::run(&text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert_eq!(report.verdict, Verdict::Passed, "{text}");
}

/// The last of three urgent bytes is read by MSG_OOB, once; the others as ever, and a read ends at the mark.
/// Mutation: without an urgent byte the call says that there will be one.
#[test]
fn urgent_data_comes_out_of_line() {
    passes_under_every(
        "0.1   client: send(3, \"ab!\", 3, MSG_OOB) = 3
+0     client > PU. 1:4(3) ack 1 urg 3
+0     client: send(3, \"cd\", 2, 0) = 2
0.105  server: recv(4, 1, MSG_OOB) = -1 WSAEINVAL
+0     server: ioctlsocket(4, SIOCATMARK) = 0 {1}
0.110  server: ioctlsocket(4, SIOCATMARK) = 0 {0}
+0     server: ioctlsocket(4, FIONREAD) = 0 {2}
+0     server: recv(4, 1, MSG_OOB|MSG_PEEK) = 1
+0     server: recv(4, 1, MSG_OOB) = 1
+0     server: recv(4, 1, MSG_OOB) = -1 WSAEINVAL
0.5    server: recv(4, 100, MSG_PEEK) = 2
+0     server: recv(4, 100) = 2
+0     server: ioctlsocket(4, SIOCATMARK) = 0 {1}
+0     server: recv(4, 100) = 2
",
    );
}

/// SO_OOBINLINE: all of it comes in its place, the urgent byte after the mark.
/// Mutation: the option sets nothing.
#[test]
fn urgent_data_comes_in_line() {
    passes_under_every(
        "0.1   server: getsockopt(4, SO_OOBINLINE) = 0 {0}
+0     server: setsockopt(4, SO_OOBINLINE, 1) = 0
+0     server: getsockopt(4, SO_OOBINLINE) = 0 {1}
+0     client: send(3, 3, MSG_OOB) = 3
0.110  server: recv(4, 1, MSG_OOB) = -1 WSAEINVAL
+0     server: ioctlsocket(4, SIOCATMARK) = 0 {0}
+0     server: recv(4, 100) = 2
+0     server: ioctlsocket(4, SIOCATMARK) = 0 {1}
+0     server: recv(4, 100) = 1
",
    );
}

/// The pointer is there and the text is not: WSAEWOULDBLOCK.
/// Mutation: the call says that there will be none.
#[test]
fn urgent_data_is_announced() {
    passes_under_every(
        "0.1   net: inject server < U. 1:1(0) ack 1 urg 3
+0.001 server: recv(4, 1, MSG_OOB) = -1 WSAEWOULDBLOCK
+0     server: ioctlsocket(4, SIOCATMARK) = 0 {0}
+0     client: send(3, 4) = 4
+0.010 server: recv(4, 1, MSG_OOB) = 1
+0     server: recv(4, 100) = 2
+0     server: recv(4, 100) = 1
",
    );
}
