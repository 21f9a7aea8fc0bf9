//! Histories that break naive designs of causal types, held for the types that
//! they could break here. `ARCHITECTURE.md` and the causal module of core tell the
//! rules that they led to.

use gossiper_core::causal::{Abort, Causal, CausalDelta, Store};
use gossiper_core::lattice::News;
use gossiper_core::{CausalContext, ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{EnableWinsFlag, GCounter, LwwRegister, RwSet};

#[path = "support/beside.rs"]
mod beside;

use beside::Beside;

/// A replica that stands alone.
struct Node<S: Store> {
    ctx: UpdateContext,
    state: Causal<S>,
}

impl<S: Store + Clone + PartialEq + std::fmt::Debug> Node<S> {
    fn new(id: u64) -> Self {
        Self { ctx: UpdateContext::of(ReplicaId::new(id)), state: Causal::default() }
    }

    fn transact(
        &mut self,
        changes: impl FnOnce(&mut S::Recorder<'_>) -> Result<(), Abort>,
    ) -> CausalDelta<S> {
        self.state.transact(&mut self.ctx, changes).expect("nothing aborts")
    }

    fn hear(&mut self, delta: CausalDelta<S>) {
        self.state.merge(delta);
    }

    /// Asks the other one for what is lacking here, and the other way round;
    /// both are then equal.
    fn exchange(&mut self, other: &mut Self) {
        for _ in 0..2 {
            if let Some(lacking) = other.state.delta(&self.state.digest()) {
                self.hear(lacking);
            }
            if let Some(lacking) = self.state.delta(&other.state.digest()) {
                other.hear(lacking);
            }
        }
        assert_eq!(self.state, other.state);
        assert!(other.state.delta(&self.state.digest()).is_none());
    }
}

/// A claim on a dot that was never seen here must not make what it replaced stay.
#[test]
fn what_was_replaced_twice_is_gone_though_only_the_second_is_heard_of() {
    let (mut a, mut c) = (Node::<RwSet<u8>>::new(1), Node::<RwSet<u8>>::new(2));
    c.hear(a.transact(|set| {
        set.insert(7);
        Ok(())
    }));
    let _lost = c.transact(|set| {
        set.insert(7);
        Ok(())
    });
    a.hear(c.transact(|set| {
        set.remove(7);
        Ok(())
    }));
    assert!(!a.state.contains(&7));
    // The removal has not seen the first addition, which the second replaced.
    a.exchange(&mut c);
    assert_eq!((a.state.len(), a.state.live().dots().count()), (0, 1));
}

/// Up to any piece of an answer nothing vanishes that nobody has removed: what is
/// retired is claimed with the last, also where the answerer changes meanwhile.
#[test]
fn an_answer_in_pieces_ends_where_the_whole_ends() {
    let mut here = Node::<RwSet<u8>>::new(9);
    let mut there = Node::<RwSet<u8>>::new(2);
    here.transact(|set| {
        (0..5).for_each(|element| set.insert(element));
        Ok(())
    });
    here.exchange(&mut there);
    // Everything is replaced: additions by marks, and two by additions.
    here.transact(|set| {
        assert!((0..3).all(|element| set.remove(element)));
        set.insert(3);
        set.insert(4);
        Ok(())
    });
    for changes_after in 0..6 {
        let (mut here, mut there) = (here.clone(), there.clone());
        let (outline, mut covered) =
            (there.state.outline().expect("causal types have one"), CausalContext::new());
        let mut heard = 0;
        while let News::Piece { delta, covers } = here.state.news(&outline, &covered, 1) {
            there.hear(delta);
            covered.join(&covers);
            heard += 1;
            assert!(there.state.contains(&3) && there.state.contains(&4), "{heard} pieces");
            if heard == changes_after {
                // A dot of a writer that pieces have passed by.
                let mut early = Node { ctx: UpdateContext::of(ReplicaId::new(1)), ..here.clone() };
                here.hear(early.transact(|set| {
                    set.insert(3);
                    Ok(())
                }));
            }
        }
        assert!(heard >= 4, "{heard} pieces");
        let News::Whole { delta: Some(rest), complete: true } =
            here.state.news(&outline, &covered, 1)
        else {
            panic!("the rest tells what is retired");
        };
        there.hear(rest);
        assert_eq!(there.state, here.state);
        assert!(there.state.iter().eq(&[3, 4]));
    }
}

impl<S: Store + Clone> Clone for Node<S> {
    fn clone(&self) -> Self {
        let ctx = UpdateContext::of(self.ctx.replica());
        Self { ctx, state: self.state.clone() }
    }
}

/// A gap in the context is seen and filled, though both read the same.
#[test]
fn a_gap_behind_equal_flags_is_filled() {
    let (mut here, mut there) = (Node::<EnableWinsFlag>::new(1), Node::new(2));
    let set = |enabled: bool| {
        move |flag: &mut <EnableWinsFlag as Store>::Recorder<'_>| {
            flag.set(enabled);
            Ok(())
        }
    };
    here.transact(set(true));
    here.transact(set(false));
    there.hear(here.transact(set(true)));
    assert_eq!(here.state.is_enabled(), there.state.is_enabled());
    assert_ne!(here.state, there.state);
    here.exchange(&mut there);
    assert_eq!(there.state.context().runs().count(), 1);
}

/// Of a transaction that changes a plain part as well, a piece may bring all dots
/// and not the plain part: equal contexts do not mean that nothing is lacking.
#[test]
fn a_plain_part_that_was_left_behind_is_still_lacking() {
    let (mut here, mut there) = (Node::<Beside<GCounter>>::new(1), Node::new(2));
    let both = here.transact(|state| {
        state.tags().insert(1);
        Ok(state.plain().add(1)?)
    });
    for piece in Causal::<Beside<GCounter>>::decompose(both) {
        if !piece.claims().is_empty() {
            there.hear(piece);
        }
    }
    assert_eq!(here.state.context(), there.state.context());
    assert_eq!((here.state.plain.value(), there.state.plain.value()), (1, 0));
    here.exchange(&mut there);
    assert_eq!(there.state.plain.value(), 1);
}

/// An old message brings nothing back, whatever its timestamp.
#[test]
fn a_replaced_write_does_not_come_back() {
    let (mut here, mut there) = (Node::<LwwRegister<u8>>::new(1), Node::new(2));
    let set = |value: u8| {
        move |register: &mut <LwwRegister<u8> as Store>::Recorder<'_>| {
            register.set(value);
            Ok(())
        }
    };
    let old = here.transact(set(1));
    there.hear(old.clone());
    here.hear(there.transact(set(2)));
    let cleared = here.transact(|register| {
        register.clear();
        Ok(())
    });
    there.hear(cleared);
    for node in [&mut here, &mut there] {
        node.hear(old.clone());
        assert_eq!(node.state.get(), None);
    }
    here.exchange(&mut there);
}
