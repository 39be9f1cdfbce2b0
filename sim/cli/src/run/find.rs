//! The files that paths mean.

use std::fs;
use std::path::{Path, PathBuf};

/// Every path, and in place of a folder its .pkt files in the order of their names.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        folder(path, &mut files).map_err(|e| format!("cannot read the folder {}: {e}", path.display()))?;
        if files.len() == before {
            return Err(format!("{} has no .pkt file", path.display()));
        }
    }
    Ok(files)
}

fn folder(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            folder(&entry, files)?;
        } else if entry.extension().is_some_and(|e| e == "pkt") {
            files.push(entry);
        }
    }
    Ok(())
}
