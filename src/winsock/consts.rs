//! Winsock's numbers, as winsock2.h, ws2def.h and ws2ipdef.h have them.

/// IPv4.
pub const AF_INET: i32 = 2;
/// IPv6.
pub const AF_INET6: i32 = 23;
/// A stream socket.
pub const SOCK_STREAM: i32 = 1;
/// A datagram socket.
pub const SOCK_DGRAM: i32 = 2;
/// UDP, as a protocol and as a level of options.
pub const IPPROTO_UDP: i32 = 17;
/// TCP, as a protocol and as a level of options.
pub const IPPROTO_TCP: i32 = 6;
/// The socket level of options.
pub const SOL_SOCKET: i32 = 0xffff;
/// IPv4, as a level of options.
pub const IPPROTO_IP: i32 = 0;
/// IPv6, as a level of options.
pub const IPPROTO_IPV6: i32 = 41;
/// Option, read only: bool, listen was called.
pub const SO_ACCEPTCONN: i32 = 0x0002;
/// Option: bool.
pub const SO_REUSEADDR: i32 = 0x0004;
/// Option: bool.
pub const SO_EXCLUSIVEADDRUSE: i32 = !SO_REUSEADDR;
/// Option: bool.
pub const SO_KEEPALIVE: i32 = 0x0008;
/// Option of datagram sockets: bool, datagrams may go to everybody.
pub const SO_BROADCAST: i32 = 0x0020;
/// Option: `struct linger`, two u_short.
pub const SO_LINGER: i32 = 0x0080;
/// Option: bool.
pub const SO_DONTLINGER: i32 = !SO_LINGER;
/// Option: bool, urgent data stays in line.
pub const SO_OOBINLINE: i32 = 0x0100;
/// Option: int, bytes.
pub const SO_SNDBUF: i32 = 0x1001;
/// Option: int, bytes.
pub const SO_RCVBUF: i32 = 0x1002;
/// Option: DWORD, milliseconds that send waits at most; 0: as long as it takes.
pub const SO_SNDTIMEO: i32 = 0x1005;
/// Option: DWORD, milliseconds that recv waits at most; 0: as long as it takes.
pub const SO_RCVTIMEO: i32 = 0x1006;
/// Option: int, a Winsock error code; read only.
pub const SO_ERROR: i32 = 0x1007;
/// Option, read only: int, SOCK_STREAM or SOCK_DGRAM.
pub const SO_TYPE: i32 = 0x1008;
/// Option of datagram sockets, read only: DWORD, the longest datagram that can be sent.
pub const SO_MAX_MSG_SIZE: i32 = 0x2003;
/// Option: bool, a listening socket answers every SYN with RST.
pub const SO_PAUSE_ACCEPT: i32 = 0x3003;
/// Option, read only: DWORD, seconds since the connection was established; 0xffffffff if there is none.
pub const SO_CONNECT_TIME: i32 = 0x700c;
/// Option at level IPPROTO_TCP: bool.
pub const TCP_NODELAY: i32 = 0x0001;
/// Option at level IPPROTO_TCP: bool, the urgent pointer as RFC 1122 has it.
pub const TCP_EXPEDITED_1122: i32 = 2;
/// Option at level IPPROTO_TCP: seconds until the first keep-alive probe.
pub const TCP_KEEPIDLE: i32 = 3;
/// TCP_KEEPIDLE's older name.
pub const TCP_KEEPALIVE: i32 = TCP_KEEPIDLE;
/// Option at level IPPROTO_TCP, read only: the effective send MSS, in bytes.
pub const TCP_MAXSEG: i32 = 4;
/// Option at level IPPROTO_TCP: seconds until retransmission gives up; -1 never, 0 as the system does.
pub const TCP_MAXRT: i32 = 5;
/// Option at level IPPROTO_TCP: bool, a SYN is sent once.
pub const TCP_NOSYNRETRIES: i32 = 9;
/// Option at level IPPROTO_TCP: bool, RFC 7323 timestamps.
pub const TCP_TIMESTAMPS: i32 = 10;
/// Option at level IPPROTO_TCP: as TCP_MAXRT, in milliseconds.
pub const TCP_MAXRTMS: i32 = 14;
/// Option at level IPPROTO_TCP: unanswered keep-alive probes after which the connection is over.
pub const TCP_KEEPCNT: i32 = 16;
/// Option at level IPPROTO_TCP: seconds between keep-alive probes.
pub const TCP_KEEPINTVL: i32 = 17;
/// Option at level IPPROTO_TCP: bool, an ICMP error ends connect.
pub const TCP_FAIL_CONNECT_ON_ICMP_ERROR: i32 = 18;
/// Option at level IPPROTO_TCP: bool, the opposite of TCP_EXPEDITED_1122.
pub const TCP_BSDURGENT: i32 = 0x7000;
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
