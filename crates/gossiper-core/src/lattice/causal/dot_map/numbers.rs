//! Which sequence numbers a chunk has.

use alloc::vec::Vec;
use core::ops::Range;

/// Ascending sequence numbers.
///
/// Those of neighbours are bits, so that a hole costs nothing; those that are
/// far from one another are offsets from one number, over less than 2³².
#[derive(Clone)]
pub(super) struct Numbers {
    /// What bits and offsets count from. With bits, it is the first number.
    base: u64,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// The low half and the high half, at least one bit unless all have gone.
    Bits([u64; 2]),
    Offsets(Vec<u32>),
}

/// How many numbers bits can tell.
const SPAN: u64 = 128;

impl Numbers {
    pub(super) const fn one(number: u64) -> Self {
        Self { base: number, kind: Kind::Bits([1, 0]) }
    }

    pub(super) fn first(&self) -> u64 {
        match &self.kind {
            Kind::Bits(_) => self.base,
            Kind::Offsets(offsets) => self.base + offsets.first().copied().map_or(0, u64::from),
        }
    }

    pub(super) fn last(&self) -> u64 {
        let offset = match &self.kind {
            Kind::Bits(halves) => 127_u64.saturating_sub(join(*halves).leading_zeros().into()),
            Kind::Offsets(offsets) => offsets.last().copied().map_or(0, u64::from),
        };
        self.base + offset
    }

    /// Where `number` is.
    #[inline]
    pub(super) fn position(&self, number: u64) -> Option<usize> {
        // Beyond all bits, if it is before the first.
        let offset = number.wrapping_sub(self.base);
        match &self.kind {
            Kind::Bits(halves) => {
                let half = halves.get(usize::try_from(offset / 64).ok()?)?;
                (half >> (offset % 64) & 1 == 1).then(|| rank(join(*halves), offset))
            }
            Kind::Offsets(offsets) => find(offsets, offset),
        }
    }

    /// Where the numbers from `first` to `last` are.
    pub(super) fn range(&self, first: u64, last: u64) -> Range<usize> {
        match &self.kind {
            Kind::Bits(halves) => {
                let bits = join(*halves);
                let start = first.max(self.base).min(self.last().saturating_add(1)) - self.base;
                let start = rank(bits, start);
                start..start + ones(bits & self.window(first, last))
            }
            Kind::Offsets(offsets) => {
                let before = |number: u64| {
                    let offset = number.saturating_sub(self.base);
                    offsets.partition_point(|own| u64::from(*own) < offset)
                };
                let end = last.checked_add(1).map_or(offsets.len(), before);
                before(first).min(end)..end
            }
        }
    }

