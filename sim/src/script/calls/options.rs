//! Options and ioctls.

use super::super::ast::{Arg, Item};
use super::Refusal;
use super::args::{Args, int_of};
use closewait::winsock::Call;

/// Level and name of an option, and where its value stands: the level may be left out.
fn option(a: &Args<'_, '_>) -> Result<(i32, i32, usize), Refusal> {
    let Some(Arg::Names(first)) = a.get(1) else {
        return Ok((a.int32(1, "a level")?, a.int32(2, "an option")?, 3));
    };
    let first = first.join("|");
    if let Some((level, name)) = super::super::names::socket_option(&first) {
        return Ok((level, name, 2));
    }
    let level = a.int32(1, "a level or an option")?;
    if let Some(Arg::Names(second)) = a.get(2)
        && let Some((_, name)) = super::super::names::socket_option(&second.join("|"))
    {
        return Ok((level, name, 3));
    }
    match a.get(2) {
        Some(Arg::Names(second)) => {
            Err(Refusal::NotModelled(format!("the option {} is not modelled yet", second.join("|"))))
        }
        _ => Ok((level, a.int32(2, "an option")?, 3)),
    }
}

/// `getsockopt(3, SO_ERROR)`, `getsockopt(3, SO_LINGER, 2)`, `getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4])`: the size of
/// the buffer may be written.
pub(super) fn getsockopt(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let (level, name, at) = option(a)?;
    let len = match (a.get(at), a.get(at + 1)) {
        (Some(Arg::Null), _) | (_, Some(Arg::Null)) => None,
        (Some(Arg::Int(_)), None) => a.room(at),
        (_, _) => a.room(at + 1).or(Some(4)),
    };
    Ok(Call::Getsockopt { s: a.socket(0)?, level, name, len })
}

/// `ioctlsocket(3, FIONBIO, 1)`, `ioctlsocket(3, FIONREAD)`
pub(super) fn ioctlsocket(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let cmd = a.int32(1, "FIONBIO, FIONREAD or SIOCATMARK")?.cast_unsigned();
    let pointed_at = match a.get(2) {
        Some(Arg::Null) => None,
        Some(Arg::List(list)) => Some(list.first().and_then(|v| int_of(&v.value)).unwrap_or(0)),
        Some(Arg::Int(n)) => Some(*n),
        _ => Some(0),
    };
    let arg = pointed_at.map(|n| u32::try_from(n).unwrap_or(1));
    Ok(Call::Ioctlsocket { s: a.socket(0)?, cmd, arg })
}

pub(super) fn setsockopt(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let (level, name, at) = option(a)?;
    let mut bytes = match a.get(at) {
        Some(Arg::Null) => return Ok(Call::Setsockopt { s: a.socket(0)?, level, name, value: None }),
        Some(Arg::Int(n)) => int_bytes(*n).to_vec(),
        Some(Arg::List(list)) => match list.first().and_then(|v| int_of(&v.value)) {
            Some(n) => int_bytes(n).to_vec(),
            None => return a.malformed("a value"),
        },
        Some(Arg::Braces(items)) => match &ints(items)[..] {
            [onoff, seconds] => {
                let half = |n: i64| u16::try_from(n & 0xffff).unwrap_or(0).to_le_bytes();
                let ([a, b], [c, d]) = (half(*onoff), half(*seconds));
                vec![a, b, c, d]
            }
            _ => return a.malformed("{onoff, seconds}"),
        },
        _ => return a.malformed("a socket, an option and a value"),
    };
    if let Some(len) = a.get(at + 1).and_then(int_of).and_then(|n| usize::try_from(n).ok()) {
        bytes.resize(len.min(64), 0);
    }
    Ok(Call::Setsockopt { s: a.socket(0)?, level, name, value: Some(bytes.into()) })
}

/// `WSAIoctl(3, SIO_KEEPALIVE_VALS, {1, 75000, 1000})`, with the length after it if it is not the whole.
pub(super) fn wsa_ioctl(a: &Args<'_, '_>) -> Result<Call, Refusal> {
    let (s, code) = (a.socket(0)?, a.int32(1, "a control code")?.cast_unsigned());
    let mut bytes: Vec<u8> = match a.get(2) {
        Some(Arg::Null) => return Ok(Call::WsaIoctl { s, code, input: None }),
        Some(Arg::Int(n)) => int_bytes(*n).to_vec(),
        Some(Arg::List(list)) => list.iter().filter_map(|v| int_of(&v.value)).flat_map(int_bytes).collect(),
        Some(Arg::Braces(items)) => ints(items).into_iter().flat_map(int_bytes).collect(),
        _ => return a.malformed("a socket, a control code and its input"),
    };
    if let Some(len) = a.get(3).and_then(int_of).and_then(|n| usize::try_from(n).ok()) {
        bytes.resize(len.min(64), 0);
    }
    Ok(Call::WsaIoctl { s, code, input: Some(bytes.into()) })
}

fn int_bytes(n: i64) -> [u8; 4] {
    let [a, b, c, d, ..] = n.to_le_bytes();
    [a, b, c, d]
}

fn ints(items: &[Item]) -> Vec<i64> {
    let value = |item: &Item| match item {
        Item::Value { value, .. } => int_of(&value.value),
        Item::Call(_) => None,
    };
    items.iter().filter_map(value).collect()
}
