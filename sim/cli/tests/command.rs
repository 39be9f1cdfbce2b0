//! The command from outside: what it prints, what it writes, how it refuses.

use std::path::Path;
use std::process::{Command, Output};

fn closewait(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_closewait")).args(args).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn table_prints_eighteen_rows_as_text_and_json() {
    let out = closewait(&["table"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout).lines().count(), 2 + 1 + 18);
    let out = closewait(&["table", "--format", "json", "--profile", "documented"]);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(json["profile"], "documented");
    assert_eq!(json["rows"].as_array().map(Vec::len), Some(18));
}

#[test]
fn arguments_out_of_range_are_named_and_exit_2() {
    for (args, said) in [
        (&["table", "--one-way", "-5ms"][..], "negative"),
        (&["table", "--one-way", "3h"], "no unit"),
        (&["table", "--one-way", "11s"], "too long"),
        (&["table", "--linger", "65536"], "0 to 65535 would do"),
        (&["table", "--linger", "-1"], "0 to 65535 would do"),
        (&["table", "--bytes", "0"], "bytes would do"),
        (&["table", "--profile", "vista"], "windows, documented, rfc9293 would do"),
        (&["table", "--format", "xml"], "text, json"),
        (&["tabel"], "table"),
        (&[], "Usage"),
    ] {
        let out = closewait(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(text(&out.stderr).contains(said), "{args:?}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn help_has_examples() {
    for args in [&["--help"][..], &["table", "--help"]] {
        let out = closewait(args);
        assert_eq!(out.status.code(), Some(0));
        assert!(text(&out.stdout).contains("Examples:"), "{args:?}");
    }
}

#[test]
fn rows_are_written_as_scenarios() {
    let dir = tempfile::tempdir().expect("a folder");
    let into = dir.path().join("new").join("rows");
    let out = closewait(&["table", "--pkt", into.to_str().expect("UTF-8")]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let mut names: Vec<_> = std::fs::read_dir(&into)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 18);
    assert_eq!((names[0].as_str(), names[17].as_str()), ("row-01.pkt", "row-18.pkt"));
    let hard = std::fs::read_to_string(into.join("row-07.pkt")).expect("row 7");
    assert!(hard.contains("client: setsockopt(3, SO_LINGER, {1, 0}) = 0"), "{hard}");
    assert!(hard.contains("client > R."), "{hard}");
    assert!(hard.contains("server: recv_all(4) = 0 {end=WSAECONNRESET}"), "{hard}");
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("file");
    std::fs::write(&file, "kept").expect("a file");
    for path in [file.clone(), file.join("below")] {
        let out = closewait(&["table", "--pkt", path.to_str().expect("UTF-8")]);
        assert_eq!(out.status.code(), Some(2));
        assert!(out.stdout.is_empty(), "nothing ran");
        assert!(text(&out.stderr).contains("cannot"), "{}", text(&out.stderr));
    }
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "kept");
    assert_eq!(entries(dir.path()), 1, "nothing half-written stays behind");
}

#[test]
fn a_file_in_the_way_of_a_row_leaves_nothing_half_written() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("row-09.pkt")).expect("a folder in the way");
    let out = closewait(&["table", "--pkt", dir.path().to_str().expect("UTF-8")]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    assert_eq!(entries(dir.path()), 1, "only what was there before");
}

fn entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("a folder").count()
}
