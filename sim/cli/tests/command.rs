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
        (&["table", "--one-way", "3h"], "no unit of s, ms, us or ns"),
        (&["table", "--one-way", "11s"], "too long"),
        (&["table", "--linger", "65536"], "0 to 65535 would do"),
        (&["table", "--linger", "-1"], "0 to 65535 would do"),
        (&["table", "--bytes", "0"], "bytes would do"),
        (&["table", "--profile", "vista"], "windows, documented, rfc9293, win8-cav2016 would do"),
        (&["table", "--format", "xml"], "text, json"),
        (&["table", "--pkt", "rows", "--one-way", "0"], "1us would do"),
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
    let passed = closewait(&["run", into.to_str().expect("UTF-8")]);
    assert_eq!(passed.status.code(), Some(0), "{}", text(&passed.stdout));
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
    std::fs::write(dir.path().join("row-01.pkt"), "mine").expect("a file of the user's");
    let out = closewait(&["table", "--pkt", dir.path().to_str().expect("UTF-8")]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty(), "refused before the run");
    assert_eq!(entries(dir.path()), 2, "only what was there before");
    assert_eq!(std::fs::read_to_string(dir.path().join("row-01.pkt")).expect("kept"), "mine");
}

fn entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("a folder").count()
}

fn scenarios() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").to_str().expect("UTF-8").to_owned()
}

#[test]
fn run_takes_files_and_folders_and_counts() {
    let out = closewait(&["run", &scenarios()]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stdout));
    assert!(text(&out.stdout).ends_with("12 passed, 0 failed, 0 skipped\n"), "{}", text(&out.stdout));
}

#[test]
fn a_failing_line_is_shown_with_what_happened_and_the_rule() {
    let dir = tempfile::tempdir().expect("a folder");
    let case = dir.path().join("case.pkt");
    let hard = std::fs::read_to_string(Path::new(&scenarios()).join("hard.pkt")).expect("a scenario");
    std::fs::write(&case, hard.replace("client > R.", "client > F.")).expect("a file");
    let out = closewait(&["run", case.to_str().expect("UTF-8")]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stdout);
    for part in
        ["case.pkt:16: ", "expected: > F. 101:101(0) ack 1", "R. 101:101(0) ack 1", "hard-close (CS-D2"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn bad_scenarios_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let lanes = "--host=a\n--host=b\n";
    for (path, said) in [
        (file("binary.pkt", &[0xff, 0xfe, 0, 1]), "not UTF-8"),
        (dir.path().join("missing.pkt").to_str().expect("UTF-8").to_owned(), "cannot read"),
        (empty.to_str().expect("UTF-8").to_owned(), "no .pkt file"),
        (file("host.pkt", format!("{lanes}0 c: closesocket(3) = 0\n").as_bytes()), "no host is named c"),
        (file("loss.pkt", format!("{lanes}--link=a,b,loss=200%\n").as_bytes()), "0% to 100%"),
        (file("call.pkt", b"0 closesockt(3) = 0\n"), "closesocket"),
        (
            file(
                "back.pkt",
                format!("{lanes}1 a: WSAGetLastError() = 0\n0.5 a: WSAGetLastError() = 0\n").as_bytes(),
            ),
            "before",
        ),
    ] {
        let out = closewait(&["run", &path]);
        let all = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{path}: {all}");
        assert!(all.contains(said), "{path}: {all}");
    }
}

#[test]
fn nothing_that_ran_is_no_success() {
    let dir = tempfile::tempdir().expect("a folder");
    let case = dir.path().join("case.pkt");
    std::fs::write(&case, "0 socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 WSASend(3, 1, ov1) = 0\n")
        .expect("a file");
    let out = closewait(&["run", case.to_str().expect("UTF-8")]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stdout));
}

#[test]
fn run_writes_a_capture_and_shows_netstat() {
    let dir = tempfile::tempdir().expect("a folder");
    let capture = dir.path().join("out.pcapng");
    let path = capture.to_str().expect("UTF-8");
    let graceful = Path::new(&scenarios()).join("graceful.pkt");
    let graceful = graceful.to_str().expect("UTF-8");
    let out = closewait(&["run", graceful, "--netstat", "--pcapng", path]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("TIME_WAIT"), "{}", text(&out.stdout));
    let bytes = std::fs::read(&capture).expect("a capture");
    assert_eq!(bytes[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    let out = closewait(&["run", &scenarios(), "--pcapng", path]);
    assert_eq!(out.status.code(), Some(2), "one scenario's packets only");
}
