//! Every spelling of the table of Winsock calls, and of what is said about calls in general.

use super::table;

#[test]
fn life_and_sockets() {
    table(&[
        (
            "client: WSAStartup(0x202) = 0 {version=0x202}",
            "+0ms client/1/1 WSAStartup[514] -> 0 {name version: 514}",
        ),
        ("client: WSACleanup() = 0", "+0ms client/1/1 WSACleanup[] -> 0"),
        (
            "client: WSAGetLastError() = WSAEWOULDBLOCK",
            "+0ms client/1/1 WSAGetLastError[] -> name WSAEWOULDBLOCK",
        ),
        (
            "client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3",
            "+0ms client/1/1 socket[name AF_INET, name SOCK_STREAM, name IPPROTO_TCP] -> 3",
        ),
        ("server: bind(3, :80) = 0", "+0ms server/1/1 bind[3, address */80] -> 0"),
        ("server: listen(3, 5) = 0", "+0ms server/1/1 listen[3, 5] -> 0"),
        ("client: connect(3, server:80) = 0", "+0ms client/1/1 connect[3, address server/80] -> 0"),
        ("client: connect(3, 10.0.0.1:80) = 0", "+0ms client/1/1 connect[3, address 10.0.0.1/80] -> 0"),
        ("client: connect(3, [fd00::1]:80) = 0", "+0ms client/1/1 connect[3, address fd00::1/80] -> 0"),
        ("server: accept(3) = 4", "+0ms server/1/1 accept[3] -> 4"),
        ("client: accept(3, NULL, NULL) = ...", "+0ms client/1/1 accept[3, null, null] -> any"),
        ("socket(AF_IRDA, SOCK_STREAM, 0) = 3", "+0ms - socket[name AF_IRDA, name SOCK_STREAM, 0] -> 3"),
        (
            "socket(AF_ATM, SOCK_RAW, ATMPROTO_AAL5) = 3",
            "+0ms - socket[name AF_ATM, name SOCK_RAW, name ATMPROTO_AAL5] -> 3",
        ),
    ]);
}

#[test]
fn processes_and_modes() {
    table(&[
        (
            "client: WSADuplicateSocket(3, client.p2) = 0 info1",
            "+0ms client/1/1 WSADuplicateSocket[3, lane client/2/1] -> 0 code label info1",
        ),
        (
            "client: WSADuplicateSocket(3, server) = 0 info1",
            "+0ms client/1/1 WSADuplicateSocket[3, lane server/1/1] -> 0 code label info1",
        ),
        ("client.p2: WSASocket(info1) = 4", "+0ms client/2/1 WSASocket[label info1] -> 4"),
        ("client.p2.t3: close(3) = 0", "+0ms client/2/3 close[3] -> 0"),
        ("client.t2: close(3) = 0", "+0ms client/1/2 close[3] -> 0"),
        ("client: ioctlsocket(3, FIONBIO, 1) = 0", "+0ms client/1/1 ioctlsocket[3, name FIONBIO, 1] -> 0"),
        (
            "client: ioctlsocket(3, FIONREAD) = 0 {12}",
            "+0ms client/1/1 ioctlsocket[3, name FIONREAD] -> 0 {12}",
        ),
    ]);
}

#[test]
fn options() {
    table(&[
        ("setsockopt(3, SO_REUSEADDR, 1) = 0", "+0ms - setsockopt[3, name SO_REUSEADDR, 1] -> 0"),
        ("getsockopt(3, SO_ERROR) = 0 {10061}", "+0ms - getsockopt[3, name SO_ERROR] -> 0 {10061}"),
        ("setsockopt(3, SO_LINGER, {1, 5}) = 0", "+0ms - setsockopt[3, name SO_LINGER, {1, 5}] -> 0"),
        ("getsockopt(3, SO_LINGER) = 0 {1, 5}", "+0ms - getsockopt[3, name SO_LINGER] -> 0 {1, 5}"),
        (
            "setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 4) = 0",
            "+0ms - setsockopt[3, name SOL_SOCKET, name SO_LINGER, {name onoff: 1, name linger: 5}, 4] -> 0",
        ),
    ]);
}

