//! What a user says of a type: how it is exercised, and what must hold.

use std::fmt::{self, Debug};
use std::rc::Rc;
use std::sync::Arc;

use gossiper_core::{
    DeltaOf, DigestOf, ReplicaMessage, Replicated, Resolve, StateOf, UpdateContext,
};

use crate::faults::Tamper;
use crate::history::Seen;
use crate::ops::OpSource;
use crate::wire::Wire;

/// A type that can be checked: replicated, and its states can be copied,
/// compared and shown.
pub trait Subject:
    Resolve<State: Replicated<Delta: Clone + Debug> + Default + Clone + Debug + PartialEq>
{
}

impl<S> Subject for S where
    S: Resolve<State: Replicated<Delta: Clone + Debug> + Default + Clone + Debug + PartialEq>
{
}

/// One operation on states of type `S`, as a replica performs it.
///
/// Implement it for the enum of a type's operations; then
/// [`check!`](crate::check) needs nothing else.
pub trait Operation<S: Subject>: Clone + Debug + 'static {
    /// The delta of performing this operation on `state`; `None` when the state
    /// refuses it, which is no failure.
    fn apply(&self, state: &StateOf<S>, ctx: &mut UpdateContext) -> Option<DeltaOf<S>>;
}

/// One operation that changes a state of type `S` where it stands, and returns
/// the delta that tells others; [`check!`](crate::check) holds it to delta =
/// mutation.
pub trait InPlaceOperation<S: Subject>: Clone + Debug + 'static {
    /// Performs this operation on `state`. `None` when the state refuses it,
    /// which is no failure; then it must not have changed.
    fn apply(&self, state: &mut StateOf<S>, ctx: &mut UpdateContext) -> Option<DeltaOf<S>>;
}

type Mutator<S, O> = Rc<dyn Fn(&O, &StateOf<S>, &mut UpdateContext) -> Option<DeltaOf<S>>>;
type InPlaceMutator<S, O> =
    Rc<dyn Fn(&O, &mut StateOf<S>, &mut UpdateContext) -> Option<DeltaOf<S>>>;

/// How an operation is performed.
pub(crate) enum Apply<S: Subject, O> {
    /// Reads the state and returns the delta.
    Delta(Mutator<S, O>),
    /// Changes the state and returns the delta, which must amount to the same.
    InPlace(InPlaceMutator<S, O>),
}

type View<S> = Rc<dyn Fn(&StateOf<S>) -> String>;
type Invariant<S> = Rc<dyn Fn(&StateOf<S>) -> Result<(), String>>;
type Model<O> = Rc<dyn Fn(&Seen<'_, O>) -> String>;

/// A type and all that is to be checked of it.
///
/// Start with [`Check::new`] or [`Check::in_place`], add what you know of the
/// type, and run an engine: [`laws`](Check::laws),
/// [`small_scope`](Check::small_scope).
pub struct Check<S: Subject, O> {
    pub(crate) ops: Rc<dyn OpSource<O>>,
    pub(crate) apply: Apply<S, O>,
    pub(crate) view: Option<View<S>>,
    pub(crate) invariant: Option<Invariant<S>>,
    pub(crate) model: Option<Model<O>>,
    pub(crate) wire: Option<Wire<S>>,
    pub(crate) coarse_digest: bool,
    pub(crate) bounded_growth: bool,
    pub(crate) full_coverage: bool,
    pub(crate) tamper: Option<Tamper<S>>,
    pub(crate) settings: Settings,
    /// How this check was made, as Rust.
    made: Option<&'static str>,
}

/// How much is tried. Budgets count cases, not seconds, so that the verdict
/// does not depend on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Histories that are tried of each law.
    pub cases: u64,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Replicas of a history, at most.
    pub replicas: usize,
    /// Steps of a history, at most.
    pub steps: usize,
}

/// The environment variable that sets [`Settings::cases`].
pub const CASES_VARIABLE: &str = "GOSSIPER_CHECK_CASES";

impl Default for Settings {
    /// 512 cases of up to 4 replicas and 24 steps, or as many as
    /// `GOSSIPER_CHECK_CASES` says.
    fn default() -> Self {
        let cases = std::env::var(CASES_VARIABLE).ok().and_then(|cases| cases.parse().ok());
        Self { cases: cases.unwrap_or(512), seed: 0, replicas: 4, steps: 24 }
    }
}

