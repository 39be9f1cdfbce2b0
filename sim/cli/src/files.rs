//! Output files: whole or not at all, and known to be writable before anything runs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A folder that files can be written to.
pub(crate) struct Folder {
    path: PathBuf,
    /// This run made it; if the run leaves nothing in it, it goes again.
    made: bool,
}

impl Folder {
    /// Makes the folder if it is not there, and tries to write to it; what stands in the way of a file is an error.
    pub(crate) fn open(path: &Path, names: &[String]) -> Result<Self, String> {
        let made = !path.exists();
        if made {
            fs::create_dir_all(path)
                .map_err(|e| format!("cannot make the folder {}: {e}", path.display()))?;
        }
        let folder = Self { path: path.to_owned(), made };
        NamedTempFile::new_in(path)
            .map_err(|e| format!("cannot write to the folder {}: {e}", path.display()))?;
        match names.iter().map(|name| path.join(name)).find(|file| file.is_dir()) {
            Some(file) => Err(format!("cannot write {}: it is a folder", file.display())),
            None => Ok(folder),
        }
    }

    /// Writes all files, or leaves what was there.
    pub(crate) fn write(mut self, files: &[(String, String)]) -> Result<(), String> {
        let failed = |name: &str, e: &dyn std::fmt::Display| {
            format!("cannot write {}: {e}", self.path.join(name).display())
        };
        let mut written = Vec::new();
        for (name, text) in files {
            let mut file = NamedTempFile::new_in(&self.path).map_err(|e| failed(name, &e))?;
            file.write_all(text.as_bytes()).map_err(|e| failed(name, &e))?;
            written.push((name, file));
        }
        let mut kept: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
        for (name, file) in written {
            let path = self.path.join(name);
            let before = fs::read(&path).ok();
            if let Err(e) = file.persist(&path) {
                for (path, before) in kept {
                    let _ = match before {
                        Some(bytes) => fs::write(path, bytes),
                        None => fs::remove_file(path),
                    };
                }
                return Err(failed(name, &e.error));
            }
            kept.push((path, before));
        }
        self.made = false;
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.made {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// One file that can be written.
pub(crate) struct Target {
    path: PathBuf,
    file: NamedTempFile,
}

impl Target {
    /// Tries to write beside the file's final place.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let cannot = |e: &dyn std::fmt::Display| format!("cannot write {}: {e}", path.display());
        if path.is_dir() {
            return Err(cannot(&"it is a folder"));
        }
        let file = NamedTempFile::new_in(folder).map_err(|e| cannot(&e))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes the whole file, or nothing.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), String> {
        let cannot = |e: &dyn std::fmt::Display| format!("cannot write {}: {e}", self.path.display());
        self.file.write_all(bytes).map_err(|e| cannot(&e))?;
        self.file.persist(&self.path).map_err(|e| cannot(&e.error))?;
        Ok(())
    }
}
