//! What is in a folder: its text files, one by one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use ignore::WalkBuilder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Files with a NUL byte in so many bytes at their beginning count as binary.
const BINARY_PROBE_BYTES: usize = 8 * 1024;

/// What the index keeps of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    /// Length in bytes.
    pub(crate) length: u64,
    /// SHA-256 of the content.
    pub(crate) hash: [u8; 32],
}

/// One text file, read and taken apart.
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) entry: FileEntry,
    pub(crate) lines: u64,
    pub(crate) words: BTreeSet<String>,
}

/// The files below `folder`, in order of their paths. Hidden entries, symbolic
/// links and whatever `.gitignore` names are left out.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let metadata =
        fs::metadata(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    ensure!(metadata.is_dir(), "{} is not a folder", folder.display());
    let walk = WalkBuilder::new(folder)
        .require_git(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .follow_links(false)
        .sort_by_file_path(Ord::cmp)
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Reads one file; `None` if it is binary.
pub(crate) fn read(folder: &Path, path: &Path) -> Result<Option<TextFile>> {
    let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if content.iter().take(BINARY_PROBE_BYTES).any(|byte| *byte == 0) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&content);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    Ok(Some(TextFile {
        path: name(path.strip_prefix(folder).unwrap_or(path)),
        entry: FileEntry { length: content.len() as u64, hash: Sha256::digest(&content).into() },
        lines: content.iter().filter(|byte| **byte == b'\n').count() as u64,
        words: words.map(str::to_lowercase).collect(),
    }))
}

/// A path as text, different for different paths: bytes that are not UTF-8 are
/// written as `\xNN`.
fn name(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(name, "\\x{byte:02x}");
        }
    }
    name
}
