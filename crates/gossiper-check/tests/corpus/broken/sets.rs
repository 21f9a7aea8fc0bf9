//! Sets that lose elements, or bring them back.
//!
//! Most are the set of [`or_set`](crate::corpus::or_set) with one rule replaced.

use std::collections::{BTreeMap, BTreeSet};

use gossiper_check::{Check, Law, Seen};
use gossiper_core::{Dot, MergeOutcome, ReplicaId, Replicated};
use gossiper_crdts::GSet;

use crate::corpus::entry::Broken;
use crate::corpus::or_set::{
    Add, Digest, OrSet, Plain, Remove, Rules, SetOp, add_wins, check, perform, remove_wins, set_ops,
};
use crate::corpus::whole_state::Whole;
use crate::whole_state;

pub(crate) const ENTRIES: &[Broken] = &[
    Broken {
        name: "forgets_context",
        bug: "a removal drops the element and with it the memory that its dot was ever seen",
        wild: "why observed-remove sets keep a version vector: Bieniusa et al., RR-8083, 2012",
        law: Law::Inflation,
        check: || {
            Box::new(Check::<OrSet<Plain>, SetOp>::in_place(set_ops(), |op, set, ctx| {
                let delta = perform(*op, set, ctx)?;
                set.merge(delta.clone());
                if matches!(op, Remove(_)) {
                    let live = set.entries.keys().copied().collect();
                    *set = OrSet::fragment(set.entries.clone(), live);
                }
                Some(delta)
            }))
        },
    },
    Broken {
        name: "highest_as_context",
        bug: "the delta of an addition claims all earlier dots of its writer: out of order, \
              it deletes what has not come yet",
        wild: "akka-core#22188: out-of-order deltas leave holes that work as deletes",
        law: Law::DeltaIsMutation,
        check: || {
            Box::new(Check::<OrSet<Plain>, SetOp>::in_place(set_ops(), |op, set, ctx| {
                let mut delta = perform(*op, set, ctx)?;
                set.merge(delta.clone());
                for dot in delta.entries.keys() {
                    let first = Dot::new(dot.replica(), 1).expect("1 is a sequence number");
                    delta.context.insert_range(first, dot.sequence());
                }
                Some(delta)
            }))
        },
    },
    Broken {
        name: "truncated_delta_whole_context",
        bug: "an answer is cut to two elements but carries the whole context, which deletes the rest",
        wild: "delta_crdt_ex#65",
        law: Law::DigestSoundness,
        check: || Box::new(check::<TruncatedDelta>()),
    },
    Broken {
        name: "both_sides_keep_all_dots",
        bug: "an element that both sides have keeps the dots of both, removed ones too",
        wild: "riak_dt#82",
        law: Law::Associativity,
        check: || Box::new(check::<KeepAllDots>()),
    },
    Broken {
        name: "delta_without_removals",
        bug: "answers carry elements and never removals",
        wild: "horde#90: deltas collected before they were delivered",
        law: Law::DigestSoundness,
        check: || Box::new(check::<WithoutRemovals>()),
    },
    Broken {
        name: "context_before_payload",
        bug: "merge joins the context first and then skips all elements that the context has",
        wild: "akka.net PR#8220: a pruning marker without the pruned state",
        law: Law::DeltaIsMutation,
        check: || {
            Box::new(Check::<OrSet<ContextFirst>, SetOp>::in_place(set_ops(), |op, set, ctx| {
                let delta = perform(*op, set, ctx)?;
                Plain::apply_to(set, &delta);
                Some(delta)
            }))
        },
    },
    Broken {
        name: "atoms_without_removals",
        bug: "a delta's parts are its elements: what it removes is in none of them",
        wild: "a piece cut to a budget must bring its context; delta_crdt_ex#65",
        law: Law::Decomposition,
        check: || Box::new(check::<AtomsAreElements>()),
    },
    Broken {
        name: "answers_its_own_digest",
        bug: "the digest is ignored: two equal replicas send each other all they have, for ever",
        wild: "akka.net#7250, akka-core#22327: where whole states are sent, they outgrow the frame",
        law: Law::DeltaMinimality,
        check: || Box::new(check::<AnswersItself>()),
    },
    Broken {
        name: "digest_without_live_dots",
        bug: "the digest is the context alone, in which a removal shows nothing",
        wild: "no thread names it; the symptom is that of corrosion#366",
        law: Law::DigestCompleteness,
        check: || Box::new(check::<DigestIsContext>()),
    },
    Broken {
        name: "remove_wins_in_name_only",
        bug: "documented as remove-wins, built as add-wins",
        wild: "rust-crdt#124 and #159: what concurrent removals do is easily stated wrongly",
        law: Law::Model,
        check: || Box::new(check::<Plain>().with_model(OrSet::elements, remove_wins)),
    },
    Broken {
        name: "add_wins_in_name_only",
        bug: "documented as add-wins, but the longer history wins and ties go to the removal",
        wild: "the LWW-element-set; Shapiro et al. 2011, section 3.3.3",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<Lamport, SetOp>::new(set_ops(), |op, set, _| Some(set.next(*op)))
                    .with_model(Lamport::elements, add_wins),
            )
        },
    },
    Broken {
        name: "tombstones_expire",
        bug: "only the two highest tombstones are kept: an old message brings back the others",
        wild: "scylladb#3560: tombstones dropped after gc_grace_seconds",
        law: Law::NoResurrection,
        check: || Box::new(two_phase::<2>()),
    },
    Broken {
        name: "two_phase_set_with_readd",
        bug: "a tombstone is for ever, so what was removed can never be added again",
        wild: "Shapiro et al. 2011, section 3.3.2 (2P-Set)",
        law: Law::Model,
        check: || Box::new(two_phase::<99>().with_model(TwoPhase::elements, add_wins)),
    },
    Broken {
        name: "readd_brings_back_values",
        bug: "a key that is added again shows the values from before its removal",
        wild: "akka-core#27428",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<(GSet<u8>, OrSet), SetOp>::new(
                    set_ops(),
                    |op: &SetOp, (values, key): &(GSet<u8>, OrSet), ctx| match op {
                        Add(value) => {
                            let key = Plain::add(key, ctx.next_dot(), 0);
                            Some((Some(values.insert(*value)), Some(key)))
                        }
                        Remove(_) => Some((None, Some(Plain::remove(key, 0)))),
                    },
                )
                .with_model(
                    |(values, key)| {
                        let shown = values.iter().copied().filter(|_| key.contains(0));
                        shown.collect::<BTreeSet<u8>>()
                    },
                    |seen| {
                        let live = seen.iter().filter_map(|op| match *op.op() {
                            Add(value) => {
                                let mut later = seen.after(op);
                                (!later.any(|op| matches!(op.op(), Remove(_)))).then_some(value)
                            }
                            Remove(_) => None,
                        });
                        live.collect()
                    },
                ),
            )
        },
    },
    Broken {
        name: "removal_without_mark",
        bug: "a removal deletes the element and leaves nothing behind",
        wild: "the death certificates of Demers et al. 1987, section 2, were invented against it",
        law: Law::NoResurrection,
        check: || {
            Box::new(Check::<Unmarked, SetOp>::new(set_ops(), |op, _, _| Some(Commands(vec![*op]))))
        },
    },
    Broken {
        name: "recent_by_arrival",
        bug: "keeps the three elements that arrived last, so which ones depends on the route",
        wild: "no thread; bounded logs without an order of their own",
        law: Law::NoLoss,
        check: || {
            Box::new(Check::<Recent, u8>::new(0..20_u8, |element, _, _| {
                Some(Recent(vec![*element]))
            }))
        },
    },
    Broken {
        name: "digest_of_8_bits",
        bug: "the digest is a sum of 8 bits: different sets share it, and then nothing is sent",
        wild: "no thread names it; the symptom is that of horde#247",
        law: Law::DigestCompleteness,
        check: || {
            Box::new(Check::<Checksummed, u8>::new(0_u8.., |element, _, _| {
                Some(Checksummed(BTreeSet::from([*element])))
            }))
        },
    },
    Broken {
        name: "gap_below_the_highest",
        bug: "the digest is the highest sequence of each writer: a lost entry below it stays lost",
        wild: "no thread names it; compare the holes of akka-core#22188",
        law: Law::DigestSoundness,
        check: || {
            Box::new(Check::<Log, u8>::new(0..9_u8, |entry, _, ctx| {
                Some(BTreeMap::from([(ctx.next_dot(), *entry)]))
            }))
        },
    },
    Broken {
        name: "top_2_with_removal",
        bug: "keeps the two best; when one is removed, the third best was thrown away long ago",
        wild: "Cabrita and Preguiça, OPODIS 2017 (why top-k with removal must keep more)",
        law: Law::Model,
        check: || {
            Box::new(
                Check::<TopTwo, SetOp>::new(set_ops(), |op, _, _| {
                    Some(match *op {
                        Add(score) => TopTwo { best: [score].into(), ..TopTwo::default() },
                        Remove(score) => TopTwo { removed: [score].into(), ..TopTwo::default() },
                    })
                })
                .with_model(|top| top.best.clone(), TopTwo::model),
            )
        },
    },
];