    /// The numbers from `first` to `last`, in order.
    pub(super) fn within(&self, first: u64, last: u64) -> impl Iterator<Item = u64> + '_ {
        let (bits, offsets) = match &self.kind {
            Kind::Bits(halves) => (join(*halves) & self.window(first, last), [].as_slice()),
            Kind::Offsets(offsets) => (0, &offsets[self.range(first, last)]),
        };
        let bits = core::iter::successors(Some(bits), |bits| Some(bits & bits.wrapping_sub(1)));
        let bits = bits.take_while(|bits| *bits != 0).map(u128::trailing_zeros);
        bits.chain(offsets.iter().copied()).map(|offset| self.base + u64::from(offset))
    }

    /// The runs of consecutive numbers, `(first, last)`.
    pub(super) fn runs(&self, mut each: impl FnMut(u64, u64)) {
        match &self.kind {
            Kind::Bits(halves) => {
                let (mut bits, mut first) = (join(*halves), self.base);
                while bits != 0 {
                    let gap = bits.trailing_zeros();
                    let len = (bits >> gap).trailing_ones();
                    first += u64::from(gap);
                    each(first, first + u64::from(len - 1));
                    // All 128 bits can be one run.
                    bits = bits.checked_shr(gap + len).unwrap_or(0);
                    first = first.saturating_add(len.into());
                }
            }
            Kind::Offsets(offsets) => {
                let number = |offset| self.base + u64::from(offset);
                for run in offsets.chunk_by(|a, b| b - a == 1) {
                    each(number(run[0]), number(run[run.len() - 1]));
                }
            }
        }
    }

    /// Whether numbers from `first` to `last` would leave them bits.
    pub(super) fn are_near(&self, first: u64, last: u64) -> bool {
        matches!(self.kind, Kind::Bits(_)) && self.reach(first, last) < SPAN
    }

    /// Whether numbers from `first` to `last` can be offsets as well.
    pub(super) fn are_far(&self, first: u64, last: u64) -> bool {
        self.reach(first, last) <= u64::from(u32::MAX)
    }

    pub(super) const fn are_offsets(&self) -> bool {
        matches!(self.kind, Kind::Offsets(_))
    }

    fn reach(&self, first: u64, last: u64) -> u64 {
        last.max(self.last()) - first.min(self.base)
    }

    /// Whether `number` is behind all others and can be a bit beside theirs.
    #[inline]
    pub(super) fn is_next(&self, number: u64) -> bool {
        let Kind::Bits([low, high]) = self.kind else { return false };
        // Beyond all bits, if it is before the first.
        let offset = number.wrapping_sub(self.base);
        let beyond = |bits: u64| bits >> (offset % 64) == 0;
        if offset < 64 { high == 0 && beyond(low) } else { offset < SPAN && beyond(high) }
    }

    /// As [`insert`](Self::insert), of one behind all others.
    #[inline]
    pub(super) fn push(&mut self, number: u64) {
        match &mut self.kind {
            Kind::Bits(halves) if number - self.base < SPAN => {
                let offset = number - self.base;
                halves[usize::from(offset >= 64)] |= 1 << (offset % 64);
            }
            _ => self.push_offset(number),
        }
    }

    #[cold]
    fn push_offset(&mut self, number: u64) {
        self.spread();
        if let Kind::Offsets(offsets) = &mut self.kind {
            offsets.push(short(number - self.base));
        }
    }

    /// Adds a number that is not there and [near](Self::are_near) or at least
    /// not too [far](Self::are_far); returns where it is.
    pub(super) fn insert(&mut self, number: u64) -> usize {
        if !self.are_near(number, number) {
            self.spread();
        }
        let more = self.base.saturating_sub(number);
        self.base -= more;
        match &mut self.kind {
            Kind::Bits(halves) => {
                let offset = number - self.base;
                let bits = join(*halves) << more | 1 << offset;
                *halves = split(bits);
                rank(bits, offset)
            }
            Kind::Offsets(offsets) => {
                let more = short(more);
                if more > 0 {
                    offsets.iter_mut().for_each(|offset| *offset += more);
                }
                let offset = short(number - self.base);
                let at = offsets.partition_point(|own| *own < offset);
                offsets.insert(at, offset);
                at
            }
        }
    }

    /// Removes the numbers from `first` to `last`.
    pub(super) fn remove(&mut self, first: u64, last: u64) {
        if let Kind::Offsets(_) = self.kind {
            let range = self.range(first, last);
            if let Kind::Offsets(offsets) = &mut self.kind {
                offsets.drain(range);
            }
            return;
        }
        let window = self.window(first, last);
        if let Kind::Bits(halves) = &mut self.kind {
            let bits = join(*halves) & !window;
            // The first number is the base.
            let gone = if bits & 1 == 1 || bits == 0 { 0 } else { bits.trailing_zeros() };
            *halves = split(bits >> gone);
            self.base += u64::from(gone);
        }
    }

    /// As [`remove`](Self::remove), of one that is there.
    pub(super) fn remove_one(&mut self, number: u64) {
        let Kind::Bits(halves) = &mut self.kind else { return self.remove(number, number) };
        let offset = number - self.base;
        halves[usize::from(offset >= 64)] &= !(1 << (offset % 64));
        // The first number is the base.
        if offset == 0 && *halves != [0, 0] {
            let bits = join(*halves);
            *halves = split(bits >> bits.trailing_zeros());
            self.base += u64::from(bits.trailing_zeros());
        }
    }

    /// Splits the numbers from position `at` on off.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        self.spread();
        let Kind::Offsets(offsets) = &mut self.kind else { unreachable!("they were spread") };
        Self { base: self.base, kind: Kind::Offsets(offsets.split_off(at)) }
    }

    /// Adds numbers that come after these and are near or not too far.
    pub(super) fn append(&mut self, next: &Self) {
        if let Kind::Bits(halves) = next.kind
            && self.are_near(next.first(), next.last())
            && let Kind::Bits(own) = &mut self.kind
        {
            *own = split(join(*own) | join(halves) << (next.base - self.base));
            return;
        }
        self.spread();
        let base = self.base;
        if let Kind::Offsets(offsets) = &mut self.kind {
            offsets.extend(next.within(0, u64::MAX).map(|number| short(number - base)));
        }
    }

    /// The numbers from `first` to `last`, of which there is at least one.
    pub(super) fn copy(&self, first: u64, last: u64) -> Self {
        let mut copy = match &self.kind {
            Kind::Bits(_) => self.clone(),
            Kind::Offsets(offsets) => {
                let offsets = offsets[self.range(first, last)].to_vec();
                return Self { base: self.base, kind: Kind::Offsets(offsets) };
            }
        };
        if let Some(before) = first.checked_sub(1) {
            copy.remove(0, before);
        }
        if let Some(after) = last.checked_add(1) {
            copy.remove(after, u64::MAX);
        }
        copy
    }

    /// Makes them bits where they are near enough, and gives back room.
    pub(super) fn shrink(&mut self) {
        let (first, last) = (self.first(), self.last());
        if let Kind::Offsets(offsets) = &mut self.kind {
            if last - first < SPAN {
                let base = self.base;
                let bits = offsets.iter().map(|own| 1 << (base + u64::from(*own) - first));
                let bits = bits.fold(0_u128, |bits, bit| bits | bit);
                *self = Self { base: first, kind: Kind::Bits(split(bits)) };
            } else if offsets.capacity() > 2 * offsets.len() {
                offsets.shrink_to(offsets.len() + offsets.len() / 4);
            }
        }
    }

    /// Makes them offsets.
    fn spread(&mut self) {
        if let Kind::Bits(_) = self.kind {
            let offsets = self.within(0, u64::MAX).map(|number| short(number - self.base));
            self.kind = Kind::Offsets(offsets.collect());
        }
    }

    /// The bits of the numbers from `first` to `last`.
    fn window(&self, first: u64, last: u64) -> u128 {
        let Some(end) = last.checked_sub(self.base) else { return 0 };
        let below = below(first.saturating_sub(self.base));
        end.checked_add(1).map_or(u128::MAX, self::below) & !below
    }
}