#[test]
fn waiting() {
    table(&[
        (
            "client: select(read=[3], write=[], except=[], timeout=0) = 1 {read=[3]}",
            "+0ms client/1/1 select[read=[3], write=[], except=[], timeout=0] -> 1 {name read: [3]}",
        ),
        (
            "client: WSAPoll([{3, POLLRDNORM}], 1000) = 1 {3: POLLHUP}",
            "+0ms client/1/1 WSAPoll[[{3, name POLLRDNORM}], 1000] -> 1 {3: name POLLHUP}",
        ),
        ("client: WSACreateEvent() = ev1", "+0ms client/1/1 WSACreateEvent[] -> label ev1"),
        (
            "client: WSAEventSelect(3, ev1, FD_READ|FD_CLOSE) = 0",
            "+0ms client/1/1 WSAEventSelect[3, label ev1, name FD_READ|FD_CLOSE] -> 0",
        ),
        (
            "client: WSAEnumNetworkEvents(3, ev1) = 0 {FD_CLOSE: WSAECONNABORTED}",
            "+0ms client/1/1 WSAEnumNetworkEvents[3, label ev1] -> 0 {name FD_CLOSE: name WSAECONNABORTED}",
        ),
        (
            "client: WSAWaitForMultipleEvents([ev1], 1000) = WSA_WAIT_TIMEOUT",
            "+0ms client/1/1 WSAWaitForMultipleEvents[[label ev1], 1000] -> name WSA_WAIT_TIMEOUT",
        ),
        (
            "client: WSAAsyncSelect(3, win1, FD_CLOSE) = 0",
            "+0ms client/1/1 WSAAsyncSelect[3, label win1, name FD_CLOSE] -> 0",
        ),
        (
            "client: PeekMessage(win1) = {FD_CLOSE: 0, socket=3}",
            "+0ms client/1/1 PeekMessage[label win1] -> {name FD_CLOSE: 0, name socket: 3}",
        ),
        ("client: PeekMessage(win1) = none", "+0ms client/1/1 PeekMessage[label win1] -> none"),
        ("client: WSAPoll([], 0) = 0 {}", "+0ms client/1/1 WSAPoll[[], 0] -> 0 {}"),
    ]);
}

