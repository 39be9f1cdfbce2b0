//! Winsock's error codes, as WSAGetLastError gives them.

macro_rules! errors {
    ($($name:ident $code:literal $spelling:literal $text:literal;)*) => {
        /// A Winsock error.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
        pub enum WsaError {
            $(#[doc = concat!($spelling, " (", stringify!($code), "): ", $text)]
              #[error($spelling)] $name,)*
        }

        impl WsaError {
            /// Every error that this crate returns.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number: 10004, 10035 …
            #[must_use]
            pub const fn code(self) -> i32 {
                match self { $(Self::$name => $code,)* }
            }

            /// The name in winsock2.h.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $spelling,)* }
            }

            /// What it says.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

errors! {
    Intr 10004 "WSAEINTR" "the blocked call was cancelled";
    Acces 10013 "WSAEACCES" "the address is not shared, or is everybody's";
    Fault 10014 "WSAEFAULT" "a pointer or a length is bad";
    Inval 10022 "WSAEINVAL" "an argument, or the socket's state, is wrong for the call";
    WouldBlock 10035 "WSAEWOULDBLOCK" "the socket is nonblocking and the call cannot complete at once";
    InProgress 10036 "WSAEINPROGRESS" "a blocking call is in progress";
    Already 10037 "WSAEALREADY" "a connect is under way";
    NotSock 10038 "WSAENOTSOCK" "the handle is no socket";
    MsgSize 10040 "WSAEMSGSIZE" "the datagram is too long";
    ProtoType 10041 "WSAEPROTOTYPE" "the protocol does not fit the socket's type";
    NoProtoOpt 10042 "WSAENOPROTOOPT" "the option is unknown at this level";
    ProtoNoSupport 10043 "WSAEPROTONOSUPPORT" "the protocol is not there";
    SocktNoSupport 10044 "WSAESOCKTNOSUPPORT" "the socket type is not there";
    OpNotSupp 10045 "WSAEOPNOTSUPP" "the socket cannot do that";
    AfNoSupport 10047 "WSAEAFNOSUPPORT" "the address family does not fit";
    AddrInUse 10048 "WSAEADDRINUSE" "the address is taken";
    AddrNotAvail 10049 "WSAEADDRNOTAVAIL" "the address is not valid here";
    NetDown 10050 "WSAENETDOWN" "the network subsystem has failed";
    NetUnreach 10051 "WSAENETUNREACH" "no address from which the remote could be reached";
    NetReset 10052 "WSAENETRESET" "keep-alive found that the peer is gone";
    ConnAborted 10053 "WSAECONNABORTED" "the connection was ended at this end";
    ConnReset 10054 "WSAECONNRESET" "the peer reset the connection";
    NoBufs 10055 "WSAENOBUFS" "a queue or table is full";
    IsConn 10056 "WSAEISCONN" "the socket is connected";
    NotConn 10057 "WSAENOTCONN" "the socket is not connected";
    Shutdown 10058 "WSAESHUTDOWN" "that direction was shut down";
    TimedOut 10060 "WSAETIMEDOUT" "the peer did not answer";
    ConnRefused 10061 "WSAECONNREFUSED" "the peer refused the connection";
    HostUnreach 10065 "WSAEHOSTUNREACH" "the host is not reached";
    VerNotSupported 10092 "WSAVERNOTSUPPORTED" "that version of Winsock is not supported";
    NotInitialised 10093 "WSANOTINITIALISED" "no successful WSAStartup is outstanding";
    TryAgain 11002 "WSATRY_AGAIN" "the condition function deferred the connection";
    InvalidHandle 6 "WSA_INVALID_HANDLE" "the handle is no event";
    InvalidParameter 87 "WSA_INVALID_PARAMETER" "the events are none, or more than 64";
}
