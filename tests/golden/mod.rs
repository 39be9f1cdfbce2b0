//! Committed pages and hashes: compared by tests, rewritten by `CLOSEWAIT_BLESS=1 cargo test --workspace`.

use std::path::Path;

/// Compares `text` with the committed file at `path` (from the root), or rewrites the file when asked to.
#[expect(clippy::disallowed_methods, reason = "whether to compare or to rewrite is no part of any run")]
pub(crate) fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var("CLOSEWAIT_BLESS").is_ok() {
        std::fs::write(&file, text).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed != text {
        let line = committed.lines().zip(text.lines()).position(|(a, b)| a != b);
        let n = line.unwrap_or_else(|| committed.lines().count().min(text.lines().count()));
        panic!(
            "{path} is not what the code says, from line {} on:\n  committed: {}\n  now:       {}\n\
             review the difference, then: CLOSEWAIT_BLESS=1 cargo test --workspace",
            n + 1,
            committed.lines().nth(n).unwrap_or("(end)"),
            text.lines().nth(n).unwrap_or("(end)"),
        );
    }
}
