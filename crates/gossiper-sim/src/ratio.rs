//! Probabilities as ratios of whole numbers.

use gossiper_core::RandomSource;

/// How often something happens: so many times out of so many.
///
/// A ratio of integers, so that a draw is the same on every platform.
///
/// ```
/// use gossiper_sim::Ratio;
///
/// assert_eq!(Ratio::percent(20), Ratio::new(20, 100));
/// assert_eq!(Ratio::percent(250), Ratio::ALWAYS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// Never above `out_of`.
    times: u32,
    out_of: u32,
}

impl Ratio {
    /// Never.
    pub const NEVER: Self = Self::new(0, 1);

    /// Every time.
    pub const ALWAYS: Self = Self::new(1, 1);

    /// `times` out of `out_of`. More than all is all; none out of none is
    /// never.
    #[must_use]
    pub const fn new(times: u32, out_of: u32) -> Self {
        Self { times: if times < out_of { times } else { out_of }, out_of }
    }

    /// So many times in a hundred.
    #[must_use]
    pub const fn percent(times: u32) -> Self {
        Self::new(times, 100)
    }

    /// So many times in a thousand.
    #[must_use]
    pub const fn per_mille(times: u32) -> Self {
        Self::new(times, 1_000)
    }

    /// Draws whether it happens this time. What never or always happens draws
    /// nothing.
    pub fn draw<R: RandomSource + ?Sized>(self, rng: &mut R) -> bool {
        match self.times {
            0 => false,
            times if times == self.out_of => true,
            times => rng.below(u64::from(self.out_of)) < u64::from(times),
        }
    }
}

/// Never.
impl Default for Ratio {
    fn default() -> Self {
        Self::NEVER
    }
}

/// Ratios are equal as numbers: 1 in 5 is 20 in 100.
impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        // None out of none is never, like none out of one.
        let [a, b] = [self, other].map(|r| (u64::from(r.times), u64::from(r.out_of.max(1))));
        a.0 * b.1 == b.0 * a.1
    }
}

impl Eq for Ratio {}

#[cfg(test)]
mod tests {
    use gossiper_core::DeterministicRng;

    use super::*;

    #[test]
    fn a_ratio_happens_as_often_as_it_says() {
        let mut rng = DeterministicRng::new(1);
        let mut often = |ratio: Ratio| (0..10_000).filter(|_| ratio.draw(&mut rng)).count();
        // The standard deviation is 40.
        assert!(often(Ratio::percent(20)).abs_diff(2_000) < 200);
        assert!(often(Ratio::per_mille(5)).abs_diff(50) < 40);
        assert_eq!((often(Ratio::NEVER), often(Ratio::ALWAYS)), (0, 10_000));
        assert_eq!(often(Ratio::new(0, 0)), 0);
    }

    #[test]
    fn ratios_compare_as_numbers() {
        assert_eq!(Ratio::new(1, 5), Ratio::percent(20));
        assert_ne!(Ratio::new(1, 5), Ratio::percent(21));
        assert_eq!(Ratio::new(7, 0), Ratio::NEVER);
        assert_eq!(Ratio::new(9, 3), Ratio::ALWAYS);
    }
}
