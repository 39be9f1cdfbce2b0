//! Numbers by their names in winsock2.h.

use closewait::winsock::{FdEvent, Linger, consts, options};

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn family_name(family: i32) -> String {
    match family {
        consts::AF_INET => "AF_INET".into(),
        consts::AF_INET6 => "AF_INET6".into(),
        other => other.to_string(),
    }
}

pub(super) fn kind_name(kind: i32) -> String {
    match kind {
        consts::SOCK_STREAM => "SOCK_STREAM".into(),
        consts::SOCK_DGRAM => "SOCK_DGRAM".into(),
        other => other.to_string(),
    }
}

pub(super) fn protocol_name(protocol: i32) -> String {
    match protocol {
        consts::IPPROTO_TCP => "IPPROTO_TCP".into(),
        consts::IPPROTO_UDP => "IPPROTO_UDP".into(),
        other => other.to_string(),
    }
}

pub(super) fn how_name(how: i32) -> String {
    match how {
        consts::SD_RECEIVE => "SD_RECEIVE".into(),
        consts::SD_SEND => "SD_SEND".into(),
        consts::SD_BOTH => "SD_BOTH".into(),
        other => other.to_string(),
    }
}

pub(super) fn ioctl_name(code: u32) -> String {
    match code {
        consts::SIO_KEEPALIVE_VALS => "SIO_KEEPALIVE_VALS".into(),
        consts::SIO_TCP_SET_ACK_FREQUENCY => "SIO_TCP_SET_ACK_FREQUENCY".into(),
        other => format!("{other:#x}"),
    }
}

/// What an ioctl is given: words in braces, one of them without.
pub(super) fn ioctl_input(bytes: &[u8]) -> String {
    let (words, rest) = bytes.as_chunks::<4>();
    let words: Vec<_> = words.iter().map(|word| u32::from_le_bytes(*word).to_string()).collect();
    match words.as_slice() {
        [word] if rest.is_empty() => word.clone(),
        words if rest.is_empty() => format!("{{{}}}", words.join(", ")),
        _ => hex(bytes),
    }
}

pub(super) fn option_name(level: i32, number: i32) -> String {
    options::Row::find(level, number)
        .map_or_else(|| format!("{level:#x}, {number:#x}"), |row| row.name.to_owned())
}

pub(super) fn option_value(level: i32, name: i32, value: &[u8]) -> String {
    match (level, name, value) {
        (consts::SOL_SOCKET, consts::SO_LINGER, &[a, b, c, d]) => {
            let linger = Linger { l_onoff: u16::from_le_bytes([a, b]), l_linger: u16::from_le_bytes([c, d]) };
            format!("{{{}, {}}}", linger.l_onoff, linger.l_linger)
        }
        (_, _, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]).to_string(),
        (_, _, other) => hex(other),
    }
}

/// `FD_READ|FD_CLOSE`; 0 for none.
pub(super) fn fd_names(events: i32) -> String {
    let known = FdEvent::ALL.iter().filter(|event| events & event.bit() != 0);
    let mut names: Vec<_> = known.map(|event| event.name().to_owned()).collect();
    let all = FdEvent::ALL.iter().fold(0, |all, event| all | event.bit());
    if events & !all != 0 || names.is_empty() {
        names.push(match events & !all {
            0 => "0".to_owned(),
            rest => format!("{rest:#x}"),
        });
    }
    names.join("|")
}

const POLL: [(&str, i16); 8] = [
    ("POLLRDNORM", consts::POLLRDNORM),
    ("POLLRDBAND", consts::POLLRDBAND),
    ("POLLWRNORM", consts::POLLWRNORM),
    ("POLLERR", consts::POLLERR),
    ("POLLHUP", consts::POLLHUP),
    ("POLLNVAL", consts::POLLNVAL),
    ("POLLPRI", consts::POLLPRI),
    ("POLLWRBAND", consts::POLLWRBAND),
];

/// `POLLRDNORM|POLLHUP`; 0 for none.
pub(super) fn poll_names(flags: i16) -> String {
    let names: Vec<_> = POLL.iter().filter(|(_, flag)| flags & flag != 0).map(|(name, _)| *name).collect();
    let known = POLL.iter().fold(0, |all, (_, flag)| all | flag);
    match (names.is_empty(), flags & !known) {
        (true, rest) => rest.to_string(),
        (false, 0) => names.join("|"),
        (false, rest) => format!("{}|{rest:#x}", names.join("|")),
    }
}

/// `MSG_PEEK|MSG_OOB`, with a comma before it; nothing for 0.
pub(super) fn msg_flags(flags: i32) -> String {
    let known = [(consts::MSG_PEEK, "MSG_PEEK"), (consts::MSG_OOB, "MSG_OOB")];
    let mut names: Vec<_> =
        known.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| (*name).to_owned()).collect();
    let rest = flags & !(consts::MSG_PEEK | consts::MSG_OOB);
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    if names.is_empty() { String::new() } else { format!(", {}", names.join("|")) }
}
