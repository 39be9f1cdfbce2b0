//! `closewait words` from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn words(args: &[&str]) -> Output {
    let command = env!("CARGO_BIN_EXE_closewait");
    Command::new(command).arg("words").args(args).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn shipped() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../words/windows8.jsonl").to_str().expect("UTF-8").to_owned()
}

/// A file of these lines, and the folder that goes with the test.
fn file(lines: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("w.jsonl");
    std::fs::write(&path, lines).expect("a file");
    (dir, path)
}

const GOOD: &str = r#"{"in": ["LISTEN", "SYN(V,V,0)"], "out": ["TIMEOUT", "ACK+SYN(FRESH,NEXT,0)"]}"#;
/// R17 decides the third, R16 the fourth.
const WIN8: &str = r#"{"in": ["LISTEN", "SYN(V,V,0)", "SYN(V,V,0)"], "out": ["TIMEOUT", "ACK+SYN(FRESH,NEXT,0)", "ACK+RST(ZERO,NEXT,0)"], "id": 7}"#;

#[test]
fn the_words_that_ship_pass_under_their_profile() {
    let out = words(&[&shipped(), "--profile", "win8-cav2016", "--seed", "9"]);
    assert_eq!(out.status.code(), Some(0), "{}{}", text(&out.stdout), text(&out.stderr));
    assert_eq!(text(&out.stdout), "494 passed, 0 failed\n");
}

#[test]
fn a_failed_word_is_shown_with_its_difference_trace_and_ruling() {
    let (_dir, path) = file(format!("{GOOD}\n\n{WIN8}\n").as_bytes());
    let path = path.to_str().expect("UTF-8");
    assert_eq!(words(&[path, "--profile", "WIN8-CAV2016"]).status.code(), Some(0));
    let out = words(&[path]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}");
    let lines: Vec<_> = said.lines().collect();
    let at = lines.iter().position(|line| line.trim_start().starts_with("^^^")).expect("a mark");
    assert_eq!(lines[0], format!("FAILED  {path}:3"));
    assert_eq!(
        lines[at - 1].split_whitespace().collect::<Vec<_>>(),
        ["3", "SYN(V,V,0)", "ACK+RST(ZERO,NEXT,0)"]
    );
    let (mark, expected) = (lines[at].find('^'), lines[at - 1].find("ACK+RST"));
    assert_eq!(mark, expected, "the mark stands under what is expected");
    assert!(lines[at + 1].ends_with("happened:          ACK(NEXT,CURRENT,0)"), "{said}");
    for part in [
        "listen(0x100, 1)",
        "LISTEN -> SYN_RECEIVED | listen-syn (RFC 9293 3.10.7.2)",
        "| syn-challenge (RFC 9293 3.10.7.4 fourth, TR-E8, R16)",
        "      R16 (a SYN draws RST+ACK from 0, and the connection is reset)\n",
        "  R16   1\n1 passed, 1 failed\n",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("R17"), "{said}");
}

#[test]
fn failures_are_counted_and_only_the_first_shown() {
    let (_dir, path) = file(format!("{WIN8}\n").repeat(5).as_bytes());
    let path = path.to_str().expect("UTF-8");
    let out = words(&[path, "--show", "2"]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(said.matches("FAILED").count(), 2, "{said}");
    assert!(said.contains("and 3 more failed words"), "{said}");
    assert!(said.ends_with("  R16   5\n0 passed, 5 failed\n"), "{said}");
    let out = words(&[path, "--show", "0"]);
    assert!(!text(&out.stdout).contains("FAILED"));
}

#[test]
fn lines_that_are_no_words_are_named_and_the_others_played() {
    let lines =
        [GOOD.as_bytes(), b"{\"in\": [\"LISTN\"], \"out\": [\"TIMEOUT\"]}", b"\xff", WIN8.as_bytes(), b"{}"];
    let (_dir, path) = file(&lines.join(&b'\n'));
    let path = path.to_str().expect("UTF-8");
    let out = words(&[path, "--profile", "win8-cav2016"]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(2), "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    assert!(
        lines[0].starts_with(&format!("BAD     {path}:2: input 1: `LISTN` is no input: LISTEN,")),
        "{said}"
    );
    assert_eq!(lines[1], format!("BAD     {path}:3: not UTF-8 text from byte 1 on"));
    assert!(lines[2].starts_with(&format!("BAD     {path}:5: column 2: missing field `in`;")), "{said}");
    assert_eq!(lines[3..], ["3 lines are no words", "2 passed, 0 failed"]);
}

#[test]
fn bad_input_is_refused() {
    let (dir, empty) = file(b"\n \n");
    let empty = empty.to_str().expect("UTF-8");
    let missing = dir.path().join("missing.jsonl");
    for (args, part) in [
        (&[empty][..], "has no word in it"),
        (&[missing.to_str().expect("UTF-8")], "cannot read"),
        (&[empty, "--profile", "xp"], "windows, documented, rfc9293, win8-cav2016 would do"),
        (&[empty, "--show", "-1"], "--show"),
        (&[], "FILE.jsonl"),
    ] {
        let out = words(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(text(&out.stderr).contains(part), "{args:?}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty());
    }
    assert!(text(&words(&["--help"]).stdout).contains("Examples:"));
}