#[test]
fn overlapped_and_ports() {
    table(&[
        (
            "WSARecv(3, 100, ov1) = -1 WSA_IO_PENDING",
            "+0ms - WSARecv[3, 100, label ov1] -> -1 code name WSA_IO_PENDING",
        ),
        (
            "WSARecv(3, 100, ov1{event=ev1}) = 0",
            "+0ms - WSARecv[3, 100, label ov1{name event: label ev1}] -> 0",
        ),
        ("WSARecv(3, 100, ov1{routine}) = 0", "+0ms - WSARecv[3, 100, label ov1{name routine}] -> 0"),
        (
            "WSAGetOverlappedResult(3, ov1) = 1 {bytes=5}",
            "+0ms - WSAGetOverlappedResult[3, label ov1] -> 1 {name bytes: 5}",
        ),
        (
            "GetOverlappedResult(3, ov1) = 0 ERROR_NETNAME_DELETED",
            "+0ms - GetOverlappedResult[3, label ov1] -> 0 code name ERROR_NETNAME_DELETED",
        ),
        (
            "SleepEx(1000) = WAIT_IO_COMPLETION {ov1: 995, bytes=0}",
            "+0ms - SleepEx[1000] -> name WAIT_IO_COMPLETION {label ov1: 995, name bytes: 0}",
        ),
        (
            "CreateIoCompletionPort(3, port1, 7) = port1",
            "+0ms - CreateIoCompletionPort[3, label port1, 7] -> label port1",
        ),
        (
            "GetQueuedCompletionStatus(port1, 1000) = 0 ERROR_CONNECTION_ABORTED {bytes=0, key=7, ov1}",
            "+0ms - GetQueuedCompletionStatus[label port1, 1000] -> \
             0 code name ERROR_CONNECTION_ABORTED {name bytes: 0, name key: 7, label ov1}",
        ),
        (
            "GetQueuedCompletionStatus(port1, 1000) = 0 WAIT_TIMEOUT",
            "+0ms - GetQueuedCompletionStatus[label port1, 1000] -> 0 code name WAIT_TIMEOUT",
        ),
        (
            "AcceptEx(3, 4, 0, ov1) = -1 WSA_IO_PENDING",
            "+0ms - AcceptEx[3, 4, 0, label ov1] -> -1 code name WSA_IO_PENDING",
        ),
        ("ConnectEx(3, server:80, ov1) = 0", "+0ms - ConnectEx[3, address server/80, label ov1] -> 0"),
        (
            "DisconnectEx(3, ov1, TF_REUSE_SOCKET) = 1",
            "+0ms - DisconnectEx[3, label ov1, name TF_REUSE_SOCKET] -> 1",
        ),
        (
            "QueueUserAPC(client.t1, { recv(3, 10) = 5 }) = 1",
            "+0ms - QueueUserAPC[lane client/1/1, {recv[3, 10] -> 5}] -> 1",
        ),
        (
            "WSAAccept(3, { closesocket(4) = -1 WSAEINPROGRESS }) = 5",
            "+0ms - WSAAccept[3, {closesocket[4] -> -1 code name WSAEINPROGRESS}] -> 5",
        ),
        (
            "WSAAccept(3, { WSASetLastError(0) }) = 5",
            "+0ms - WSAAccept[3, {WSASetLastError[0] -> nothing}] -> 5",
        ),
    ]);
}

#[test]
fn calls_in_general() {
    table(&[
        ("CloseHandle(4) = 1", "+0ms - CloseHandle[4] -> 1"),
        (
            "sendto(4, \"x\", 1, 0, server:90) = 1",
            "+0ms - sendto[4, text \"x\", 1, 0, address server/90] -> 1",
        ),
        ("getpeername(3) = 0 {server:80}", "+0ms - getpeername[3] -> 0 {address server/80}"),
        ("getpeername(3) = 0 {:80}", "+0ms - getpeername[3] -> 0 {address */80}"),
        ("getpeername(3) = 0 {10.0.0.1:80}", "+0ms - getpeername[3] -> 0 {address 10.0.0.1/80}"),
        ("CancelIoEx(3, ov1) = 1", "+0ms - CancelIoEx[3, label ov1] -> 1"),
        ("recv_all(4) = 262144 {end=0}", "+0ms - recv_all[4] -> 262144 {name end: 0}"),
        ("recv_all(4) = 0 {end=WSAECONNRESET}", "+0ms - recv_all[4] -> 0 {name end: name WSAECONNRESET}"),
        ("send(3, \"a\\tb\\x41\\\\\", 4, 0) = 4", "+0ms - send[3, text \"a\\tbA\\\\\", 4, 0] -> 4"),
        ("recv(3, 10) = -1 10054", "+0ms - recv[3, 10] -> -1 code 10054"),
        ("recv(3, 10) = 4294967295", "+0ms - recv[3, 10] -> 4294967295"),
        ("recv(3, 10) = -2147483648", "+0ms - recv[3, 10] -> -2147483648"),
        (
            "recv(3, 10) = -1 WSAECONNRESET (it's (really) gone)",
            "+0ms - recv[3, 10] -> -1 code name WSAECONNRESET",
        ),
        ("recv(3, 10) = 5 // five", "+0ms - recv[3, 10] -> 5"),
        ("recv(3, /* all\nof it */ 10) = 5", "+0ms - recv[3, 10] -> 5"),
        ("recv(3,\n  10\n)\n = 5", "+0ms - recv[3, 10] -> 5"),
    ]);
}
