//! The blocks of tests/mutations*.txt, as `.ci/mutations` reads them.

use std::fs;
use std::path::Path;

#[derive(Default, Debug)]
pub(crate) struct Block {
    /// With the binary before each: `lib tcp::tests::closing::simultaneous_close`.
    pub(crate) tests: Vec<String>,
    /// The ids that it is for, if it says so.
    ids: Vec<String>,
    pub(crate) file: String,
    pub(crate) find: String,
    pub(crate) replace: String,
}

/// The block of a test that is for that id, or else the test's first.
pub(crate) fn find<'a>(blocks: &'a [Block], test: &String, id: &str) -> Option<&'a Block> {
    let all = || blocks.iter().filter(|block| block.tests.contains(test));
    all().find(|block| block.ids.iter().any(|own| own == id)).or_else(|| all().find(|b| b.ids.is_empty()))
}

pub(crate) fn read() -> Vec<Block> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let entries = fs::read_dir(folder).expect("tests");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("mutations") && name.ends_with(".txt")
    });
    files.sort();
    files.iter().flat_map(|file| blocks(&fs::read_to_string(file).expect("text"))).collect()
}

fn is_id(word: &str) -> bool {
    ["TR-", "CS-", "WF-"].iter().any(|prefix| word.starts_with(prefix))
}

fn blocks(text: &str) -> Vec<Block> {
    let blocks = text.split("\n\n").map(|lines| {
        let mut block = Block::default();
        for line in lines.lines() {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            if let Some(ids) = line.strip_prefix("# ")
                && ids.split(' ').all(is_id)
            {
                block.ids = ids.split(' ').map(str::to_owned).collect();
                continue;
            }
            match key {
                "test" => {
                    let (binary, names) = value.split_once(' ').expect("a binary and its tests");
                    block.tests = names.split(' ').map(|name| format!("{binary} {name}")).collect();
                }
                "file" => block.file = value.to_owned(),
                "find" => block.find = value.to_owned(),
                "replace" => block.replace = value.to_owned(),
                _ => {}
            }
        }
        block
    });
    blocks.filter(|block| !block.tests.is_empty()).collect()
}
