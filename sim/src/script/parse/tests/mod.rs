//! What the parser makes of each spelling, as text that says more than the source: which kind of argument,
//! which default, which time.

mod errors;
mod lanes;
mod one_machine;
mod robust;
mod show;
mod winsock;

use super::*;

/// The only line of a script, as [`show`] puts it.
fn line(source: &str) -> String {
    let text = format!("--host=server\n--host=client\n{source}\n");
    let script = parse(&text)
        .unwrap_or_else(|errors| panic!("{}", diagnostic::render_all(&errors, "case.pkt", &text)));
    assert_eq!(script.lines.len(), 1, "{source}");
    show::line(&script.lines[0])
}

/// Each source gives the line beside it.
fn table(rows: &[(&str, &str)]) {
    for (source, expected) in rows {
        assert_eq!(line(source), *expected, "{source}");
    }
}

/// All lines of a script.
fn lines(text: &str) -> Vec<String> {
    let script =
        parse(text).unwrap_or_else(|errors| panic!("{}", diagnostic::render_all(&errors, "case.pkt", text)));
    script.lines.iter().map(show::line).collect()
}

/// All that is wrong, each as `line:column: message | expected | suggestion`.
fn errors(text: &str) -> Vec<String> {
    let found = parse(text).expect_err("the script is wrong");
    found
        .iter()
        .map(|found| {
            let (line, column) = found.place(text);
            let kind = if found.kind == diagnostic::Kind::NotSupported { "skip: " } else { "" };
            let suggestion = found.suggestion.as_ref().map_or(String::new(), |name| format!(" ({name}?)"));
            format!("{line}:{column}: {kind}{}{suggestion}", found.message)
        })
        .collect()
}
