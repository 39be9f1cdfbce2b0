//! Standard output.

use std::io::{ErrorKind, Write};

/// Prints to standard output; a reader that has gone is no error.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write to standard output: {e}")),
        Ok(()) | Err(_) => Ok(()),
    }
}
