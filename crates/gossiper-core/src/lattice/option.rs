//! A replicated value that may not be there yet.

use alloc::vec;
use alloc::vec::Vec;

use super::tuple::join_optional;
use super::{Fingerprint, FingerprintKey, MergeOutcome, Replicated, Schema};

/// `None` lies below all values, and once a value is there it stays. That it is
/// there is news, even if nothing has been written to it.
///
/// A delta is the value's, or `None` for one that is there and nothing else.
impl<L: Replicated + Default> Replicated for Option<L> {
    type Digest = Option<L::Digest>;
    type Delta = Option<L::Delta>;

    fn digest(&self) -> Self::Digest {
        self.as_ref().map(L::digest)
    }

    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let value = self.as_ref()?;
        match remote {
            Some(remote) => value.delta(remote).map(Some),
            None => Some(value.delta(&L::default().digest())),
        }
    }

    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let came = MergeOutcome::changed_if(self.is_none());
        let value = self.get_or_insert_default();
        came.or(delta.map_or(MergeOutcome::Unchanged, |delta| value.merge(delta)))
    }

    fn decompose(delta: Self::Delta) -> Vec<Self::Delta> {
        let atoms: Vec<_> = delta.into_iter().flat_map(L::decompose).map(Some).collect();
        if atoms.is_empty() { vec![None] } else { atoms }
    }

    fn join_deltas(delta: &mut Self::Delta, other: Self::Delta) -> Option<Self::Delta> {
        join_optional::<L>(delta, other).map(Some)
    }

    fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        match self {
            None => Some(Fingerprint::default()),
            Some(value) => Some(key.fingerprint(&value.fingerprint(key)?)),
        }
    }

    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        self.iter_mut().for_each(|value| value.maintain_fingerprint(key));
    }

    fn schema() -> Schema {
        Schema::named("option").with(L::schema())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::High;
    use super::*;

    #[test]
    fn a_value_that_is_there_is_news_even_if_nothing_is_in_it() {
        let (mut here, there) = (None::<High>, Some(High(0)));
        let lacking = there.delta(&here.digest()).expect("it is news that it is there");
        assert_eq!(lacking, None);
        assert_eq!(here.merge(lacking), MergeOutcome::Changed);
        assert_eq!(here.merge(lacking), MergeOutcome::Unchanged);
        assert_eq!((&here, there.delta(&here.digest())), (&there, None));

        assert_eq!(here.merge(Some(3)), MergeOutcome::Changed);
        assert_eq!(here.delta(&there.digest()), Some(Some(3)));
        assert_eq!(here.delta(&None), Some(Some(3)));
        assert_eq!(there.delta(&here.digest()), None);
        assert_eq!(<Option<High>>::decompose(None), [None]);
        assert_eq!(<Option<High>>::decompose(Some(3)), [Some(3)]);
    }
}
