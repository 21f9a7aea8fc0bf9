//! A plain lattice beside a causal type, under one context: a struct whose parts
//! are written out by hand.

use gossiper_core::causal::{Atoms, Causal, Changes, Fields, Plain, Recording, Store, Wanted};
use gossiper_core::lattice::Run;
use gossiper_core::{CausalContext, FingerprintKey, Resolve, Schema};
use gossiper_crdts::or_set::{Added, OrSet, OrSetRecorder};

#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Beside<P> {
    pub(crate) plain: P,
    pub(crate) tags: OrSet<u8>,
}

impl<P: Plain> Atoms for Beside<P> {
    type Fragment = Fields<<P as Atoms>::Fragment, Added<u8>>;

    fn is_bottom(&self) -> bool {
        self.plain.is_bottom() && self.tags.is_bottom()
    }
    fn live(&self, runs: &mut Vec<Run>) {
        self.plain.live(runs);
        self.tags.live(runs);
    }
    fn retire(&mut self, doomed: &CausalContext, changes: &mut Changes) {
        self.plain.retire(doomed, changes);
        self.tags.retire(doomed, changes);
    }
    fn absorb(&mut self, fragment: Self::Fragment, known: &CausalContext, changes: &mut Changes) {
        self.plain.absorb(fragment.0, known, changes);
        self.tags.absorb(fragment.1, known, changes);
    }
    fn pick(&self, wanted: Wanted<'_>) -> Self::Fragment {
        Fields(self.plain.pick(wanted), self.tags.pick(wanted))
    }
}

impl<P: Plain> Store for Beside<P> {
    type Digest = (<P as Store>::Digest, ());
    type Recorder<'a> = BesideRecorder<'a, P>;

    fn digest(&self) -> Self::Digest {
        (Store::digest(&self.plain), ())
    }
    fn lacking(&self, remote: &Self::Digest, lacking: &mut Self::Fragment) {
        self.plain.lacking(&remote.0, &mut lacking.0);
    }
    fn fingerprint(&self, key: &FingerprintKey) -> Option<u128> {
        Store::fingerprint(&self.plain, key)
    }
    fn maintain_fingerprint(&mut self, key: &FingerprintKey) {
        Store::maintain_fingerprint(&mut self.plain, key);
    }
    fn schema() -> Schema {
        Schema::named("Beside").with(<P as Store>::schema())
    }
}

impl<P: Plain> Resolve for Beside<P> {
    type State = Causal<Self>;
}

pub(crate) struct BesideRecorder<'a, P: Plain>(Recording<'a, Beside<P>>);

impl<'a, P: Plain> From<Recording<'a, Beside<P>>> for BesideRecorder<'a, P> {
    fn from(recording: Recording<'a, Beside<P>>) -> Self {
        Self(recording)
    }
}

impl<P: Plain> BesideRecorder<'_, P> {
    pub(crate) fn plain(&mut self) -> <P as Plain>::Recorder<'_> {
        self.0.part(|whole| Some(&whole.plain), |fragment| &mut fragment.0).into()
    }

    pub(crate) fn tags(&mut self) -> OrSetRecorder<'_, u8> {
        self.0.part(|whole| Some(&whole.tags), |fragment| &mut fragment.1).into()
    }
}
