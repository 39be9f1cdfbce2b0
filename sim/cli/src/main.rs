//! The `closewait` command.
fn main() {}
