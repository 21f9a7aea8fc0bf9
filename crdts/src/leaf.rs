//! What types that are a struct around one store have in common.

/// Makes a struct whose state is one field, itself a collection of atoms, a
/// causal type: it is replicated inside a
/// [`Causal`](gossiper_core::causal::Causal).
///
/// The recorder is a struct around a
/// [`Recording`](gossiper_core::causal::Recording).
macro_rules! store {
    (
        impl[$($generics:tt)*] $store:ty;
        $field:ident: $inner:ty;
        recorder = $recorder:ident[$($arguments:tt)*];
        schema = $schema:expr;
    ) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::causal::Atoms for $store {
            type Fragment = <$inner as gossiper_core::causal::Atoms>::Fragment;

            fn is_bottom(&self) -> bool {
                self.$field.is_bottom()
            }

            fn live(&self, runs: &mut alloc::vec::Vec<gossiper_core::lattice::Run>) {
                self.$field.live(runs);
            }

            fn only(&self) -> Option<gossiper_core::lattice::Dot> {
                self.$field.only()
            }

            fn retire(
                &mut self,
                doomed: &gossiper_core::CausalContext,
                changes: &mut gossiper_core::causal::Changes,
            ) {
                self.$field.retire(doomed, changes);
            }

            fn absorb(
                &mut self,
                fragment: Self::Fragment,
                known: &gossiper_core::CausalContext,
                changes: &mut gossiper_core::causal::Changes,
            ) {
                self.$field.absorb(fragment, known, changes);
            }

            fn pick(&self, wanted: gossiper_core::causal::Wanted<'_>) -> Self::Fragment {
                self.$field.pick(wanted)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::causal::Store for $store {
            type Digest = ();
            type Recorder<'a> = $recorder<'a $($arguments)*>;

            fn digest(&self) {}

            fn lacking(&self, (): &(), _: &mut Self::Fragment) {}

            fn fingerprint(&self, _: &gossiper_core::FingerprintKey) -> Option<u128> {
                Some(0)
            }

            fn maintain_fingerprint(&mut self, _: &gossiper_core::FingerprintKey) {}

            fn schema() -> gossiper_core::Schema {
                $schema
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> gossiper_core::causal::Dotted for $store {}

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
pub(crate) use store;

/// Makes a struct with one field `atoms`, a
/// [`DotMap`](gossiper_core::causal::DotMap), a causal type: a leaf of the tree
/// of stores.
macro_rules! leaf {
    (
        impl[$($generics:tt)*] $store:ty;
        atom = $atom:ty;
        recorder = $recorder:ident[$($arguments:tt)*];
        schema = $schema:expr;
    ) => {
        $crate::leaf::store! {
            impl[$($generics)*] $store;
            atoms: gossiper_core::causal::DotMap<$atom>;
            recorder = $recorder[$($arguments)*];
            schema = $schema;
        }

        impl<$($generics)*> gossiper_core::causal::Leaf for $store {
            type Atom = $atom;

            fn atoms(&self) -> &gossiper_core::causal::DotMap<$atom> {
                &self.atoms
            }
        }
    };
}
pub(crate) use leaf;
