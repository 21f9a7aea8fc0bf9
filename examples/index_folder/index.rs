//! The index: replicated, and as one program alone would make it.

use std::collections::{BTreeMap, BTreeSet};

use gossiper::prelude::*;

use crate::folder::{FileEntry, TextFile};

/// The replicated index. Its fields change as one: no replica ever has the words
/// of a file and not its lines.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
pub(crate) struct Index {
    words: GSet<String>,
    bytes: GCounter,
    lines: GCounter,
    files: VersionedKv<String, FileEntry>,
}

/// Records one file.
pub(crate) fn add(index: &mut IndexRecorder<'_>, file: &TextFile) -> Result<(), Abort> {
    index.words().extend(file.words.iter().cloned());
    index.bytes().add(file.entry.length)?;
    index.lines().add(file.lines)?;
    index.files().put(file.path.clone(), file.entry.clone());
    Ok(())
}

/// The same index made by one program, without replication: what every replica
/// must end with.
#[derive(Default)]
pub(crate) struct SequentialIndex {
    pub(crate) words: BTreeSet<String>,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) files: BTreeMap<String, FileEntry>,
}

impl SequentialIndex {
    pub(crate) fn add(&mut self, file: TextFile) {
        self.bytes += file.entry.length;
        self.lines += file.lines;
        self.words.extend(file.words);
        self.files.insert(file.path, file.entry);
    }

    /// Whether the sizes agree: cheap enough for every round, and false until a
    /// replica has everything.
    pub(crate) fn same_size(&self, index: &Index) -> bool {
        index.words.len() == self.words.len()
            && index.files.len() == self.files.len()
            && index.bytes.value() == u128::from(self.bytes)
            && index.lines.value() == u128::from(self.lines)
    }

    /// Whether a replica's index is exactly this one.
    pub(crate) fn equals(&self, index: &Index) -> bool {
        self.same_size(index)
            && index.words.iter().eq(&self.words)
            && index.files.iter().map(|(path, entry)| (path, entry.value)).eq(&self.files)
    }
}
