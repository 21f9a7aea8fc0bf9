//! How many differences there are, as the counts tell, and how many symbols to
//! ask for.

/// About how many words each side has that the other lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Estimate {
    /// Those that the other side lacks.
    pub ours: u32,
    /// Those that this side lacks.
    pub theirs: u32,
}

impl Estimate {
    /// In how many words the sets differ.
    #[must_use]
    pub const fn differences(self) -> u32 {
        self.ours.saturating_add(self.theirs)
    }
}

/// About how many words two sets differ in, from the differences of the counts
/// of their first cells, theirs less ours; `least` of them at least.
///
/// Of d words, each is in cell *i* with a probability p that the mapping knows. If
/// D of them more are theirs than ours, which cell 0 says, the difference c in
/// cell *i* is D · p on average with variance d · p(1 − p). So (c − Dp)² / p(1 − p)
/// is d on average in each cell, and the mean over m cells is right within √(2/m)
/// of it, one standard deviation. With D that also says whose they are. O(m).
pub(super) fn estimate(counts: impl Iterator<Item = i32>, least: u32) -> Estimate {
    let mut counts = counts.map(i128::from);
    let more = counts.next().unwrap_or_default();
    let mut sum = 0_u128;
    let mut cells = 0;
    for (i, count) in (1_i128..).zip(counts) {
        // p = above / below², 1 − p = (2i + 1)² / below².
        let (above, below) = (8 * (i + 1), 2 * i + 3);
        let off = count * below * below - more * above;
        let scale = above * (2 * i + 1) * (2 * i + 1);
        sum = sum.saturating_add(off.unsigned_abs().saturating_pow(2) / scale.unsigned_abs());
        cells += 1;
    }
    let mean = sum.checked_div(cells).unwrap_or_default();
    let differences = mean.max(more.unsigned_abs()).clamp(least.into(), u32::MAX.into()) as i128;
    let theirs = (differences + more) / 2;
    Estimate { ours: (differences - theirs) as u32, theirs: theirs as u32 }
}

/// How many symbols to ask for next, when `have` did not suffice and there are
/// about `differences`.
///
/// The first estimates may be a quarter too high, so the first step goes to five
/// eighths of what is needed, where the estimate is better; then to what is
/// needed; and then on in small steps.
pub(super) fn wanted(have: u32, differences: u32) -> u32 {
    let needed = needed(differences);
    let aim = if have < needed / 2 { needed / 8 * 5 } else { needed };
    let least = (have / 4).clamp(8, 16).max(have / 24);
    aim.saturating_sub(have).max(least)
}

/// How many symbols so many differences are likely to need: 1.35 each if they
/// are many, up to 1.7 if they are few.
pub(super) fn needed(differences: u32) -> u32 {
    let differences = u64::from(differences);
    let needed = differences * 27 / 20 + differences.isqrt();
    u32::try_from(needed).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_of_nothing_is_nothing() {
        assert_eq!(estimate([].into_iter(), 0), Estimate::default());
        assert_eq!(estimate([0; 32].into_iter(), 0), Estimate::default());
        assert_eq!(estimate([0; 32].into_iter(), 7), Estimate { ours: 4, theirs: 3 });
    }

    #[test]
    fn the_most_that_a_peer_can_claim_overflows_nothing() {
        let worst = (0..100_000).map(|i| if i % 2 == 0 { i32::MIN } else { i32::MAX });
        let estimated = estimate(worst, 0);
        assert_eq!(estimated, Estimate { ours: 1 << 31 | 1 << 30, theirs: (1 << 30) - 1 });
        assert_eq!(estimated.differences(), u32::MAX);
        assert_eq!(needed(u32::MAX), u32::MAX);
        assert_eq!(wanted(u32::MAX, u32::MAX), u32::MAX / 24);
    }

    #[test]
    fn one_side_with_everything_is_estimated_exactly_by_the_first_cell() {
        let counts = (0..32).map(|i| crate::reconcile::mapping::expected(1_000, i));
        assert_eq!(estimate(counts.clone(), 0), Estimate { ours: 0, theirs: 1_000 });
        let counts = counts.map(|count| -count);
        assert_eq!(estimate(counts, 0), Estimate { ours: 1_000, theirs: 0 });
    }
}
