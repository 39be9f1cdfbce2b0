//! The layers and who may know whom: `use` lines are parsed, and every arrow points down.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room of `src/`, and the rooms it may import. The nouns are everybody's.
const NOUNS: [&str; 8] = ["time", "seq", "addr", "buf", "packet", "profile", "rule", "form"];
const ARROWS: [(&str, &[&str]); 4] = [
    ("tcp", &[]),
    ("stack", &["tcp"]),
    ("winsock", &["stack", "tcp"]),
    ("host", &["winsock", "stack", "tcp"]),
];

/// What a noun may know of other nouns, in the order of the layers' page.
const NOUN_ARROWS: [(&str, &[&str]); 8] = [
    ("time", &[]),
    ("seq", &[]),
    ("addr", &[]),
    ("buf", &[]),
    ("packet", &["addr", "seq"]),
    ("profile", &["time"]),
    ("rule", &[]),
    ("form", &["addr", "profile", "seq", "time"]),
];

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(dir).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn sources(dir: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let name = |path: &Path| path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).expect("text"))).collect()
}

/// The room that a file belongs to: its folder, or its own name.
fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or(file)
}

/// The rooms that a line names after `crate::` (comments and documentation do not count).
fn named(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or("");
    code.split("crate::").skip(1).flat_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.split(',')
            .map(|part| part.trim().split([':', ';', '}', ')', ' ', '(', '.']).next().unwrap_or(""))
    })
}

/// Mutation: `use crate::winsock::Linger` in `src/tcp/tcb.rs`.
#[test]
fn nothing_points_up() {
    let mut allowed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (room, below) in ARROWS {
        allowed.insert(room, below.iter().chain(&NOUNS).copied().chain([room]).collect());
    }
    for (noun, below) in NOUN_ARROWS {
        allowed.insert(noun, below.iter().copied().chain([noun]).collect());
    }
    for (file, text) in sources("src") {
        if file == "lib.rs" {
            continue;
        }
        let room = room(&file);
        let allowed = allowed.get(room).unwrap_or_else(|| panic!("src/{file}: no layer is named {room}"));
        for (n, line) in text.lines().enumerate() {
            for other in named(line) {
                let layer = NOUNS.contains(&other) || ARROWS.iter().any(|(room, _)| *room == other);
                assert!(
                    !layer || allowed.contains(&other),
                    "src/{file}:{}: {room} may not know {other}",
                    n + 1
                );
            }
        }
    }
}

/// `tcp` and `stack` know nothing of what is above them, not even its words; `winsock` not TCP's variables.
///
/// Mutation: a constant named `LINGER` in `src/tcp/tcb.rs`.
#[test]
fn layers_keep_to_their_own_words() {
    let words = |text: &str, forbidden: &[&str]| -> Option<String> {
        let code = text.lines().map(|l| l.split("//").next().unwrap_or("").to_lowercase());
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        code.flat_map(|l| l.split(|c| !is_word(c)).map(str::to_owned).collect::<Vec<_>>())
            .find(|w| forbidden.contains(&w.as_str()))
    };
    for (file, text) in sources("src") {
        let forbidden: &[&str] = match room(&file) {
            "tcp" | "stack" => &["socket", "linger", "l_onoff", "wsa", "wsaerror", "process", "closesocket"],
            "winsock" => &["snd_nxt", "snd_una", "rcv_nxt", "cwnd", "iss", "irs"],
            _ => &[],
        };
        assert_eq!(words(&text, forbidden), None, "src/{file}");
    }
}

/// The simulator's arrow, and the command's: cli -> sim -> closewait.
///
/// Mutation: `clap::` in `sim/src`.
#[test]
fn the_simulator_does_not_know_the_command() {
    for (file, text) in sources("sim/src") {
        assert!(!text.contains("closewait_cli") && !text.contains("clap::"), "sim/src/{file}");
    }
    for (file, text) in sources("src") {
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        assert!(!code.into_iter().any(|l| l.contains("closewait_sim")), "src/{file}");
    }
}
