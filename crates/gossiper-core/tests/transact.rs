//! Transactions and changes in place: what they leave, and what they do not.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gossiper_core::causal::Abort;
use gossiper_core::{
    DeterministicRng, Effect, MergeOutcome, NodeId, PhysicalTime, Replica, ReplicaConfig,
    ReplicaId, ReplicaMessage, Replicated, Round, TransactError,
};
use gossiper_crdts::OrSet;

type Tags = Replica<OrSet<u8>>;

fn replica(id: u64, peer: &str) -> Tags {
    let config = ReplicaConfig::for_cluster(2).with_anti_entropy_interval(u64::MAX);
    let mut replica = Tags::new(ReplicaId::new(id), config.expect("it is not 0"));
    replica.set_peers([NodeId::from(peer)]);
    replica
}

/// All that a replica could show of what was done to it: what it would store,
/// what it counted, and what it would send.
fn traces(replica: &mut Tags, round: u64) -> String {
    let shown = format!("{:?} {:?}", replica.snapshot(), replica.stats());
    let mut rng = DeterministicRng::new(0);
    let sent = replica.tick(&mut rng, Round::new(round), PhysicalTime::EPOCH);
    format!("{shown} {sent:?}")
}

fn elements(replica: &Tags) -> BTreeSet<u8> {
    replica.state().iter().copied().collect()
}

#[test]
fn a_transaction_reads_its_own_writes() {
    let mut tags = replica(1, "b");
    let (seen, event) = tags
        .transact(|tx| {
            tx.insert(1);
            tx.insert(2);
            tx.remove(&1);
            Ok((tx.contains(&1), tx.contains(&2)))
        })
        .expect("nothing refuses it");
    assert_eq!(seen, (false, true));
    assert_eq!(elements(&tags), [2].into());
    assert!(event.is_some());
}

#[test]
fn an_error_leaves_no_trace() {
    let (mut tags, mut untouched) = (replica(1, "b"), replica(1, "b"));
    let failed = tags.transact(|tx| {
        tx.insert(1);
        let _port: u16 = "no number".parse()?;
        Ok(())
    });
    let error = failed.expect_err("it fails");
    assert!(
        matches!(&error, TransactError::Aborted(cause) if cause.is::<std::num::ParseIntError>())
    );
    let refused = tags.transact(|tx| {
        tx.insert(2);
        Err::<(), _>(Abort::because("sold out"))
    });
    assert!(
        matches!(refused, Err(TransactError::Aborted(cause)) if cause.to_string() == "sold out")
    );
    assert_eq!(traces(&mut tags, 0), traces(&mut untouched, 0));
    // What follows is the same, too: no dot was spent.
    for replica in [&mut tags, &mut untouched] {
        let inserted = replica.transact(|tx| {
            tx.insert(3);
            Ok(())
        });
        assert!(inserted.is_ok());
    }
    assert_eq!(traces(&mut tags, 1), traces(&mut untouched, 1));
}

