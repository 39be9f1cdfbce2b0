//! Winsock's numbers, as winsock2.h and ws2def.h have them.

/// IPv4.
pub const AF_INET: i32 = 2;
/// IPv6.
pub const AF_INET6: i32 = 23;
/// A stream socket.
pub const SOCK_STREAM: i32 = 1;
/// A datagram socket.
pub const SOCK_DGRAM: i32 = 2;
/// UDP, as a protocol.
pub const IPPROTO_UDP: i32 = 17;
/// TCP, as a protocol and as a level of options.
pub const IPPROTO_TCP: i32 = 6;
/// The socket level of options.
pub const SOL_SOCKET: i32 = 0xffff;
/// Option: bool.
pub const SO_REUSEADDR: i32 = 0x0004;
/// Option: bool.
pub const SO_EXCLUSIVEADDRUSE: i32 = !SO_REUSEADDR;
/// Option: bool, urgent data stays in line.
pub const SO_OOBINLINE: i32 = 0x0100;
/// Option: `struct linger`, two u_short.
pub const SO_LINGER: i32 = 0x0080;
/// Option: bool.
pub const SO_DONTLINGER: i32 = !SO_LINGER;
/// Option: int, bytes.
pub const SO_SNDBUF: i32 = 0x1001;
/// Option: int, bytes.
pub const SO_RCVBUF: i32 = 0x1002;
/// Option: int, a Winsock error code; read only.
pub const SO_ERROR: i32 = 0x1007;
/// Option at level IPPROTO_TCP: bool.
pub const TCP_NODELAY: i32 = 0x0001;
/// Option: bool.
pub const SO_KEEPALIVE: i32 = 0x0008;
/// Option at level IPPROTO_TCP: seconds until retransmission gives up; -1 never, 0 as the system does.
pub const TCP_MAXRT: i32 = 5;
/// Option at level IPPROTO_TCP: seconds until the first keep-alive probe.
pub const TCP_KEEPIDLE: i32 = 3;
/// Option at level IPPROTO_TCP: unanswered keep-alive probes after which the connection is over.
pub const TCP_KEEPCNT: i32 = 16;
/// Option at level IPPROTO_TCP: seconds between keep-alive probes.
pub const TCP_KEEPINTVL: i32 = 17;
/// WSAIoctl: `struct tcp_keepalive`, three u_long.
pub const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;
/// WSAIoctl: after how many segments an ACK leaves at once.
pub const SIO_TCP_SET_ACK_FREQUENCY: u32 = 0x9800_0017;
/// ioctlsocket: blocking mode.
pub const FIONBIO: u32 = 0x8004_667e;
/// ioctlsocket: bytes that can be read.
pub const FIONREAD: u32 = 0x4004_667f;
/// ioctlsocket: whether no unread urgent data lies ahead.
pub const SIOCATMARK: u32 = 0x4004_7307;
/// shutdown: no more receiving.
pub const SD_RECEIVE: i32 = 0;
/// shutdown: no more sending.
pub const SD_SEND: i32 = 1;
/// shutdown: both.
pub const SD_BOTH: i32 = 2;
/// send: all of the data is urgent. recv: the urgent byte.
pub const MSG_OOB: i32 = 1;
/// recv: leave the data where it is.
pub const MSG_PEEK: i32 = 2;
/// listen: as many as the provider allows.
pub const SOMAXCONN: i32 = 0x7fff_ffff;
/// A length of time without end.
pub const WSA_INFINITE: u32 = u32::MAX;
/// WSAWaitForMultipleEvents: the time is over.
pub const WSA_WAIT_TIMEOUT: u32 = 258;
/// WSAWaitForMultipleEvents: the most events.
pub const WSA_MAXIMUM_WAIT_EVENTS: usize = 64;
/// WSAPoll: something is wrong with the connection.
pub const POLLERR: i16 = 0x0001;
/// WSAPoll: the connection is over, or the peer sends no more.
pub const POLLHUP: i16 = 0x0002;
/// WSAPoll: the handle is no open socket.
pub const POLLNVAL: i16 = 0x0004;
/// WSAPoll: it can be written to.
pub const POLLWRNORM: i16 = 0x0010;
/// WSAPoll: as POLLWRNORM.
pub const POLLOUT: i16 = POLLWRNORM;
/// WSAPoll: not supported.
pub const POLLWRBAND: i16 = 0x0020;
/// WSAPoll: it can be read from.
pub const POLLRDNORM: i16 = 0x0100;
/// WSAPoll: urgent data can be read.
pub const POLLRDBAND: i16 = 0x0200;
/// WSAPoll: POLLRDNORM and POLLRDBAND.
pub const POLLIN: i16 = POLLRDNORM | POLLRDBAND;
/// WSAPoll: not supported.
pub const POLLPRI: i16 = 0x0400;
/// Network event: data can be read.
pub const FD_READ: i32 = 0x01;
/// Network event: data can be sent.
pub const FD_WRITE: i32 = 0x02;
/// Network event: urgent data can be read.
pub const FD_OOB: i32 = 0x04;
/// Network event: a connection can be accepted.
pub const FD_ACCEPT: i32 = 0x08;
/// Network event: connect is decided.
pub const FD_CONNECT: i32 = 0x10;
/// Network event: the peer sends no more, or the connection is over.
pub const FD_CLOSE: i32 = 0x20;
/// Every network event, those that never happen here too.
pub const FD_ALL_EVENTS: i32 = 0x3ff;
/// WSAAccept's condition function: accept.
pub const CF_ACCEPT: i32 = 0;
/// WSAAccept's condition function: reject.
pub const CF_REJECT: i32 = 1;
/// WSAAccept's condition function: later.
pub const CF_DEFER: i32 = 2;
