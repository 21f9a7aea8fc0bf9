//! Words as short as they can be.

use crate::table::{Table, Tag};

/// A [`Table`] of words of four bytes or of eight.
#[derive(Clone)]
pub(super) enum Words {
    /// Half the memory, and half as many misses of a cache.
    Narrow(Table<u32>),
    Wide(Table<u64>),
}

/// Does the same with either table.
macro_rules! either {
    ($words:expr, $table:ident => $do:expr) => {
        match $words {
            Words::Narrow($table) => $do,
            Words::Wide($table) => $do,
        }
    };
}

impl Words {
    /// An empty table for `len` words and some more.
    pub(super) fn new(len: usize, narrow: bool) -> Self {
        if narrow { Self::Narrow(Table::for_words(len)) } else { Self::Wide(Table::for_words(len)) }
    }

    /// As [`Table::has_room_for`].
    #[inline]
    pub(super) const fn has_room_for(&self, more: usize) -> bool {
        either!(self, table => table.has_room_for(more))
    }

    /// As [`Table::is_sparse`].
    pub(super) const fn is_sparse(&self) -> bool {
        either!(self, table => table.is_sparse())
    }

    /// As [`Table::find`].
    #[inline]
    pub(super) fn find(&self, hash: u64, tag: Tag, is: impl FnMut(u64) -> bool) -> Option<usize> {
        either!(self, table => table.find(hash, tag, is))
    }

    /// As [`Table::put`].
    #[inline]
    pub(super) fn put(&mut self, hash: u64, tag: Tag, word: u64, each: impl FnMut(u64)) {
        either!(self, table => table.put(hash, tag, word, each));
    }

    /// As [`Table::remove`].
    pub(super) fn remove(&mut self, at: usize) {
        either!(self, table => table.remove(at));
    }

    /// As [`Table::len`].
    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        either!(self, table => table.len())
    }

    /// As [`Table::slots`].
    #[cfg(test)]
    pub(super) fn slots(&self) -> (usize, usize) {
        either!(self, table => table.slots())
    }
}