impl<S: Subject, O: Clone + Debug + 'static> Check<S, O> {
    /// A type whose operations are delta-mutators: they read the state and
    /// return the delta.
    pub fn new(
        ops: impl OpSource<O> + 'static,
        apply: impl Fn(&O, &StateOf<S>, &mut UpdateContext) -> Option<DeltaOf<S>> + 'static,
    ) -> Self {
        Self::with_apply(ops, Apply::Delta(Rc::new(apply)))
    }

    /// A type whose operations implement [`Operation`].
    pub fn of(ops: impl OpSource<O> + 'static) -> Self
    where
        O: Operation<S>,
    {
        Self::new(ops, |op: &O, state, ctx| op.apply(state, ctx))
    }

    /// A type whose operations change the state and return the delta; they are
    /// held to delta = mutation.
    pub fn in_place(
        ops: impl OpSource<O> + 'static,
        apply: impl Fn(&O, &mut StateOf<S>, &mut UpdateContext) -> Option<DeltaOf<S>> + 'static,
    ) -> Self {
        Self::with_apply(ops, Apply::InPlace(Rc::new(apply)))
    }

    /// A type whose operations implement [`InPlaceOperation`].
    pub fn of_in_place(ops: impl OpSource<O> + 'static) -> Self
    where
        O: InPlaceOperation<S>,
    {
        Self::in_place(ops, |op: &O, state, ctx| op.apply(state, ctx))
    }

    fn with_apply(ops: impl OpSource<O> + 'static, apply: Apply<S, O>) -> Self {
        Self {
            ops: Rc::new(ops),
            apply,
            view: None,
            invariant: None,
            model: None,
            wire: None,
            coarse_digest: false,
            bounded_growth: false,
            full_coverage: false,
            tamper: None,
            settings: Settings::default(),
            made: None,
        }
    }

    /// Says how this check is made, as Rust, for the tests that are printed.
    #[doc(hidden)]
    #[must_use]
    pub const fn made_by(mut self, source: &'static str) -> Self {
        self.made = Some(source);
        self
    }

    /// How this check is made, as Rust.
    pub(crate) fn source(&self) -> Option<String> {
        let wire = if self.wire.is_some() { ".with_wire()" } else { "" };
        // The macro's text goes over several lines where its arguments did.
        let made = self.made?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(made + wire)
    }

    /// What users read of a state. Replicas that differ in it differ, even if
    /// their states compare equal.
    #[must_use]
    pub fn with_view<V: Debug>(mut self, view: impl Fn(&StateOf<S>) -> V + 'static) -> Self {
        self.view = Some(Rc::new(move |state| format!("{:?}", view(state))));
        self
    }

    /// What must hold on every replica at every moment; the error says what is
    /// wrong.
    #[must_use]
    pub fn with_invariant(
        mut self,
        invariant: impl Fn(&StateOf<S>) -> Result<(), String> + 'static,
    ) -> Self {
        self.invariant = Some(Rc::new(invariant));
        self
    }

    /// A specification: what `view` must show to a replica that has seen the
    /// operations of `model`'s argument, given which of them had seen which.
    ///
    /// It is asked wherever a replica has seen all that its operations depend
    /// on. After Burckhardt, Gotsman, Yang and Zawirski, *Replicated data
    /// types: specification, verification, optimality*, POPL 2014.
    #[must_use]
    pub fn with_model<V: Debug>(
        self,
        view: impl Fn(&StateOf<S>) -> V + 'static,
        model: impl Fn(&Seen<'_, O>) -> V + 'static,
    ) -> Self {
        let mut check = self.with_view(view);
        check.model = Some(Rc::new(move |seen| format!("{:?}", model(seen))));
        check
    }

    /// Declares that the type's digest is coarse: answers may hold what the
    /// asker has.
    #[must_use]
    pub const fn with_coarse_digest(mut self) -> Self {
        self.coarse_digest = true;
        self
    }

    /// Makes it a failure when sizes grow with the history; otherwise that is
    /// advice.
    #[must_use]
    pub const fn with_bounded_growth(mut self) -> Self {
        self.bounded_growth = true;
        self
    }

    /// Makes it a failure when a kind of operation was never performed, or two
    /// kinds never met concurrently; otherwise that is a warning.
    #[must_use]
    pub const fn with_full_coverage(mut self) -> Self {
        self.full_coverage = true;
        self
    }

    /// Lets the replicas of the fault engine have a faulty protocol: `tamper`
    /// may change every message before it is sent, or swallow it by returning
    /// false. For finding out whether a check would notice.
    #[must_use]
    pub fn with_faulty_protocol(
        mut self,
        tamper: impl Fn(&mut ReplicaMessage<DigestOf<S>, DeltaOf<S>>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.tamper = Some(Arc::new(tamper));
        self
    }

    /// Uses these settings.
    #[must_use]
    pub const fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }
}

impl<S: Subject, O> Check<S, O> {
    /// Two states are the same when they compare equal and read the same.
    pub(crate) fn same(&self, a: &StateOf<S>, b: &StateOf<S>) -> bool {
        a == b && self.view.as_ref().is_none_or(|view| view(a) == view(b))
    }
}

impl<S: Subject, O> fmt::Debug for Check<S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("type", &std::any::type_name::<S>())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
