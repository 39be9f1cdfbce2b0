//! `closewait run` from outside: formats, streams, reports, many files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Nothing of the caller's terminal or settings may be seen.
fn closewait(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_closewait"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(args).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

fn hard() -> String {
    fs::read_to_string(shipped("hard.pkt")).expect("a scenario")
}

const LANES: &str = "--host=a\n--host=b\n";

/// A passing, a failing, two skipped, a bad and an unreadable file, in this order.
fn mixture() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().expect("a folder");
    let skipped =
        format!("{LANES}0 a: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 a: WSASend(3, 1, ov1) = 0\n");
    let files = [
        ("1.pkt", hard()),
        ("2.pkt", hard().replace("client > R.", "client > F.")),
        ("3.pkt", skipped.clone()),
        ("4.pkt", skipped),
        ("5.pkt", "0 closesockt(3) = 0\n".to_owned()),
    ];
    let mut paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, text)| {
            fs::write(dir.path().join(name), text).expect("a file");
            dir.path().join(name)
        })
        .collect();
    paths.push(dir.path().join("6.pkt"));
    (dir, paths)
}

fn run(paths: &[PathBuf], options: &[&str]) -> Output {
    let paths = paths.iter().map(|path| path.to_str().expect("UTF-8"));
    closewait(&["run"].into_iter().chain(paths).chain(options.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn every_file_is_a_line_and_reasons_are_counted() {
    let (_dir, paths) = mixture();
    let out = run(&paths, &[]);
    assert_eq!(out.status.code(), Some(2), "bad input");
    let said = text(&out.stdout);
    let verdicts: Vec<_> = said
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(word, _)| ["ok", "FAILED", "skipped", "BAD"].contains(word))
        .map(|(word, rest)| (word.to_owned(), rest.contains(".pkt")))
        .collect();
    let words = ["ok", "FAILED", "skipped", "skipped", "BAD", "BAD"].map(|word| (word.to_owned(), true));
    assert_eq!(verdicts, words, "{said}");
    let end =
        "1 passed, 3 failed, 2 skipped\n  2 failed: bad input\n  2 skipped: WSASend is not modelled yet\n";
    assert!(said.ends_with(end), "{said}");
    assert!(said.contains("6.pkt: cannot read it"), "{said}");
    assert!(out.stderr.is_empty());
}

#[test]
fn one_thread_and_many_print_the_same() {
    let (dir, mut paths) = mixture();
    for i in 0..60 {
        let path = dir.path().join(format!("more-{i}.pkt"));
        fs::write(&path, hard().replace("{1, 0}", &format!("{{1, {}}}", i % 2))).expect("a file");
        paths.push(path);
    }
    for options in [&[][..], &["--format", "ladder"], &["--format", "jsonl"], &["--report", "junit"]] {
        let with = |jobs: &str| run(&paths, &[options, &["--jobs", jobs]].concat());
        let (one, many) = (with("1"), with("7"));
        assert_eq!((text(&one.stdout), text(&one.stderr)), (text(&many.stdout), text(&many.stderr)));
        assert_eq!(one.status.code(), many.status.code());
    }
    assert_eq!(run(&paths[..1], &["--jobs", "0"]).status.code(), Some(2), "no threads run nothing");
}

/// The line, what was expected, what happened, the rule, and the rows around the instant, 0.1.
#[test]
fn a_failure_shows_the_ladder_around_it() {
    let (_dir, paths) = mixture();
    let said = text(&run(&paths[1..2], &[]).stdout);
    for part in [
        "2.pkt:16: ",
        "expected: > F. 101:101(0) ack 1",
        "happened: ",
        "rule:     hard-close: l_onoff nonzero",
        "    time server",
        "├  accept(0x100) = 0x104",
        "closesocket(0x100) = 0  ┤  hard-close (CS-D2)",
        "─ R. 101:101(0) ack 1 win 0 ─",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("listen(0x100"), "only what is near: {said}");
    let call = hard().replace(
        "closesocket(3) = 0\n+0           client >",
        "closesocket(3) = -1 WSAEWOULDBLOCK\n+0           client >",
    );
    assert_ne!(call, hard());
    fs::write(&paths[1], call).expect("a file");
    let said = text(&run(&paths[1..2], &[]).stdout);
    assert!(said.contains("expected: -1 WSAEWOULDBLOCK") && said.contains("happened: 0 at 0.1"), "{said}");
    assert!(said.contains("rule:     hard-close: "), "{said}");
}

#[test]
fn formats_for_people_come_before_each_verdict() {
    let (graceful, hard) = (shipped("graceful.pkt"), shipped("hard.pkt"));
    for (format, part) in [("ladder", "FIN_WAIT_1 → FIN_WAIT_2"), ("tcpdump", "Flags [F.], seq ")] {
        let out = closewait(&["run", &graceful, &hard, "--format", format]);
        let said = text(&out.stdout);
        let at = |part: &str| said.find(part).unwrap_or_else(|| panic!("{format}: {part}: {said}"));
        assert!(at(part) < at(&format!("ok      {graceful}")), "{said}");
        assert!(at(&format!("ok      {graceful}")) < at("hard-close (CS-D2"), "{said}");
        assert!(at("hard-close (CS-D2") < at(&format!("ok      {hard}")), "{said}");
        assert!(said.ends_with("2 passed, 0 failed, 0 skipped\n") && out.stderr.is_empty(), "{said}");
    }
}

#[test]
fn formats_for_programs_have_standard_output_to_themselves() {
    let (_dir, paths) = mixture();
    let out = run(&paths, &["--format", "jsonl"]);
    let lines: Vec<serde_json::Value> =
        text(&out.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).cloned().collect::<Vec<_>>();
    let verdicts: Vec<_> =
        of("verdict").iter().map(|v| v["verdict"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(verdicts, ["passed", "failed", "skipped", "skipped", "bad", "bad"]);
    let names: Vec<_> = of("run").iter().map(|v| v["scenario"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(names, paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>());
    let failure = &of("verdict")[1]["failures"][0];
    assert_eq!((&failure["line"], &failure["rule"]), (&16.into(), &"hard-close".into()));
    assert!(text(&out.stderr).contains("1 passed, 3 failed, 2 skipped\n"));
    let printed = run(&paths[..1], &["--format", "pkt"]);
    assert_eq!(text(&printed.stdout).lines().nth(2), Some("--seed=1"));
    assert_eq!(text(&printed.stderr).lines().last(), Some("1 passed, 0 failed, 0 skipped"));
}

#[test]
fn a_printed_run_passes() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("printed.pkt");
    let printed = closewait(&["run", &shipped("linger-expired.pkt"), "--format", "pkt"]);
    fs::write(&file, &printed.stdout).expect("a file");
    let again = run(&[file], &["--format", "pkt"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert_eq!(text(&again.stdout), text(&printed.stdout));
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let hard = shipped("hard.pkt");
    let colored =
        |args: &[&str]| closewait(&[&["run", hard.as_str(), "--format", "ladder"][..], args].concat()).stdout;
    assert!(!colored(&[]).contains(&0x1b), "a pipe is no terminal");
    assert!(!colored(&["--color", "never"]).contains(&0x1b));
    let always = text(&colored(&["--color", "always"]));
    assert!(always.contains("\u{1b}[1m\u{1b}[31m") && always.contains("\u{1b}[32mok"), "{always}");
    // Without the colours it is the same text.
    let mut plain = String::new();
    for (i, piece) in always.split('\u{1b}').enumerate() {
        plain += if i == 0 { piece } else { piece.split_once('m').expect("a colour ends").1 };
    }
    assert_eq!(plain, text(&colored(&[])));
}

/// Names and messages that would break a careless report.
fn hostile() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().expect("a folder");
    let fails = format!("{LANES}0 a: WSAGetLastError() = 5 (<\"#&'\u{1}>)\n");
    let paths = ["a # \"TODO\" <b>&'.pkt", "line\nok 9 - forged.pkt", "back\\slash\u{1b}[31m.pkt"]
        .map(|name| dir.path().join(name))
        .to_vec();
    for path in &paths {
        fs::write(path, &fails).expect("a file");
    }
    (dir, paths)
}

#[test]
fn tap_is_version_14() {
    let (_dir, paths) = mixture();
    let out = run(&paths, &["--report", "tap"]);
    let tap = text(&out.stdout);
    let lines: Vec<_> = tap.lines().collect();
    assert_eq!(lines[..2], ["TAP version 14", "1..6"]);
    let points: Vec<_> = lines.iter().filter(|l| l.starts_with("ok ") || l.starts_with("not ok ")).collect();
    let begin = |i: usize, with: &str| assert!(points[i].starts_with(with), "{with}: {tap}");
    assert_eq!(points.len(), 6, "{tap}");
    begin(0, "ok 1 - ");
    begin(1, "not ok 2 - ");
    begin(2, "ok 3 - ");
    begin(5, "not ok 6 - ");
    assert!(points[2].ends_with("3.pkt # SKIP WSASend is not modelled yet"), "{tap}");
    assert!(!points[0].contains('#'), "{tap}");
    assert_eq!(tap.matches("\n  ---\n").count(), 3);
    assert_eq!(tap.matches("\n  ...\n").count(), 3);
    assert!(tap.contains("      expected: \"> F. 101:101(0) ack 1 at 0.100000\"\n"), "{tap}");
    assert!(tap.contains("      rule: \"hard-close: l_onoff"), "{tap}");
    assert!(text(&out.stderr).ends_with("skipped: WSASend is not modelled yet\n"), "verdicts go beside");
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn tap_survives_hostile_names_and_messages() {
    let (_dir, paths) = hostile();
    let tap = text(&run(&paths, &["--report", "tap"]).stdout);
    let points: Vec<_> = tap.lines().filter(|l| !l.starts_with("  ")).collect();
    assert_eq!(points.len(), 2 + 3, "no line more than points: {tap}");
    assert!(points[2].ends_with("a \\# \"TODO\" <b>&'.pkt"), "a hash is no directive: {tap}");
    assert!(points[3].contains("line\u{fffd}ok 9 - forged.pkt"), "{tap}");
    assert!(points[4].contains("back\\\\slash\u{fffd}[31m.pkt"), "{tap}");
    assert!(!tap.contains('\u{1b}') && !tap.contains('\u{1}'), "{tap}");
    for line in tap.lines().filter(|l| l.starts_with("      text: ")) {
        let value: String =
            serde_json::from_str(line.trim_start_matches("      text: ")).expect("a JSON string");
        assert!(value.contains("(<\"#&'\u{fffd}>)"), "{value}");
    }
}

/// Name, attributes and text.
type Element = (String, Vec<(String, String)>, String);

/// Every element, as an XML reader sees them.
fn elements(xml: &str) -> Vec<Element> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found: Vec<Element> = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(e) | Event::Empty(e) => {
                let attributes = e.attributes().map(|a| {
                    let a = a.expect("an attribute");
                    let value = a.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("text");
                    (text(a.key.as_ref().as_bytes()), value.into_owned())
                });
                found.push((text(e.name().as_ref().as_bytes()), attributes.collect(), String::new()));
            }
            Event::Text(t) => {
                if let Some((_, _, said)) = found.last_mut() {
                    *said += &t.into_inner();
                }
            }
            Event::GeneralRef(r) => {
                if let Some((_, _, said)) = found.last_mut() {
                    *said += &format!("&{};", r.into_inner());
                }
            }
            Event::Eof => return found,
            Event::End(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

#[test]
fn junit_counts_and_tells_kinds_apart() {
    let (_dir, paths) = mixture();
    let xml = text(&run(&paths, &["--report", "junit"]).stdout);
    let all = elements(&xml);
    let names: Vec<_> = all.iter().map(|(name, _, _)| name.as_str()).collect();
    let case = "testcase";
    assert_eq!(
        names,
        [
            "testsuites",
            "testsuite",
            case,
            case,
            "failure",
            case,
            "skipped",
            case,
            "skipped",
            case,
            "error",
            case,
            "error"
        ]
    );
    let attribute = |i: usize, key: &str| {
        let (_, attributes, _): &(String, Vec<(String, String)>, String) = &all[i];
        attributes.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str()).to_owned()
    };
    let counts = ["tests", "failures", "errors", "skipped"].map(|key| attribute(1, key));
    assert_eq!(counts, ["6", "1", "2", "2"]);
    assert!(attribute(4, "message").starts_with("expected > F. 101:101(0) ack 1 at 0.100000, happened 0.1"));
    assert_eq!(attribute(6, "message"), "WSASend is not modelled yet");
    assert!(all[4].2.contains("2.pkt:16: ") && all[4].2.contains("rule: hard-close: "), "{xml}");
}

#[test]
fn junit_survives_hostile_names_and_messages() {
    let (_dir, paths) = hostile();
    let xml = text(&run(&paths, &["--report", "junit"]).stdout);
    let all = elements(&xml);
    let cases: Vec<_> =
        all.iter().filter(|(name, _, _)| name == "testcase").map(|(_, a, _)| a[0].1.clone()).collect();
    assert_eq!(cases.len(), 3, "{xml}");
    assert!(cases[0].ends_with("a # \"TODO\" <b>&'.pkt"), "{xml}");
    assert!(cases[1].contains("line") && cases[1].contains("ok 9 - forged.pkt"), "{xml}");
    assert!(cases[2].ends_with("back\\slash\u{fffd}[31m.pkt"), "{xml}");
    assert!(xml.contains("(&lt;&quot;#&amp;") || xml.contains("(&lt;\"#&amp;"), "{xml}");
    assert!(!xml.contains(|c: char| c.is_control() && c != '\n'), "{xml}");
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_runs() {
    let hard = shipped("hard.pkt");
    let nowhere = Path::new(&hard).join("below.pcapng");
    for args in [
        &["run", &hard, "--report", "tap", "--format", "jsonl"][..],
        &["run", &hard, "--format", "xml"],
        &["run", &hard, &hard, "--pcapng", "out.pcapng"],
        &["run", &hard, "--pcapng", nowhere.to_str().expect("UTF-8")],
        &["run", &hard, "--jsonl"],
    ] {
        let out = closewait(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(out.stdout.is_empty(), "{args:?}");
    }
    assert!(!Path::new("out.pcapng").exists());
}

#[test]
fn netstat_stays_with_the_verdicts() {
    let graceful = shipped("graceful.pkt");
    let out = closewait(&["run", &graceful, "--netstat", "--format", "jsonl"]);
    assert!(text(&out.stderr).contains("recv-q") && !text(&out.stdout).contains("recv-q"));
}

/// A name that a terminal would obey is shown, not obeyed.
#[test]
fn names_do_not_reach_the_terminal_as_control_characters() {
    let (_dir, paths) = hostile();
    let out = run(&paths, &["--format", "pkt"]);
    assert!(!out.stdout.contains(&0x1b) && !out.stderr.contains(&0x1b));
    assert_eq!(text(&out.stderr).lines().filter(|l| l.starts_with("ok")).count(), 0);
}

/// Every row of the ladders in the README and the guide is one of hard.pkt's.
#[test]
fn the_guides_show_rows_that_are() {
    let out = text(&closewait(&["run", &shipped("hard.pkt"), "--format", "ladder"]).stdout);
    for (page, count) in
        [(include_str!("../../../README.md"), 7), (include_str!("../../../docs/running.md"), 10)]
    {
        let rows: Vec<_> = page.lines().filter(|line| line.contains('│')).collect();
        assert_eq!(rows.len(), count);
        for row in rows {
            assert!(out.lines().any(|line| line == row), "{row}\n{out}");
        }
    }
}