#[derive(Clone, Debug, PartialEq)]
struct TruncatedDelta;

impl Rules for TruncatedDelta {
    fn answer(set: &OrSet<Self>, remote: &Digest) -> Option<OrSet<Self>> {
        let whole = set.clone().with_rules::<Plain>().delta(remote)?;
        let entries = whole.entries.into_iter().take(2).collect();
        Some(OrSet { entries, ..OrSet::fragment(BTreeMap::new(), whole.context.dots().collect()) })
    }
}

#[derive(Clone, Debug, PartialEq)]
struct KeepAllDots;

impl Rules for KeepAllDots {
    fn merge(set: &mut OrSet<Self>, delta: OrSet<Self>) {
        let both: BTreeSet<u8> = set.elements().intersection(&delta.elements()).copied().collect();
        let all = set.entries.iter().chain(&delta.entries);
        let kept: BTreeMap<Dot, u8> =
            all.filter(|(_, element)| both.contains(element)).map(|(d, e)| (*d, *e)).collect();
        Plain::apply_to(set, &delta);
        set.entries.extend(kept);
    }
}

#[derive(Clone, Debug, PartialEq)]
struct WithoutRemovals;

impl Rules for WithoutRemovals {
    fn answer(set: &OrSet<Self>, remote: &Digest) -> Option<OrSet<Self>> {
        let news = set.entries.iter().filter(|(dot, _)| !remote.context.contains(**dot));
        let entries: BTreeMap<Dot, u8> = news.map(|(dot, element)| (*dot, *element)).collect();
        let context = entries.keys().copied().collect();
        (!entries.is_empty()).then(|| OrSet::fragment(entries, context))
    }
}

