//! The tests that there are, found in the sources: `mod` lines lead from a crate's root to its files, `#[test]` to the
//! functions. rustfmt's layout is relied on: an inline module ends at the brace in its own column.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every test by its name, as mutations spell it.
pub(crate) type Tests = BTreeMap<String, Test>;

#[derive(Debug)]
pub(crate) struct Test {
    /// Its path from the root.
    pub(crate) file: String,
    /// What stands above it, and its body.
    text: String,
}

impl Test {
    /// Whether it runs under each profile that there is: by itself, or by a helper that does.
    pub(crate) fn runs_under_every_profile(&self) -> bool {
        let helpers = ["every(", "Profile::ALL", "holds(", "both_ways(", "by_profile("];
        helpers.iter().any(|helper| self.text.contains(helper))
    }

    /// Whether it expects one thing of some profiles and another of others.
    pub(crate) fn has_columns(&self) -> bool {
        self.text.contains("column(") || self.text.contains("by_profile(")
    }

    /// Whether it names the ruling.
    pub(crate) fn names(&self, ruling: &str) -> bool {
        let mut words = self.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words.any(|word| word.eq_ignore_ascii_case(ruling))
    }
}

pub(crate) fn tests() -> Tests {
    let mut tests = Tests::new();
    let mut crates = vec![("lib".to_owned(), PathBuf::from("src/lib.rs"))];
    crates.push(("sim".to_owned(), PathBuf::from("sim/src/lib.rs")));
    for entry in fs::read_dir(root().join("tests")).expect("tests") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if let Some(binary) = name.strip_suffix(".rs") {
            crates.push((binary.to_owned(), Path::new("tests").join(&name)));
        }
    }
    for (binary, file) in crates {
        let folder = file.parent().expect("a folder").to_owned();
        Finder { binary: &binary, tests: &mut tests }.file(&file, &folder, &[]);
    }
    tests
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

struct Finder<'a> {
    binary: &'a str,
    tests: &'a mut Tests,
}

impl Finder<'_> {
    /// `below` is the folder of the modules that `file` declares, `path` the module that it is.
    fn file(&mut self, file: &Path, below: &Path, path: &[String]) {
        let Ok(text) = fs::read_to_string(root().join(file)) else {
            panic!("{}: no such file", file.display());
        };
        let mut path = path.to_vec();
        // The columns in which inline modules begin.
        let mut inline: Vec<usize> = Vec::new();
        let (mut named, mut is_test) = (None, false);
        let mut above = String::new();
        let lines: Vec<_> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let column = line.len() - code.len();
            if code == "}" && inline.last() == Some(&column) {
                inline.pop();
                path.pop();
            } else if let Some(name) = code.strip_prefix("#[path = \"") {
                named = Some(name.trim_end_matches("\"]").to_owned());
            } else if code == "#[test]" {
                is_test = true;
            } else if let Some(name) = module(code) {
                path.push(name.trim_end_matches([';', ' ', '{']).to_owned());
                if name.ends_with('{') {
                    inline.push(column);
                } else if name.ends_with(';') {
                    self.module(file, below, named.take(), &path, inline.len());
                    path.pop();
                }
            } else if let (true, Some(name)) = (is_test, function(code)) {
                let path = path.iter().map(|name| format!("{name}::")).collect::<String>();
                let file = file.to_string_lossy().into_owned();
                let end = format!("{}}}", " ".repeat(column));
                let body: Vec<_> = lines[n..].iter().take_while(|line| ***line != end).copied().collect();
                let text = format!("{above}{}", body.join("\n"));
                self.tests.insert(format!("{} {path}{name}", self.binary), Test { file, text });
                is_test = false;
            }
            if code.starts_with("///") {
                above.push_str(code);
                above.push('\n');
            } else if !code.starts_with("#[") {
                above.clear();
            }
        }
    }

    /// A module with a file of its own; `inline` of its parents have none.
    fn module(&mut self, by: &Path, below: &Path, named: Option<String>, path: &[String], inline: usize) {
        if let Some(named) = named {
            let file = by.parent().expect("a folder").join(named);
            let below = file.parent().expect("a folder").to_owned();
            return self.file(&file, &below, path);
        }
        let own = path.len() - 1 - inline;
        let folder = path[own..].iter().fold(below.to_owned(), |folder, name| folder.join(name));
        let flat = folder.with_extension("rs");
        let file = if root().join(&flat).exists() { flat } else { folder.join("mod.rs") };
        self.file(&file, &folder, path);
    }
}

/// What follows `mod`.
fn module(code: &str) -> Option<&str> {
    let (before, name) = code.split_once("mod ")?;
    matches!(before, "" | "pub " | "pub(crate) " | "pub(super) ").then_some(name)
}

/// The name of a function that begins here.
fn function(code: &str) -> Option<&str> {
    let name = code.strip_prefix("async ").unwrap_or(code).strip_prefix("fn ")?;
    name.split_once('(').map(|(name, _)| name)
}
