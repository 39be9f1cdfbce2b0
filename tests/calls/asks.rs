//! The calls, each as a row of the page has it, and what a cell says of its result.

use super::places::Place;
use bytes::Bytes;
use closewait::winsock::{
    Call, CallResult, FdSets, Handle, NetworkEvent, PollFd, SockAddr, Timeval, Value, Window, consts,
};

/// A column: a call as it is written, and how it is made on a socket.
pub(crate) struct Ask {
    pub(crate) name: &'static str,
    call: fn(&Place) -> Call,
    /// A call before it.
    before: Option<fn(&Place) -> Call>,
}

const fn ask(name: &'static str, call: fn(&Place) -> Call) -> Ask {
    Ask { name, call, before: None }
}

const fn lingering(name: &'static str, before: fn(&Place) -> Call) -> Ask {
    Ask { name, call: |p| Call::Closesocket { s: p.s }, before: Some(before) }
}

fn set_linger(s: Handle, value: &'static [u8]) -> Call {
    let (level, name) = (consts::SOL_SOCKET, consts::SO_LINGER);
    Call::Setsockopt { s, level, name, value: Some(Bytes::from_static(value)) }
}

fn select(sets: FdSets) -> Call {
    Call::Select { sets: Box::new(sets), timeout: Some(Timeval::from_millis(0)) }
}

/// Calls by what they are for.
pub(crate) const GROUPS: &[(&str, &[Ask])] = &[
    (
        "Opening",
        &[
            ask("bind", |p| {
                Call::bind(
                    p.s,
                    closewait::addr::Endpoint::new(closewait::addr::wildcard_like(p.name().ip), 6000),
                )
            }),
            ask("listen", |p| Call::Listen { s: p.s, backlog: 5 }),
            ask("accept", |p| Call::accept(p.s)),
            ask("connect", |p| Call::connect(p.s, p.name())),
            ask("getsockname", |p| Call::getsockname(p.s)),
            ask("getpeername", |p| Call::getpeername(p.s)),
        ],
    ),
    (
        "Data",
        &[
            ask("send", |p| Call::send(p.s, Bytes::from_static(b"x"))),
            ask("sendto", |p| Call::Sendto {
                s: p.s,
                data: Some(Bytes::from_static(b"x")),
                flags: 0,
                to: Some(SockAddr::from(p.name())),
            }),
            ask("send, MSG_OOB", |p| Call::Send {
                s: p.s,
                data: Some(Bytes::from_static(b"x")),
                flags: consts::MSG_OOB,
            }),
            ask("recv", |p| Call::recv(p.s, 100)),
            ask("recv of 0 bytes", |p| Call::recv(p.s, 0)),
            ask("recv, MSG_OOB", |p| Call::Recv { s: p.s, len: Some(1), flags: consts::MSG_OOB }),
            ask("recvfrom", |p| Call::Recvfrom { s: p.s, len: Some(100), flags: 0 }),
        ],
    ),
    (
        "Null pointers",
        &[
            ask("bind(s, NULL)", |p| Call::Bind { s: p.s, name: None }),
            ask("connect(s, NULL)", |p| Call::Connect { s: p.s, name: None }),
            ask("send(s, NULL, 1)", |p| Call::Send { s: p.s, data: None, flags: 0 }),
            ask("recv(s, NULL, 1)", |p| Call::Recv { s: p.s, len: None, flags: 0 }),
            ask("getsockname(s, NULL)", |p| Call::Getsockname { s: p.s, len: None }),
            ask("getpeername(s, NULL)", |p| Call::Getpeername { s: p.s, len: None }),
            ask("getsockopt(SO_LINGER, NULL)", |p| Call::Getsockopt {
                s: p.s,
                level: consts::SOL_SOCKET,
                name: consts::SO_LINGER,
                len: None,
            }),
            ask("ioctlsocket(FIONREAD, NULL)", |p| Call::Ioctlsocket {
                s: p.s,
                cmd: consts::FIONREAD,
                arg: None,
            }),
        ],
    ),
    (
        "Closing",
        &[
            ask("shutdown(SD_SEND)", |p| Call::Shutdown { s: p.s, how: consts::SD_SEND }),
            ask("shutdown(SD_RECEIVE)", |p| Call::Shutdown { s: p.s, how: consts::SD_RECEIVE }),
            ask("shutdown(3)", |p| Call::Shutdown { s: p.s, how: 3 }),
            ask("closesocket", |p| Call::Closesocket { s: p.s }),
            lingering("closesocket, {1, 0}", |p| set_linger(p.s, &[1, 0, 0, 0])),
            lingering("closesocket, {1, 5}", |p| set_linger(p.s, &[1, 0, 5, 0])),
            ask("CloseHandle", |p| Call::CloseHandle { handle: p.s }),
        ],
    ),
    (
        "Options and modes",
        &[
            ask("getsockopt(SO_LINGER)", |p| Call::getsockopt(p.s, consts::SOL_SOCKET, consts::SO_LINGER, 4)),
            ask("getsockopt(SO_ERROR)", |p| Call::getsockopt(p.s, consts::SOL_SOCKET, consts::SO_ERROR, 4)),
            ask("an unknown option", |p| Call::getsockopt(p.s, consts::SOL_SOCKET, 0x7777, 4)),
            ask("an unknown level", |p| Call::getsockopt(p.s, 0x7777, 1, 4)),
            ask("FIONBIO", |p| Call::set_nonblocking(p.s, true)),
            ask("FIONREAD", |p| Call::Ioctlsocket { s: p.s, cmd: consts::FIONREAD, arg: Some(0) }),
            ask("SIOCATMARK", |p| Call::Ioctlsocket { s: p.s, cmd: consts::SIOCATMARK, arg: Some(0) }),
        ],
    ),
    (
        "Waiting and notification",
        &[
            ask("select, read", |p| select(FdSets { read: Some(vec![p.s]), ..FdSets::default() })),
            ask("select, write", |p| select(FdSets { write: Some(vec![p.s]), ..FdSets::default() })),
            ask("select, except", |p| select(FdSets { except: Some(vec![p.s]), ..FdSets::default() })),
            ask("WSAPoll", |p| {
                let events = consts::POLLIN | consts::POLLOUT;
                Call::WsaPoll { fds: Some(vec![PollFd { fd: p.s, events }]), timeout: 0 }
            }),
            ask("WSAAsyncSelect", |p| Call::WsaAsyncSelect {
                s: p.s,
                window: Some(Window(1)),
                events: consts::FD_ALL_EVENTS,
            }),
            ask("WSAEventSelect", |p| Call::WsaEventSelect {
                s: p.s,
                event: Some(p.event),
                events: consts::FD_ALL_EVENTS,
            }),
            ask("WSAEventSelect, no event", |p| Call::WsaEventSelect {
                s: p.s,
                event: None,
                events: consts::FD_READ,
            }),
            ask("WSAEnumNetworkEvents", |p| Call::WsaEnumNetworkEvents { s: p.s, event: None, out: true }),
        ],
    ),
    (
        "Handles",
        &[
            ask("WSADuplicateSocket", |p| Call::WsaDuplicateSocket { s: p.s, process: 1, info: true }),
            ask("the same, no such process", |p| Call::WsaDuplicateSocket {
                s: p.s,
                process: 99,
                info: true,
            }),
            ask("DuplicateHandle", |p| Call::DuplicateHandle { handle: p.s }),
            ask("WSACloseEvent", |p| Call::WsaCloseEvent { event: p.s }),
            ask("WSASetEvent", |p| Call::WsaSetEvent { event: p.s }),
        ],
    ),
];