const fn join(halves: [u64; 2]) -> u128 {
    halves[0] as u128 | (halves[1] as u128) << 64
}

#[expect(clippy::cast_possible_truncation, reason = "the halves")]
const fn split(bits: u128) -> [u64; 2] {
    [bits as u64, (bits >> 64) as u64]
}

/// The bits below `offset`.
const fn below(offset: u64) -> u128 {
    if offset < SPAN { (1 << offset) - 1 } else { u128::MAX }
}

/// Where an offset is. Apart from what finds a bit, which is done more often.
#[inline(never)]
fn find(offsets: &[u32], offset: u64) -> Option<usize> {
    offsets.binary_search(&u32::try_from(offset).ok()?).ok()
}

/// How many bits are set below `offset`, which is at most one behind the last
/// that is.
fn rank(bits: u128, offset: u64) -> usize {
    // Without holes, as mostly: cheaper than counting.
    match usize::try_from(offset) {
        Ok(offset) if bits & bits.wrapping_add(1) == 0 => offset,
        _ => ones(bits & below(offset)),
    }
}

const fn ones(bits: u128) -> usize {
    bits.count_ones() as usize
}

/// An offset within one chunk.
fn short(offset: u64) -> u32 {
    u32::try_from(offset).expect("a chunk spans less than 2^32 numbers")
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::random::{DeterministicRng, RandomSource};

    fn all(numbers: &Numbers) -> Vec<u64> {
        numbers.within(0, u64::MAX).collect()
    }

    /// Bits and offsets beside a plain set, at both ends of the range.
    #[test]
    fn numbers_agree_with_a_plain_set() {
        let mut rng = DeterministicRng::new(3);
        for start in [1, 1 << 40, u64::MAX - 200, u64::MAX - 5_000] {
            for span in [100, 126, 128, 200, 5_000] {
                let random =
                    |rng: &mut DeterministicRng| start.saturating_add(rng.below(span)).max(1);
                let first = random(&mut rng);
                let (mut numbers, mut model) = (Numbers::one(first), BTreeSet::from([first]));
                for _ in 0..300 {
                    let (a, b) = (random(&mut rng), random(&mut rng));
                    let (first, last) = (a.min(b), a.max(b).min(a.min(b).saturating_add(9)));
                    if rng.below(3) > 0 || model.len() < 40 {
                        if model.insert(a) {
                            assert_eq!(numbers.position(a), None);
                            if a > numbers.last() && rng.below(2) == 0 {
                                numbers.push(a);
                            } else {
                                assert_eq!(numbers.insert(a), model.range(..a).count());
                            }
                        }
                    } else if model.len() > model.range(first..=last).count() {
                        model.retain(|number| !(first..=last).contains(number));
                        numbers.remove(first, last);
                        if rng.below(2) == 0 {
                            numbers.shrink();
                        }
                    }
                    assert!(all(&numbers).iter().eq(&model));
                    let mut runs = Vec::new();
                    numbers.runs(|first, last| runs.push((first, last)));
                    assert!(runs.is_sorted_by(|(_, a), (b, _)| b - a > 1));
                    assert!(runs.into_iter().flat_map(|(a, b)| a..=b).eq(model.iter().copied()));
                    assert_eq!(
                        (numbers.first(), numbers.last()),
                        (*model.first().unwrap(), *model.last().unwrap())
                    );
                    let range = numbers.range(first, last);
                    assert_eq!(range.start, model.range(..first).count());
                    assert_eq!(range.len(), model.range(first..=last).count());
                    assert!(numbers.within(first, last).eq(model.range(first..=last).copied()));
                    let at = model.iter().position(|own| *own == b);
                    assert_eq!(numbers.position(b), at);
                    if !range.is_empty() {
                        let copy = all(&numbers.copy(first, last));
                        assert!(copy.iter().eq(model.range(first..=last)));
                    }
                    let mut front = numbers.clone();
                    let back = front.split_off(model.len() / 2);
                    if !front.range(0, u64::MAX).is_empty() {
                        front.shrink();
                        front.append(&back);
                        assert_eq!(all(&front), all(&numbers));
                    }
                }
            }
        }
    }

    #[test]
    fn offsets_reach_as_far_as_they_say() {
        let mut numbers = Numbers::one(10);
        assert!(numbers.are_near(10, 137) && !numbers.are_near(10, 138));
        let far = 10 + u64::from(u32::MAX);
        assert!(numbers.are_far(10, far) && !numbers.are_far(9, far));
        numbers.insert(far);
        assert_eq!(all(&numbers), [10, far]);
        numbers.remove(10, 10);
        numbers.shrink();
        assert_eq!(all(&numbers), [far]);
        numbers.insert(far - 1);
        assert!(!numbers.are_offsets());
        assert_eq!(all(&numbers), [far - 1, far]);
    }
}
