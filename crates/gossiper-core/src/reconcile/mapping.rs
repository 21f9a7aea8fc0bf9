//! Into which cells a word goes.
//!
//! The cells of a word form an endless ascending sequence that begins with cell 0,
//! in which cell *i* occurs with probability about 2/(i + 2): the mapping of Yang
//! et al. 2024, section 4.2, with α = 1/2. The next index is drawn by inverting
//! the distribution. From *i*, no cell up to *j* is hit with a probability close
//! to ((i + 1.5) / (j + 1.5))², so for a uniform *u* the step is (i + 1.5) ·
//! (1/√u − 1), rounded up. Exactly, that hits cell *i* with probability
//! 1 − ((2i + 1) / (2i + 3))² = 8(i + 1) / (2i + 3)².
//!
//! The paper's code takes the root in floating point. Two peers that round
//! differently would put a word into different cells, so here it is a table and
//! whole numbers: the same on every platform, and faster. The mapping is part of
//! the protocol; a test pins it.

/// 1/√u as fixed point, at 384 places of u in [1/4, 1].
const ROOTS: [u32; ENTRIES + 1] = roots();
const ENTRIES: usize = 384;
/// u = 1/4 is place 128 of 512.
const FIRST_PLACE: u64 = 128;
/// Bits behind the point of a root.
const POINT: u32 = 30;

const fn roots() -> [u32; ENTRIES + 1] {
    let mut roots = [0; ENTRIES + 1];
    let mut entry = 0;
    while entry <= ENTRIES {
        let place = entry as u128 + FIRST_PLACE as u128;
        // 2³⁰ · √(512 / place)
        roots[entry] = ((512_u128 << (2 * POINT)) / place).isqrt() as u32;
        entry += 1;
    }
    roots
}

/// 1/√u with [`POINT`] bits behind the point, where u = `uniform` / 2⁶⁴.
///
/// Of the 2⁶⁴ values 0 alone has no root, and gets a large one.
const fn inverse_root(uniform: u64) -> u64 {
    // Shifted by an even number of bits, u lies in [1/4, 1) and its inverse
    // root is that of u divided by a power of two.
    let halvings = (uniform | 1).leading_zeros() / 2;
    let shifted = uniform << (2 * halvings);
    // Only 0 is not that large after the shift; it counts as 1/4.
    let entry = (shifted >> 55).saturating_sub(FIRST_PLACE) as usize;
    let fraction = (shifted >> 23) as u32 as u64;
    let (high, low) = (ROOTS[entry] as u64, ROOTS[entry + 1] as u64);
    let root = high - (((high - low) * fraction) >> 32);
    root << halvings
}

/// The cells of one word, in ascending order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indices {
    at: u32,
    state: u64,
}

impl Indices {
    /// The cells of the word with this mark, of which the first is cell 0.
    pub(super) const fn new(mark: u64) -> Self {
        Self { at: 0, state: mark }
    }

    /// The cell at hand; `u32::MAX` if the sequence has left all sketches.
    pub(super) const fn at(&self) -> u32 {
        self.at
    }

    /// Goes on to the next cell. O(1).
    pub(super) const fn advance(&mut self) {
        // The multiplier of the paper's code. High bits are used alone.
        self.state = self.state.wrapping_mul(0xda94_2042_e4dd_58b5);
        let stretch = inverse_root(self.state) - (1 << POINT);
        let scaled = (2 * self.at as u128 + 3) * stretch as u128;
        let step = (scaled >> (POINT + 1)) as u64 + 1;
        let next = step.saturating_add(self.at as u64);
        self.at = if next < u32::MAX as u64 { next as u32 } else { u32::MAX };
    }
}

/// How many of `words` words are in cell `number` on average.
pub(super) const fn expected(words: u32, number: u32) -> i32 {
    if number == 0 {
        return words as i32;
    }
    let number = number as u128;
    let width = 2 * number + 3;
    (8 * words as u128 * (number + 1) / (width * width)) as i32
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn cells(mark: u64, count: usize) -> Vec<u32> {
        let mut indices = Indices::new(mark);
        let mut cells = Vec::new();
        while cells.len() < count {
            cells.push(indices.at());
            indices.advance();
        }
        cells
    }

    #[test]
    fn the_mapping_is_that_of_the_protocol() {
        let [one, other] = [1, 0x0123_4567_89ab_cdef].map(|mark| cells(mark, 10));
        assert_eq!(one, [0, 1, 2, 3, 6, 11, 19, 44, 116, 122]);
        assert_eq!(other, [0, 1, 2, 4, 6, 8, 20, 24, 34, 36]);
    }

    #[test]
    fn no_mark_stops_the_sequence() {
        for mark in [0, 1, 2, u64::MAX, 1 << 63] {
            let cells = cells(mark, 100);
            let ascends = |pair: &[u32]| pair[0] < pair[1] || pair == [u32::MAX, u32::MAX];
            assert!(cells.windows(2).all(ascends), "{cells:?}");
        }
    }

    #[test]
    fn a_root_is_right_to_five_digits() {
        for bits in 0..64 {
            for uniform in [1_u64 << bits, (1 << bits) + (1 << bits) / 3, (1 << bits) - 1] {
                let root = u128::from(inverse_root(uniform));
                // root² · u = 1, where root has 30 and u 64 bits behind the point.
                let product = (((root * root) >> 20) * u128::from(uniform)) >> 64;
                let one = 1_u128 << 40;
                let off = product.abs_diff(one);
                assert!(uniform == 0 || off < one / 50_000, "{uniform}: {product}");
            }
        }
    }

    #[test]
    fn cells_are_hit_as_often_as_expected() {
        let mut hits = vec![0_u64; 1_000];
        let words = 50_000_u64;
        let mut mark = 1_u64;
        for _ in 0..words {
            // Splitmix, for marks that look like hashes.
            mark = mark.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (mark ^ (mark >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let mut indices = Indices::new(mixed ^ (mixed >> 31));
            while (indices.at() as usize) < hits.len() {
                hits[indices.at() as usize] += 1;
                indices.advance();
            }
        }
        assert_eq!(hits[0], words);
        for (from, to) in [(1, 2), (2, 4), (4, 10), (10, 100), (100, 1_000)] {
            let measured: u64 = hits[from..to].iter().sum();
            let expected = |i: usize| expected(words as u32, i as u32) as u64;
            let expected: u64 = (from..to).map(expected).sum();
            let allowed = expected / 100;
            assert!(measured.abs_diff(expected) < allowed, "{from}..{to}: {measured}, {expected}");
        }
    }
}
