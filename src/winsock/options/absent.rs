//! Options that Windows has and this project does not, each with the reason. An option that would be accepted and do
//! nothing is not modelled: setsockopt and getsockopt refuse it.

use crate::winsock::consts::*;
use crate::winsock::error::WsaError;

/// An option that is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absent {
    /// SOL_SOCKET or IPPROTO_TCP.
    pub level: i32,
    /// The option's number.
    pub number: i32,
    /// Its name in winsock2.h, mswsock.h or ws2ipdef.h.
    pub name: &'static str,
    /// What setsockopt and getsockopt fail with.
    pub error: WsaError,
    /// Why.
    pub why: &'static str,
}

const fn socket(number: i32, name: &'static str, why: &'static str) -> Absent {
    Absent { level: SOL_SOCKET, number, name, error: WsaError::NoProtoOpt, why }
}

const fn tcp(number: i32, name: &'static str, why: &'static str) -> Absent {
    Absent { level: IPPROTO_TCP, number, name, error: WsaError::NoProtoOpt, why }
}

/// Windows refuses it itself, from Vista on.
const fn refused(number: i32, name: &'static str) -> Absent {
    let why = "Windows' own TCP/IP refuses it so";
    Absent { error: WsaError::Inval, ..socket(number, name, why) }
}

const SILENT: &str = "Microsoft's providers take it and do nothing";
const FOREIGN: &str = "for DECnet, OSI TP4 and the like: Windows' TCP/IP does not support it";
const NO_STRUCTURE: &str = "it gives a structure of pointers or text, not a value; getsockname, \
    getpeername and SO_TYPE tell the same";
const NO_EXTENSION: &str = "for AcceptEx and ConnectEx, which are not modelled yet";
const SCALE: &str = "of ephemeral ports: here they go round in order, one binding each (R75)";

/// All of them, by level and number.
pub const ABSENT: &[Absent] = &[
    socket(0x0001, "SO_DEBUG", SILENT),
    socket(0x0010, "SO_DONTROUTE", SILENT),
    socket(0x0040, "SO_USELOOPBACK", "for routing sockets, which Windows does not have"),
    refused(0x1003, "SO_SNDLOWAT"),
    refused(0x1004, "SO_RCVLOWAT"),
    socket(0x1009, "SO_BSP_STATE", NO_STRUCTURE),
    socket(0x2001, "SO_GROUP_ID", "reserved"),
    socket(0x2002, "SO_GROUP_PRIORITY", "reserved"),
    socket(0x2004, "SO_PROTOCOL_INFOA", NO_STRUCTURE),
    socket(0x2005, "SO_PROTOCOL_INFOW", NO_STRUCTURE),
    socket(0x3001, "PVD_CONFIG", "a provider's own configuration: this one has its Profile"),
    socket(
        0x3002,
        "SO_CONDITIONAL_ACCEPT",
        "the SYN would wait for WSAAccept's condition function; here a connection is established first, \
         and refused by RST",
    ),
    socket(0x3004, "SO_COMPARTMENT_ID", "a host has one routing compartment"),
    socket(0x3005, "SO_RANDOMIZE_PORT", SCALE),
    socket(0x3006, "SO_PORT_SCALABILITY", SCALE),
    socket(0x3007, "SO_REUSE_UNICASTPORT", SCALE),
    socket(0x3008, "SO_REUSE_MULTICASTPORT", "there is no multicast"),
    socket(0x300f, "SO_ORIGINAL_DST", "no packet filter redirects connections"),
    socket(0x7000, "SO_CONNDATA", FOREIGN),
    socket(0x7001, "SO_CONNOPT", FOREIGN),
    socket(0x7002, "SO_DISCDATA", FOREIGN),
    socket(0x7003, "SO_DISCOPT", FOREIGN),
    socket(0x7004, "SO_CONNDATALEN", FOREIGN),
    socket(0x7005, "SO_CONNOPTLEN", FOREIGN),
    socket(0x7006, "SO_DISCDATALEN", FOREIGN),
    socket(0x7007, "SO_DISCOPTLEN", FOREIGN),
    socket(
        0x7008,
        "SO_OPENTYPE",
        "whether sockets are overlapped: overlapped operations are not modelled yet",
    ),
    socket(0x7009, "SO_MAXDG", "SO_MAX_MSG_SIZE tells the same"),
    socket(0x700a, "SO_MAXPATHDG", "SO_MAX_MSG_SIZE tells the same"),
    socket(0x700b, "SO_UPDATE_ACCEPT_CONTEXT", NO_EXTENSION),
    socket(0x7010, "SO_UPDATE_CONNECT_CONTEXT", NO_EXTENSION),
    tcp(6, "TCP_STDURG", "undocumented; TCP_EXPEDITED_1122 says how the urgent pointer is read"),
    tcp(7, "TCP_NOURG", "undocumented"),
    tcp(8, "TCP_ATMARK", "undocumented; SIOCATMARK tells it"),
    tcp(11, "TCP_OFFLOAD_PREFERENCE", "no network card takes connections over"),
    tcp(12, "TCP_CONGESTION_ALGORITHM", "undocumented; the profile's `congestion_control` says which"),
    tcp(13, "TCP_DELAY_FIN_ACK", "undocumented"),
    tcp(15, "TCP_FASTOPEN", "a SYN carries no text of ConnectEx, which is not modelled yet"),
    tcp(19, "TCP_ICMP_ERROR_INFO", "it gives a structure with an address; the log has the ICMP message"),
];

/// Levels that Windows has, and of which no option is here.
pub const ABSENT_LEVELS: &[(i32, &str, &str)] = &[
    (
        IPPROTO_IP,
        "IPPROTO_IP",
        "packets have no type of service, no IP options and no multicast; a TTL never runs out on a link",
    ),
    (
        IPPROTO_UDP,
        "IPPROTO_UDP",
        "checksums are always there, and segments of datagrams are never put together",
    ),
    (IPPROTO_IPV6, "IPPROTO_IPV6", "as IPPROTO_IP; a socket is of one family (as with IPV6_V6ONLY on)"),
];
