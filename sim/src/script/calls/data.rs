//! What is sent and received.

use super::super::ast::Arg;
use super::Refusal;
use super::args::Args;
use bytes::Bytes;
use closewait::winsock::{Handle, consts};

/// `send(3, 1000)`, `send(3, "text", 4, 0)`, `write(3, ..., 1000)`: the bytes are filled in by position later.
pub(super) fn sent(a: &Args<'_, '_>) -> Result<(Handle, Option<Bytes>), Refusal> {
    let s = a.socket(0)?;
    a.flags(&["MSG_OOB", "MSG_NOSIGNAL"])?;
    let data = match (a.get(1), a.length()) {
        (Some(Arg::Null), length) => return Ok((s, (length == Some(0)).then(Bytes::new))),
        (Some(Arg::Text(text)), length) => {
            let len = length.and_then(|n| usize::try_from(n).ok()).unwrap_or(text.len());
            Bytes::copy_from_slice(&text[..len.min(text.len())])
        }
        (_, Some(n)) => match usize::try_from(n) {
            Ok(n) => super::super::names::generated(s, a.names, n),
            Err(_) => return a.malformed("a length that is not negative"),
        },
        (_, None) => return a.malformed("a socket and a length, or a text"),
    };
    Ok((s, Some(data)))
}

pub(super) fn urgent(a: &Args<'_, '_>) -> i32 {
    if a.has_flag("MSG_OOB") { consts::MSG_OOB } else { 0 }
}

pub(super) fn received(a: &Args<'_, '_>) -> Result<(Handle, Option<usize>, i32), Refusal> {
    let s = a.socket(0)?;
    a.flags(&["MSG_PEEK", "MSG_OOB", "MSG_NOSIGNAL"])?;
    let peek = if a.has_flag("MSG_PEEK") { consts::MSG_PEEK } else { 0 };
    match a.length().and_then(|n| usize::try_from(n).ok()) {
        Some(len) => {
            // A buffer that is not there holds nothing, which is all that is asked of it.
            let there = len == 0 || a.get(1) != Some(&Arg::Null);
            Ok((s, there.then_some(len), peek | urgent(a)))
        }
        None => a.malformed("a socket and a length"),
    }
}