#[derive(Clone, Debug, PartialEq)]
struct ContextFirst;

impl Rules for ContextFirst {
    fn merge(set: &mut OrSet<Self>, delta: OrSet<Self>) {
        set.context.join(&delta.context);
        set.entries
            .retain(|dot, _| delta.entries.contains_key(dot) || !delta.context.contains(*dot));
        for (dot, element) in delta.entries {
            if !set.context.contains(dot) {
                set.entries.insert(dot, element);
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct AtomsAreElements;

impl Rules for AtomsAreElements {
    fn atoms(delta: OrSet<Self>) -> Vec<OrSet<Self>> {
        let entries = delta.entries.into_iter();
        entries.map(|(dot, e)| OrSet::fragment(BTreeMap::from([(dot, e)]), vec![dot])).collect()
    }
}

#[derive(Clone, Debug, PartialEq)]
struct AnswersItself;

impl Rules for AnswersItself {
    fn answer(set: &OrSet<Self>, _remote: &Digest) -> Option<OrSet<Self>> {
        (!set.context.is_empty()).then(|| set.clone())
    }
}

#[derive(Clone, Debug, PartialEq)]
struct DigestIsContext;

impl Rules for DigestIsContext {
    fn digest(set: &OrSet<Self>) -> Digest {
        Digest { live: BTreeSet::new(), context: set.context.clone() }
    }
}

/// Elements with the lengths of the longest chains of additions and removals.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lamport(BTreeMap<u8, (u64, u64)>);

impl Lamport {
    fn next(&self, op: SetOp) -> Self {
        let (Add(element) | Remove(element)) = op;
        let (added, removed) = self.0.get(&element).copied().unwrap_or_default();
        let next = added.max(removed) + 1;
        let times = if matches!(op, Add(_)) { (next, removed) } else { (added, next) };
        Self(BTreeMap::from([(element, times)]))
    }

    fn elements(&self) -> BTreeSet<u8> {
        let live = self.0.iter().filter(|(_, (added, removed))| added > removed);
        live.map(|(element, _)| *element).collect()
    }
}

impl Whole for Lamport {
    fn join(&mut self, other: Self) {
        for (element, (added, removed)) in other.0 {
            let own = self.0.entry(element).or_default();
            *own = (own.0.max(added), own.1.max(removed));
        }
    }
}
whole_state!(Lamport);

/// A two-phase set that keeps so many tombstones.
#[derive(Clone, Debug, Default, PartialEq)]
struct TwoPhase<const KEPT: usize> {
    added: BTreeSet<u8>,
    removed: BTreeSet<u8>,
}

impl<const KEPT: usize> TwoPhase<KEPT> {
    fn elements(&self) -> BTreeSet<u8> {
        self.added.difference(&self.removed).copied().collect()
    }
}

impl<const KEPT: usize> Whole for TwoPhase<KEPT> {
    fn join(&mut self, other: Self) {
        self.added.extend(other.added);
        self.removed.extend(other.removed);
        while self.removed.len() > KEPT {
            let forgotten = self.removed.pop_first();
            self.added.retain(|element| Some(*element) != forgotten);
        }
    }
}
whole_state!(TwoPhase<2>);
whole_state!(TwoPhase<99>);

fn two_phase<const KEPT: usize>() -> Check<TwoPhase<KEPT>, SetOp>
where
    TwoPhase<KEPT>: Replicated<Digest = TwoPhase<KEPT>, Delta = TwoPhase<KEPT>>,
{
    Check::new(set_ops(), |op, _, _| {
        let mut delta = TwoPhase::default();
        match op {
            Add(element) => delta.added.insert(*element),
            Remove(element) => delta.removed.insert(*element),
        };
        Some(delta)
    })
}

/// A plain set. Deltas are commands.
#[derive(Clone, Debug, Default, PartialEq)]
struct Unmarked(BTreeSet<u8>);

#[derive(Clone, Debug)]
struct Commands(Vec<SetOp>);

impl Replicated for Unmarked {
    type Digest = BTreeSet<u8>;
    type Delta = Commands;

    fn digest(&self) -> BTreeSet<u8> {
        self.0.clone()
    }
    fn delta(&self, remote: &BTreeSet<u8>) -> Option<Commands> {
        let news: Vec<SetOp> = self.0.difference(remote).copied().map(Add).collect();
        (!news.is_empty()).then_some(Commands(news))
    }
    fn merge(&mut self, delta: Commands) -> MergeOutcome {
        let before = self.0.clone();
        for command in delta.0 {
            match command {
                Add(element) => self.0.insert(element),
                Remove(element) => self.0.remove(&element),
            };
        }
        MergeOutcome::changed_if(self.0 != before)
    }
}

/// The three latest arrivals.
#[derive(Clone, Debug, Default, PartialEq)]
struct Recent(Vec<u8>);

impl Whole for Recent {
    fn join(&mut self, other: Self) {
        let news = other.0.into_iter().filter(|element| !self.0.contains(element));
        let mut all: Vec<u8> = self.0.iter().copied().chain(news.collect::<Vec<_>>()).collect();
        let surplus = all.len().saturating_sub(3);
        self.0 = all.split_off(surplus);
    }
}
whole_state!(Recent);

/// A grow-only set with a very short digest.
#[derive(Clone, Debug, Default, PartialEq)]
struct Checksummed(BTreeSet<u8>);

impl Replicated for Checksummed {
    type Digest = u8;
    type Delta = Self;

    fn digest(&self) -> u8 {
        self.0.iter().fold(0, |sum, element| sum.wrapping_add(*element))
    }
    fn delta(&self, remote: &u8) -> Option<Self> {
        (self.digest() != *remote).then(|| self.clone())
    }
    fn merge(&mut self, delta: Self) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta.0);
        MergeOutcome::changed_if(self.0.len() != before)
    }
}

/// Entries by dot.
#[derive(Clone, Debug, Default, PartialEq)]
struct Log(BTreeMap<Dot, u8>);

impl Replicated for Log {
    type Digest = BTreeMap<ReplicaId, u64>;
    type Delta = BTreeMap<Dot, u8>;

    fn digest(&self) -> Self::Digest {
        // In ascending order, so that the highest stays.
        self.0.keys().map(|dot| (dot.replica(), dot.sequence())).collect()
    }
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let highest = |dot: &Dot| remote.get(&dot.replica()).copied().unwrap_or(0);
        let news = self.0.iter().filter(|(dot, _)| dot.sequence() > highest(dot));
        let news: Self::Delta = news.map(|(dot, entry)| (*dot, *entry)).collect();
        (!news.is_empty()).then_some(news)
    }
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() != before)
    }
}