impl Ask {
    /// What the call says there. WSAAsyncSelect says, too, what it posts at once, and WSAEventSelect what it has recorded.
    pub(crate) fn outcome(&self, place: &Place) -> String {
        let mut place = place.clone();
        if let Some(before) = self.before {
            let _ = place.call(before(&place));
        }
        let call = (self.call)(&place);
        let posts = matches!(call, Call::WsaAsyncSelect { .. });
        let records = matches!(call, Call::WsaEventSelect { .. });
        let said = match place.ask(call) {
            None => "blocks".to_owned(),
            Some(result) => words(&result),
        };
        place.world.assert_invariants();
        let mut all = vec![said];
        let mut tell = |NetworkEvent { event, error }| {
            let code = error.map_or_else(String::new, |error| format!(": {error}"));
            all.push(format!("{}{code}", event.name()));
        };
        while posts
            && let Ok(Value::Message(Some(message))) = place.call(Call::PeekMessage { window: Window(1) })
        {
            tell(message.event);
        }
        if records
            && let Ok(Value::NetworkEvents(events)) =
                place.call(Call::WsaEnumNetworkEvents { s: place.s, event: None, out: true })
        {
            events.into_iter().for_each(tell);
        }
        all.join(", ")
    }
}

fn words(result: &CallResult) -> String {
    let value = match result {
        Err(error) => return error.to_string(),
        Ok(value) => value,
    };
    match value {
        Value::Handle(_) | Value::Accepted(..) => "a handle".to_owned(),
        Value::Info(_) => "0, an info".to_owned(),
        Value::Name(_) => "0, a name".to_owned(),
        Value::Argument(arg) => format!("0, {arg}"),
        Value::Option(bytes) => {
            let mut int = [0; 4];
            int[..bytes.len()].copy_from_slice(bytes);
            format!("0, {}", i32::from_le_bytes(int))
        }
        Value::Polled { revents, .. } => poll_words(revents[0]),
        Value::NetworkEvents(events) => format!("0, {} events", events.len()),
        Value::Zero
        | Value::Sent(_)
        | Value::Received(_)
        | Value::ReceivedFrom(..)
        | Value::Startup(_)
        | Value::LastError(_)
        | Value::Bool(_)
        | Value::Condition(_)
        | Value::Selected(_)
        | Value::Waited(_)
        | Value::Message(_) => value.number().map_or_else(|| format!("{value:?}"), |n| n.to_string()),
    }
}

fn poll_words(flags: i16) -> String {
    let names = [
        (consts::POLLRDNORM, "RDNORM"),
        (consts::POLLRDBAND, "RDBAND"),
        (consts::POLLWRNORM, "WRNORM"),
        (consts::POLLERR, "ERR"),
        (consts::POLLHUP, "HUP"),
        (consts::POLLNVAL, "NVAL"),
    ];
    let names: Vec<_> = names.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name).collect();
    if names.is_empty() { "0".to_owned() } else { names.join(" ") }
}