#[test]
fn a_panic_leaves_no_trace() {
    let (mut tags, mut untouched) = (replica(1, "b"), replica(1, "b"));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        tags.transact(|tx| {
            tx.insert(1);
            if tx.contains(&1) {
                panic!("in the middle");
            }
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(traces(&mut tags, 0), traces(&mut untouched, 0));
}

#[test]
fn nothing_recorded_is_no_event() {
    let (mut tags, mut untouched) = (replica(1, "b"), replica(1, "b"));
    let (asked, event) = tags.transact(|tx| Ok(tx.remove(&1))).expect("nothing refuses it");
    assert_eq!((asked, event), (false, None));
    assert_eq!(traces(&mut tags, 0), traces(&mut untouched, 0));
}

#[test]
fn a_transaction_is_one_rumor_and_peers_merge_it_whole() {
    let (mut a, mut b) = (replica(1, "b"), replica(2, "a"));
    let mut rng = DeterministicRng::new(1);
    a.transact(|tx| {
        (0..100).for_each(|element| tx.insert(element));
        Ok(())
    })
    .expect("nothing refuses it");
    a.transact(|tx| {
        tx.remove(&0);
        tx.insert(200);
        Ok(())
    })
    .expect("nothing refuses it");

    let sent = a.tick(&mut rng, Round::ZERO, PhysicalTime::EPOCH);
    let [Effect::Send { message: ReplicaMessage::Rumors(batch), .. }] = &sent[..] else {
        panic!("one message of rumors, not {sent:?}");
    };
    assert_eq!(batch.rumors.len(), 2, "one for each transaction");
    // The later one alone, then the earlier: b has whole transactions throughout.
    let mut rumors = batch.rumors.clone();
    rumors.sort_by_key(|rumor| std::cmp::Reverse(rumor.id()));
    let mut seen = Vec::new();
    for rumor in rumors {
        let batch = gossiper_core::rumor::RumorBatch { rumors: vec![rumor], ..Default::default() };
        let _ = b.receive(&mut rng, &"a".into(), ReplicaMessage::Rumors(batch));
        seen.push(elements(&b));
    }
    assert_eq!(seen[0], [200].into());
    assert_eq!(seen[1], (1..100).chain([200]).collect());
    assert_eq!(a.state(), b.state());
    assert_eq!(a.seen(), b.seen());
}

/// A set written by hand, with a mutator in place.
#[derive(Clone, Debug, Default, PartialEq)]
struct Letters(BTreeSet<char>);

impl Letters {
    fn insert(&mut self, letter: char) -> Option<BTreeSet<char>> {
        self.0.insert(letter).then(|| [letter].into())
    }
}

impl Replicated for Letters {
    type Digest = BTreeSet<char>;
    type Delta = BTreeSet<char>;

    fn digest(&self) -> Self::Digest {
        self.0.clone()
    }
    fn delta(&self, remote: &Self::Digest) -> Option<Self::Delta> {
        let lacking: Self::Delta = self.0.difference(remote).copied().collect();
        (!lacking.is_empty()).then_some(lacking)
    }
    fn merge(&mut self, delta: Self::Delta) -> MergeOutcome {
        let before = self.0.len();
        self.0.extend(delta);
        MergeOutcome::changed_if(self.0.len() > before)
    }
}

fn letters() -> Replica<Letters> {
    let mut letters = Replica::new(ReplicaId::new(1), ReplicaConfig::default());
    letters.set_peers([NodeId::from("b")]);
    letters
}

#[test]
fn a_change_in_place_is_what_an_update_is() {
    let (mut in_place, mut by_delta) = (letters(), letters());
    for letter in ['x', 'y', 'x'] {
        let one = in_place.update_in_place(|letters, _| letters.insert(letter));
        let other = by_delta.update(|_, _| Ok::<_, Infallible>([letter].into()));
        assert_eq!(one, other);
    }
    let sent = |replica: &mut Replica<Letters>| {
        let mut rng = DeterministicRng::new(3);
        replica.tick(&mut rng, Round::ZERO, PhysicalTime::EPOCH)
    };
    assert_eq!(in_place.snapshot(), by_delta.snapshot());
    assert_eq!(in_place.stats(), by_delta.stats());
    assert_eq!(sent(&mut in_place), sent(&mut by_delta));
}

#[test]
fn a_change_in_place_that_panics_spends_its_dots() {
    let mut letters = letters();
    let mut taken = None;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        letters.update_in_place(|letters, ctx| {
            taken = Some(ctx.next_dot());
            letters.insert('x');
            panic!("in the middle");
        })
    }));
    assert!(panicked.is_err());
    let event = letters.update_in_place(|letters, _| letters.insert('y'));
    let event = event.expect("it may write").expect("y is new");
    assert_ne!(Some(event.first()), taken, "no dot is used twice");
    assert_eq!(format!("{:?}", letters.seen()), "{r1: 1..=2}");
}
