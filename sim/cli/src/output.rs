//! Standard output and standard error.

use std::io::{ErrorKind, Write};

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// Prints to standard output; a reader that has gone is no error.
pub(crate) fn print(text: &str) -> Result<(), String> {
    written("standard output", &mut std::io::stdout().lock(), text)
}

/// Prints to standard error.
pub(crate) fn say(text: &str) -> Result<(), String> {
    written("standard error", &mut std::io::stderr().lock(), text)
}

fn written(name: &str, out: &mut dyn Write, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write to {name}: {e}")),
        Ok(()) | Err(_) => Ok(()),
    }
}
