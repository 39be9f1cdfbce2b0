//! Datagram sockets: WF-4.8, 4.21, 5.4, 5.12, 7.11, 10.16, and what nobody at a port means.

use super::{passes, passes_under_every};

/// A server's socket 3 at port 53, bound; a client's socket 3, not.
const HOSTS: &str = "\
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     server: bind(3, :53) = 0
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
";

fn under_every(text: &str) {
    passes_under_every(&format!("{HOSTS}{text}"));
}

/// One datagram is one recvfrom, with its sender, 10 ms later; none is put together with another.
///
/// Mutation: the sender is told as the receiver.
#[test]
fn a_datagram_arrives_whole_with_its_sender() {
    under_every(
        "\
+0     client: bind(3, :5000) = 0
+0     client: sendto(3, \"hello\", 5, 0, server:53) = 5
+0     client: sendto(3, 100, server:53) = 100
+0     client: sendto(3, 0, server:53) = 0
0.005...0.010 server: recvfrom(3, 200) = 5 {client:5000}
+0     server: recvfrom(3, 200, MSG_PEEK) = 100 {client:5000}
+0     server: ioctlsocket(3, FIONREAD) = 0 {100}
+0     server: recv(3, 100) = 100
+0     server: ioctlsocket(3, FIONREAD) = 0 {0}
+0     server: recvfrom(3, 200) = 0 {client:5000}
+0     server: sendto(3, \"world\", 5, 0, client:5000) = 5
+0...0.010 client: recvfrom(3, 200) = 5 {server:53}
",
    );
}

/// What is longer than the buffer is cut, and WSAEMSGSIZE says so; the next datagram is the next. A datagram has at most
/// 65,507 bytes.
///
/// Mutation: a long datagram is not cut.
#[test]
fn a_datagram_that_is_too_long() {
    under_every(
        "\
+0     client: sendto(3, 65508, server:53) = -1 WSAEMSGSIZE
+0     client: sendto(3, 10, server:53) = 10
+0     client: sendto(3, 5, server:53) = 5
0.010  server: recvfrom(3, 9) = -1 WSAEMSGSIZE
+0     server: recvfrom(3, 9) = 5
",
    );
}

/// connect names the only other end: send goes there, and what others send is not heard. Without it send fails.
///
/// Mutation: a socket with a peer hears everybody.
#[test]
fn connect_names_the_other_end() {
    under_every(
        "\
+0     client: send(3, 5) = -1 WSAENOTCONN
+0     client: getpeername(3) = -1 WSAENOTCONN
+0     client: bind(3, :5000) = 0
+0     client: connect(3, server:53) = 0
+0     client: getpeername(3) = 0 {server:53}
+0     client: send(3, 5) = 5
0.010  server: recvfrom(3, 9) = 5 {client:5000}
+0     server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 4
+0     server: sendto(4, 1, client:5000) = 1
+0     server: sendto(3, 2, client:5000) = 2
+0...0.010 client: recv(3, 9) = 2
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: recv(3, 9) = -1 WSAEWOULDBLOCK
",
    );
}

/// WF-4.21: shutdown succeeds on an unconnected socket, and what was shut fails with WSAESHUTDOWN. WF-4.2, 4.8.
///
/// Mutation: shutdown of a datagram socket shuts nothing.
#[test]
fn wf_4_21_shutdown() {
    under_every(
        "\
+0     client: shutdown(3, 7) = -1 WSAEINVAL
+0     client: bind(3, :5000) = 0
+0     client: shutdown(3, SD_RECEIVE) = 0
+0     client: recvfrom(3, 10) = -1 WSAESHUTDOWN
+0     client: sendto(3, 5, server:53) = 5
+0     client: shutdown(3, SD_SEND) = 0
+0     client: sendto(3, 5, server:53) = -1 WSAESHUTDOWN
0.010  server: recvfrom(3, 10) = 5 {client:5000}
",
    );
}

/// WF-5.12, R13: closesocket ends another thread's recvfrom with WSAEINTR; nothing leaves, and the port is free.
///
/// Mutation: closesocket does not give the port back.
#[test]
fn wf_5_4_closesocket_ends_a_receive() {
    under_every(
        "\
+0     client: bind(3, :5000) = 0
+0...0.5 client.t2: recvfrom(3, 10) = -1 WSAEINTR
0.5    client: closesocket(3) = 0
+0     client: sendto(3, 5, server:53) = -1 WSAENOTSOCK
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 4
+0     client: bind(4, :5000) = 0
+0     net: at_rest
",
    );
}

/// R80: a datagram for a port where nobody is: ICMP says so, and a later recvfrom fails with WSAECONNRESET, once; one
/// that is pending too.
///
/// Mutation: nobody answers for a port where nobody is.
#[test]
fn r80_nobody_at_the_port() {
    passes_under_every(&format!(
        "--set=no_connection=reset\n{HOSTS}+0 client: sendto(3, 5, server:54) = 5
0.020  client: recvfrom(3, 10) = -1 WSAECONNRESET
+0     client: sendto(3, 5, server:54) = 5
+0...0.020 client: recvfrom(3, 10) = -1 WSAECONNRESET
+0     server: sendto(3, 5, client:9) = 5
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
+0     client: recvfrom(3, 10) = -1 WSAEWOULDBLOCK
"
    ));
    // R17: a firewall says nothing.
    passes(&format!(
        "--set=no_connection=silent\n{HOSTS}+0 client: sendto(3, 5, server:54) = 5
+0     client: ioctlsocket(3, FIONBIO, 1) = 0
0.020  client: recvfrom(3, 10) = -1 WSAEWOULDBLOCK
"
    ));
}

/// R81: what does not fit in the receive buffer is dropped, in silence.
///
/// Mutation: the receive buffer has no end.
#[test]
fn r81_a_full_receive_buffer() {
    passes_under_every(&format!(
        "--set=receive_buffer=15\n{HOSTS}+0 client: sendto(3, 10, server:53) = 10
+0     client: sendto(3, 6, server:53) = 6
+0     client: sendto(3, 5, server:53) = 5
+0     server: ioctlsocket(3, FIONBIO, 1) = 0
0.010  server: recvfrom(3, 99) = 10
+0     server: recvfrom(3, 99) = 5
+0     server: recvfrom(3, 99) = -1 WSAEWOULDBLOCK
"
    ));
}

/// Names: UDP's ports are not TCP's; one port has one socket; WF-7.11: recvfrom needs a name; WF-10.16, 2.38.
///
/// Mutation: listen takes a datagram socket.
#[test]
fn names_and_what_a_datagram_socket_does_not_do() {
    under_every(
        "\
+0     client: recvfrom(3, 10) = -1 WSAEINVAL
+0     client: getsockname(3) = -1 WSAEINVAL
+0     client: bind(3, :5000) = 0
+0     client: bind(3, :5001) = -1 WSAEINVAL
+0     client: getsockname(3) = 0 {:5000}
+0     client: listen(3, 5) = -1 WSAEOPNOTSUPP
+0     client: getsockopt(3, SO_LINGER) = -1 WSAENOPROTOOPT
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 4
+0     client: bind(4, :5000) = -1 WSAEADDRINUSE
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0     client: bind(5, :5000) = 0
+0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP) = -1 WSAEPROTOTYPE
+0     client: leaks == 3
",
    );
}

/// The calls as async functions: what is sent comes back from where it went; a stream socket's recvfrom has no sender.
///
/// Mutation: the sender is told as the receiver.
#[test]
fn datagrams_from_async_programs() {
    use closewait::addr::Endpoint;
    use closewait::profile::Profile;
    use closewait::winsock::consts::*;
    use closewait_sim::aio::Programs;
    use closewait_sim::{LinkConfig, Off, World};

    let mut world = World::new(1);
    let (a, b) = (world.add_host("a", Profile::WINDOWS), world.add_host("b", Profile::WINDOWS));
    world.add_link(a, b, LinkConfig::default());
    let server = Endpoint::new(world.address(a), 53);
    let client = Endpoint::new(world.address(b), 5000);
    let (threads, mut programs) = ([world.spawn_process(a).1, world.spawn_process(b).1], Programs::new());
    let served = programs.spawn(threads[0], move |ws| async move {
        ws.startup().await?;
        let s = ws.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP).await?;
        ws.bind(s, server).await?;
        let (data, from) = ws.recvfrom(s, 100).await?;
        ws.sendto(s, data.to_bytes(), from.expect("a datagram has a sender")).await?;
        Ok::<_, closewait::winsock::WsaError>(from)
    });
    let echoed = programs.spawn(threads[1], move |ws| async move {
        ws.startup().await?;
        let s = ws.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP).await?;
        ws.bind(s, client).await?;
        ws.sendto(s, "echo".into(), server).await?;
        let (data, from) = ws.recvfrom(s, 100).await?;
        Ok::<_, closewait::winsock::WsaError>((data.to_bytes(), from))
    });
    programs.run(&mut world, &mut Off).expect("time does not end");
    assert_eq!(served.result(), Some(Ok(Some(client))));
    assert_eq!(echoed.result(), Some(Ok(("echo".into(), Some(server)))));
}
