//! What all types that are one map of dots have in common.

/// Makes a struct with one field `atoms`, a
/// [`DotMap`](gossiper_core::causal::DotMap), a causal type: a leaf of the tree
/// of stores, that is replicated inside a
/// [`Causal`](gossiper_core::causal::Causal).
///
/// The recorder is a struct around a [`Recording`](gossiper_core::causal::Recording).
macro_rules! leaf {
    (
        impl[$($generics:tt)*] $store:ty;
        atom = $atom:ty;
        recorder = $recorder:ident[$($arguments:tt)*];
        schema = $schema:expr;
    ) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::causal::Atoms for $store {
            type Fragment = gossiper_core::causal::DotMap<$atom>;

            fn is_bottom(&self) -> bool {
                self.atoms.is_empty()
            }

            fn live(&self, runs: &mut alloc::vec::Vec<gossiper_core::lattice::Run>) {
                self.atoms.live(runs);
            }

            fn retire(
                &mut self,
                doomed: &gossiper_core::CausalContext,
                changes: &mut gossiper_core::causal::Changes,
            ) {
                self.atoms.retire(doomed, changes);
            }

            fn absorb(
                &mut self,
                fragment: Self::Fragment,
                known: &gossiper_core::CausalContext,
                changes: &mut gossiper_core::causal::Changes,
            ) {
                self.atoms.absorb(fragment, known, changes);
            }

            fn pick(&self, wanted: gossiper_core::causal::Wanted<'_>) -> Self::Fragment {
                self.atoms.pick(wanted)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::causal::Store for $store {
            type Digest = ();
            type Recorder<'a> = $recorder<'a $($arguments)*>;

            fn digest(&self) {}

            fn lacking(&self, (): &(), _: &mut Self::Fragment) {}

            fn schema() -> gossiper_core::Schema {
                $schema
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::causal::Dotted for $store {}

        impl<$($generics)*> gossiper_core::causal::Leaf for $store {
            type Atom = $atom;

            fn atoms(&self) -> &gossiper_core::causal::DotMap<$atom> {
                &self.atoms
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::Resolve for $store {
            type State = gossiper_core::causal::Causal<Self>;
        }

        impl<'a, $($generics)*> From<gossiper_core::causal::Recording<'a, $store>>
            for $recorder<'a $($arguments)*>
        {
            fn from(recording: gossiper_core::causal::Recording<'a, $store>) -> Self {
                Self(recording)
            }
        }
    };
}
pub(crate) use leaf;
