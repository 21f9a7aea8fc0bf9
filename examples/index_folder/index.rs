//! The index: replicated, and as one program alone would make it.

use std::collections::{BTreeMap, BTreeSet};

use gossiper::UpdateContext;
use gossiper::causal::{Abort, Causal};
use gossiper::crdts::{CounterOverflow, GCounter, GSet, VersionedKv};
use gossiper::prelude::*;
use thiserror::Error;

use crate::folder::{FileEntry, TextFile};

/// The replicated index: words, bytes, lines, files. A tuple of lattices is a
/// lattice, and one update may change all of its parts.
pub(crate) type Index = (GSet<String>, GCounter, GCounter, Causal<VersionedKv<String, FileEntry>>);

#[derive(Debug, Error)]
pub(crate) enum IndexError {
    #[error("too much to count")]
    Overflow(#[from] CounterOverflow),
    #[error("the file was not recorded: {0}")]
    Put(Abort),
}

/// The delta of indexing one file.
pub(crate) fn add(
    (words, bytes, lines, files): &Index,
    ctx: &mut UpdateContext,
    file: &TextFile,
) -> Result<<Index as Replicated>::Delta, IndexError> {
    let file_put = files.record(ctx, |files| {
        files.put(file.path.clone(), file.entry.clone());
        Ok(())
    });
    Ok((
        Some(words.insert_all(file.words.iter().cloned())),
        Some(bytes.increment(ctx.replica(), file.entry.length)?),
        Some(lines.increment(ctx.replica(), file.lines)?),
        Some(file_put.map_err(IndexError::Put)?),
    ))
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
    pub(crate) fn same_size(&self, (words, bytes, lines, files): &Index) -> bool {
        words.len() == self.words.len()
            && files.len() == self.files.len()
            && bytes.value() == u128::from(self.bytes)
            && lines.value() == u128::from(self.lines)
    }

    /// Whether a replica's index is exactly this one.
    pub(crate) fn equals(&self, index: &Index) -> bool {
        let (words, _, _, files) = index;
        self.same_size(index)
            && words.iter().eq(&self.words)
            && files.iter().map(|(path, entry)| (path, entry.value)).eq(&self.files)
    }
}