/// The two best scores of those that were not removed.
#[derive(Clone, Debug, Default, PartialEq)]
struct TopTwo {
    best: BTreeSet<u8>,
    removed: BTreeSet<u8>,
}

impl TopTwo {
    fn model(seen: &Seen<'_, SetOp>) -> BTreeSet<u8> {
        let removed = |score| seen.iter().any(|op| *op.op() == Remove(score));
        let mut live: BTreeSet<u8> = seen
            .iter()
            .filter_map(|op| match *op.op() {
                Add(score) if !removed(score) => Some(score),
                _ => None,
            })
            .collect();
        while live.len() > 2 {
            live.pop_first();
        }
        live
    }
}

impl Whole for TopTwo {
    fn join(&mut self, other: Self) {
        self.removed.extend(other.removed);
        self.best.extend(other.best);
        self.best.retain(|score| !self.removed.contains(score));
        while self.best.len() > 2 {
            self.best.pop_first();
        }
    }
}
whole_state!(TopTwo);

impl<R> OrSet<R> {
    /// The same set under other rules.
    fn with_rules<Q>(self) -> OrSet<Q> {
        let mut set = OrSet::fragment(self.entries, Vec::new());
        set.context = self.context;
        set
    }
}

impl Plain {
    /// Merges by the book, whatever the set's rules are.
    fn apply_to<R>(set: &mut OrSet<R>, delta: &OrSet<R>) {
        let plain = |set: &OrSet<R>| {
            let mut copy = OrSet::fragment(set.entries.clone(), Vec::new());
            copy.context = set.context.clone();
            copy
        };
        let mut merged: OrSet<Self> = plain(set);
        merged.merge(plain(delta));
        (set.entries, set.context) = (merged.entries, merged.context);
    }
}
