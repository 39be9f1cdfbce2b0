//! Null pointers and lengths that are too short: what is looked at before them, and that nothing else happens.

use super::{CONNECTED, HOSTS, every};

/// WF-9.18: bind's errors; none of them binds.
#[test]
fn wf_9_18_bind() {
    every(
        HOSTS,
        "0 server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0 server: bind(99, NULL) = -1 WSAENOTSOCK
+0 server: bind(3, NULL) = -1 WSAEFAULT
+0 server: bind(3, :80, 15) = -1 WSAEFAULT
+0 server: bind(3, :80, 0) = -1 WSAEFAULT
+0 server: bind(3, {sa_family = AF_INET6, :80}, 16) = -1 WSAEAFNOSUPPORT
+0 server: bind(3, client:80) = -1 WSAEADDRNOTAVAIL
+0 server: getsockname(3) = -1 WSAEINVAL
+0 server: bind(3, :80, 16) = 0
+0 server: getsockname(3) = 0 {:80}
+0 server: bind(3, :80) = -1 WSAEINVAL
+0 server: bind(3, :81) = -1 WSAEINVAL
+0 server: getsockname(3) = 0 {:80}
+0 server: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 4
+0 server: bind(4, NULL) = -1 WSAEFAULT
+0 server: bind(4, client:80) = -1 WSAEADDRNOTAVAIL
+0 server: bind(4, :80, 15) = -1 WSAEFAULT
+0 server: bind(4, :80) = 0
+0 server: bind(4, :80) = -1 WSAEINVAL
",
    );
}

/// connect and sendto name another end in the same way.
#[test]
fn a_name_that_is_null_or_short_names_nobody() {
    every(
        CONNECTED,
        r#"0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
+0 client: connect(99, NULL) = -1 WSAENOTSOCK
+0 client: connect(4, NULL) = -1 WSAEFAULT
+0 client: connect(4, server:80, 15) = -1 WSAEFAULT
0.1...0.15 client > none S
+0 client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 5
+0 client: connect(5, NULL) = -1 WSAEFAULT
+0 client: sendto(5, "abc", 3, 0, server:53, 15) = -1 WSAEFAULT
+0 client: getsockname(5) = -1 WSAEINVAL
0.2...0.22 client: connect(4, server:80, 16) = 0
0.3 client: sendto(4, "abc", 3, 0, server:53, 15) = 3
"#,
    );
}

/// A null buffer: WSAENOTSOCK and WSAENOTCONN come before WSAEFAULT; with length 0 nobody looks at it.
#[test]
fn a_null_buffer() {
    every(
        CONNECTED,
        "0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0 client: send(99, NULL, 4) = -1 WSAENOTSOCK
+0 client: recv(99, NULL, 4) = -1 WSAENOTSOCK
+0 client: send(5, NULL, 4) = -1 WSAENOTCONN
+0 client: recv(5, NULL, 4) = -1 WSAENOTCONN
+0 client: send(5, NULL, 0) = -1 WSAENOTCONN
0.1...0.105 client > none
+0 client: send(3, NULL, 4) = -1 WSAEFAULT
+0 client: recv(3, NULL, 4) = -1 WSAEFAULT
+0 client: send(3, NULL, 0) = 0
+0 server: send(4, 10) = 10
0.2 client: recv(3, NULL, 4) = -1 WSAEFAULT
+0 client: recv(3, NULL, 0) = 0
+0 client: recv(3, 20) = 10
",
    );
}

/// accept with too little room for the peer's name: the connection waits on.
#[test]
fn accept_with_too_little_room() {
    every(
        CONNECTED,
        "0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
0.1...0.12 client: connect(5, server:80) = 0
0.2 server: accept(99, ..., [0]) = -1 WSAENOTSOCK
+0 server: accept(3, ..., [0]) = -1 WSAEFAULT
+0 server: accept(3, ..., [15]) = -1 WSAEFAULT
+0 server: WSAAccept(3, ..., [15]) = -1 WSAEFAULT
+0 server: accept(3, ..., [16]) = 5
",
    );
}

/// getsockname and getpeername: the socket, then what it is, then the room.
#[test]
fn names_and_the_room_for_them() {
    every(
        CONNECTED,
        "0.1 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5
+0 client: getsockname(99, NULL) = -1 WSAENOTSOCK
+0 client: getpeername(99, NULL) = -1 WSAENOTSOCK
+0 client: getpeername(5, NULL) = -1 WSAENOTCONN
+0 client: getpeername(3, NULL) = -1 WSAEFAULT
+0 client: getpeername(3, ..., [0]) = -1 WSAEFAULT
+0 client: getpeername(3, ..., [15]) = -1 WSAEFAULT
+0 client: getpeername(3, ..., [16]) = 0 {server:80}
+0 client: getsockname(3, ..., [15]) = -1 WSAEFAULT
+0 client: getsockname(3, NULL) = -1 WSAEFAULT
+0 client: getsockname(3, ..., [16]) = 0
",
    );
}

/// ioctlsocket's argument.
#[test]
fn ioctlsocket_without_an_argument() {
    every(
        CONNECTED,
        "0.1 client: ioctlsocket(99, FIONBIO, NULL) = -1 WSAENOTSOCK
+0 client: ioctlsocket(3, FIONBIO, NULL) = -1 WSAEFAULT
+0 client: ioctlsocket(3, FIONREAD, NULL) = -1 WSAEFAULT
0.1...0.21 client: recv(3, 10) = 3
0.2 server: send(4, 3) = 3
",
    );
}
