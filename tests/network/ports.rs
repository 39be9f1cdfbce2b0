//! CS-E3, WF-9.3 to 9.9: what connections hold of a host, and what it says when there is no more of it.

use super::{passes, passes_under_every};

const HOSTS: &str = "\
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 13
+0     server: bind(13, :81) = 0
+0     server: listen(13, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
";

/// From the connect of socket 3, at 0, to the client's TIME_WAIT, at 0.050.
const GRACEFUL: &str = "\
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
+0     client: closesocket(3) = 0
+0.010 server: recv(4, 10) = 0
+0     server: closesocket(4) = 0
+0.010 client: time_wait == 1
";

const SOCKET_5: &str = "+0 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5\n";

/// WF-9.4, 9.6: TIME_WAIT does not stand in the way of bind, but of a connection of the same name: at once, and until
/// it is over. Its port may go elsewhere meanwhile.
///
/// Mutation: the four-tuple of a TIME_WAIT is not looked up.
#[test]
fn cs_e3_a_time_wait_holds_its_four_tuple() {
    let bound = format!(
        "{HOSTS}+0 client: bind(3, :50000) = 0\n{GRACEFUL}{SOCKET_5}+0 client: bind(5, :50000) = 0\n"
    );
    passes(&format!(
        "{bound}+0 client: connect(5, server:80) = -1 WSAEADDRINUSE
120.049999999 client: connect(5, server:80) = -1 WSAEADDRINUSE
120.050...120.070 client: connect(5, server:80) = 0
"
    ));
    passes(&format!("{bound}+0...0.020 client: connect(5, server:81) = 0\n"));
}

/// CS-E3: a connection that closesocket left to itself holds its four-tuple, too. The server does not close.
///
/// Mutation: the four-tuple of a TIME_WAIT is not looked up.
#[test]
fn cs_e3_a_connection_in_the_background_holds_its_four_tuple() {
    passes(&format!(
        "{HOSTS}+0 client: bind(3, :50000) = 0
+0...0.020 client: connect(3, server:80) = 0
+0     client: closesocket(3) = 0
1.0    client: state(3) == FIN_WAIT_2
{SOCKET_5}+0 client: bind(5, :50000) = 0
+0     client: connect(5, server:80) = -1 WSAEADDRINUSE
"
    ));
}

/// WF-9.7, R75: one dynamic port, and TIME_WAIT has its four-tuple: WSAEADDRINUSE; to another name it will do.
///
/// Mutation: connect does not tell a four-tuple that is taken from a port that is bound.
#[test]
fn wf_9_7_connect_finds_every_four_tuple_taken() {
    let one = "--set=ephemeral_ports=50000-50000\n";
    passes_under_every(&format!(
        "{one}{HOSTS}{GRACEFUL}{SOCKET_5}+0 client: connect(5, server:80) = -1 WSAEADDRINUSE\n"
    ));
    passes_under_every(&format!(
        "{one}{HOSTS}{GRACEFUL}{SOCKET_5}+0...0.020 client: connect(5, server:81) = 0\n"
    ));
}

/// WF-9.9, R75: every dynamic port is bound: WSAENOBUFS, of bind and of connect; closesocket gives one back.
///
/// Mutation: a port that is bound is given out again.
#[test]
fn r75_every_dynamic_port_is_bound() {
    passes_under_every(&format!(
        "--set=ephemeral_ports=50000-50001
{HOSTS}+0 client: bind(3, :0) = 0
{SOCKET_5}+0 client: bind(5, :0) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 6
+0     client: bind(6, :0) = -1 WSAENOBUFS
+0     client: connect(6, server:80) = -1 WSAENOBUFS
+0     client: closesocket(5) = 0
+0...0.020 client: connect(6, server:80) = 0
"
    ));
}

/// R75: a host that has its most connections makes no other: WSAENOBUFS. One that is over makes room.
///
/// Mutation: there is always room.
#[test]
fn r75_a_host_has_its_most_connections() {
    passes_under_every(&format!(
        "--set=max_connections=1
{HOSTS}+0...0.020 client: connect(3, server:80) = 0
{SOCKET_5}+0 client: connect(5, server:81) = -1 WSAENOBUFS
+0.010 server: accept(3) = 4
+0     client: setsockopt(3, SO_LINGER, {{1, 0}}) = 0
+0     client: closesocket(3) = 0
+0.010 server: recv(4, 1) = -1 WSAECONNRESET
+0...0.020 client: connect(5, server:81) = 0
"
    ));
}

/// R75: a SYN that finds such a host is dropped, and connect gives up (R44: after 21 s).
///
/// Mutation: a listener takes a SYN without room for it.
#[test]
fn r75_a_listener_has_no_room() {
    passes(&format!(
        "--host=other\n--link=client,server\n--link=other,server\n--set=max_connections=1\n{HOSTS}+0...0.020 client: connect(3, server:80) = 0
+0     other: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
1...22 other: connect(3, server:80) = -1 WSAETIMEDOUT
"
    ));
}

/// R76, WF-9.3: Windows ends the oldest TIME_WAIT early; the page and the RFC say nothing of it.
///
/// Mutation: a full host never ends a TIME_WAIT.
#[test]
fn r76_a_full_host_ends_its_oldest_time_wait() {
    let full = format!("--set=max_connections=1\n{HOSTS}{GRACEFUL}{SOCKET_5}");
    passes(&format!("{full}+0...0.020 client: connect(5, server:80) = 0\n+0 client: time_wait == 0\n"));
    passes(&format!(
        "--set=recycle_time_wait=false\n{full}+0 client: connect(5, server:80) = -1 WSAENOBUFS
+0 client: time_wait == 1
"
    ));
}
