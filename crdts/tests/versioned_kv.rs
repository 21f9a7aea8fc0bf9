//! What a `VersionedKv` does when replicas change it at the same time.

use gossiper_core::causal::{Causal, CausalDelta};
use gossiper_core::{MergeOutcome, ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{Expected, Mismatch, Versioned, VersionedKv};

type Map = VersionedKv<String, &'static str>;

/// A replica that spends its own dots and merges its own deltas.
struct Writer {
    ctx: UpdateContext,
    map: Causal<Map>,
}

impl Writer {
    fn new(id: u64) -> Self {
        Self { ctx: UpdateContext::of(ReplicaId::new(id)), map: Causal::default() }
    }

    fn put(&mut self, key: &str, value: &'static str) -> CausalDelta<Map> {
        let delta = self.map.transact(&mut self.ctx, |map| {
            map.put(key.into(), value);
            assert_eq!(map.get(key), Some(&value), "a transaction reads what it wrote");
            Ok(())
        });
        delta.expect("nothing is refused")
    }

    fn put_if(
        &mut self,
        key: &str,
        value: &'static str,
        expected: Expected,
    ) -> Result<CausalDelta<Map>, Mismatch> {
        let delta =
            self.map.transact(&mut self.ctx, |map| Ok(map.put_if(key.into(), value, expected)?));
        delta.map_err(|abort| *abort.into_inner().downcast().expect("a condition failed"))
    }

    fn delete(&mut self, key: &str) -> CausalDelta<Map> {
        let delta = self.map.transact(&mut self.ctx, |map| {
            let was_there = map.entry(key).is_some();
            assert_eq!(map.delete(key), was_there);
            assert_eq!(map.get(key), None);
            Ok(())
        });
        delta.expect("nothing is refused")
    }

    fn version_of(&self, key: &str) -> Option<(u64, u64)> {
        self.map.entry(key).map(|entry| (entry.version, entry.writer().as_u64()))
    }
}

/// Makes two replicas equal by digest and delta, and says what `key` reads as.
fn exchange(a: &mut Writer, b: &mut Writer, key: &str) -> Option<&'static str> {
    if let Some(delta) = b.map.delta(&a.map.digest()) {
        a.map.merge(delta);
    }
    if let Some(delta) = a.map.delta(&b.map.digest()) {
        b.map.merge(delta);
    }
    assert_eq!(a.map, b.map);
    a.map.get(key).copied()
}

#[test]
fn put_beats_concurrent_delete() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    b.map.merge(a.put("k", "v"));
    a.delete("k");
    b.put("k", "w");
    assert_eq!(exchange(&mut a, &mut b, "k"), Some("w"));
}

#[test]
fn put_beats_a_concurrent_delete_of_a_higher_version() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    b.map.merge(a.put("k", "v"));
    for _ in 0..10 {
        a.put("k", "newer");
    }
    a.delete("k");
    b.put("k", "w");
    assert_eq!(exchange(&mut a, &mut b, "k"), Some("w"));
    assert_eq!(a.version_of("k"), Some((2, 2)));
    // What is put next is above everything that it replaces.
    a.put("k", "next");
    assert_eq!(a.version_of("k"), Some((3, 1)));
}

#[test]
fn concurrent_puts_read_as_the_higher_version() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    a.put("k", "first");
    a.put("k", "second");
    b.put("k", "other");
    assert_eq!(exchange(&mut a, &mut b, "k"), Some("second"));
    assert_eq!(a.version_of("k"), Some((2, 1)));
}

#[test]
fn concurrent_puts_of_one_version_read_as_the_higher_writer() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    a.put("k", "z");
    b.put("k", "a");
    assert_eq!(exchange(&mut a, &mut b, "k"), Some("a"));
    assert_eq!(a.version_of("k"), Some((1, 2)));
}

#[test]
fn a_put_replaces_every_put_that_it_saw() {
    let (mut a, mut b, mut c) = (Writer::new(1), Writer::new(2), Writer::new(3));
    a.put("k", "x");
    b.put("k", "y");
    exchange(&mut a, &mut b, "k");
    // `c` hears of the last put only, which tells it of those before.
    c.map.merge(a.put("k", "both"));
    c.delete("k");
    assert_eq!(exchange(&mut b, &mut c, "k"), None);
    assert_eq!(exchange(&mut a, &mut b, "k"), None);
}

#[test]
fn a_delete_removes_what_it_saw_everywhere() {
    let (mut a, mut b, mut c) = (Writer::new(1), Writer::new(2), Writer::new(3));
    a.put("k", "x");
    b.put("k", "y");
    exchange(&mut a, &mut b, "k");
    exchange(&mut b, &mut c, "k");
    let deletion = c.delete("k");
    for writer in [&mut a, &mut b] {
        assert_eq!(writer.map.merge(deletion.clone()), MergeOutcome::Changed);
        assert_eq!(writer.map.len(), 0);
        assert!(!writer.map.contains_key("k"));
        assert_eq!(writer.map.iter().count(), 0);
    }
}

#[test]
fn a_delete_leaves_the_put_that_it_did_not_see() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    b.put("k", "unseen");
    a.put("k", "v");
    a.put("k", "read first");
    a.delete("k");
    assert_eq!(exchange(&mut a, &mut b, "k"), Some("unseen"));
}

#[test]
fn late_duplicates_bring_nothing_back() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    let mut old = vec![a.put("k", "1"), a.put("k", "2")];
    exchange(&mut a, &mut b, "k");
    old.push(b.put("k", "3"));
    exchange(&mut a, &mut b, "k");
    old.push(a.delete("k"));
    exchange(&mut a, &mut b, "k");
    for delta in old {
        assert_eq!(a.map.merge(delta.clone()), MergeOutcome::Unchanged);
        assert_eq!(b.map.merge(delta), MergeOutcome::Unchanged);
    }
    assert!(a.map.is_empty() && b.map.is_empty());
}

#[test]
fn a_delete_that_arrives_before_its_put_still_deletes() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    let put = a.put("k", "v");
    b.map.merge(a.delete("k"));
    assert_eq!(b.map.merge(put), MergeOutcome::Unchanged);
    assert!(b.map.is_empty());
}

#[test]
fn deleting_what_is_not_there_tells_nothing() {
    let mut a = Writer::new(1);
    assert!(a.delete("k").is_empty());
    a.put("k", "v");
    assert!(!a.delete("k").is_empty());
    assert!(a.delete("k").is_empty());
    assert_eq!(a.map.context().exceptions().count(), 0);
}

#[test]
fn a_condition_holds_for_one_put_only() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    a.put_if("k", "v", Expected::Absent).unwrap();
    let first = Expected::from(a.map.entry("k"));
    exchange(&mut a, &mut b, "k");
    b.put_if("k", "w", first).unwrap();
    exchange(&mut a, &mut b, "k");

    let found = Expected::from(a.map.entry("k"));
    let before = a.map.clone();
    let refused = a.put_if("k", "x", first).unwrap_err();
    assert_eq!((refused.expected, refused.found), (first, found));
    assert_eq!(refused.to_string(), "expected version 1 by r1#1, found version 2 by r2#1");
    assert_eq!(a.map, before);
    a.put_if("k", "x", found).unwrap();
    assert_eq!(a.version_of("k"), Some((3, 1)));
}

#[test]
fn a_stale_condition_does_not_hold_after_delete_and_put() {
    let mut a = Writer::new(1);
    a.put("k", "v");
    let stale = Expected::from(a.map.entry("k"));
    a.delete("k");
    let refused = a.put_if("k", "w", stale).unwrap_err();
    assert_eq!(refused.to_string(), "expected version 1 by r1#1, found no value");
    a.put_if("k", "v", Expected::Absent).unwrap();
    // The same version by the same writer, and another put.
    assert_eq!(a.version_of("k"), Some((1, 1)));
    assert!(a.put_if("k", "w", stale).is_err());
}

#[test]
fn of_several_changes_in_one_transaction_the_last_stays() {
    let mut a = Writer::new(1);
    a.put("k", "before");
    let delta = a.map.transact(&mut a.ctx, |map| {
        map.put("k".into(), "x");
        assert!(map.delete("k"));
        map.put("k".into(), "y");
        map.put("l".into(), "z");
        assert_eq!((map.get("k"), map.get("l")), (Some(&"y"), Some(&"z")));
        assert!(map.delete("l"));
        Ok(())
    });
    assert_eq!(delta.unwrap().fragment().iter().count(), 1);
    assert_eq!((a.map.get("k"), a.map.len()), (Some(&"y"), 1));
    assert_eq!(a.version_of("k"), Some((1, 1)), "after its own delete, a put is the first");
}

#[test]
fn the_empty_key_and_ranges_work() {
    let mut a = Writer::new(1);
    for (key, value) in [("b", "2"), ("", "0"), ("a", "1"), ("c", "3")] {
        a.put(key, value);
    }
    a.delete("b");
    assert_eq!(a.map.get(""), Some(&"0"));
    assert_eq!((a.map.len(), a.map.contains_key("b")), (3, false));
    let keys = |entries: Vec<(&String, Versioned<'_, _>)>| {
        entries.into_iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(a.map.iter().collect()), ["", "a", "c"]);
    assert_eq!(keys(a.map.iter().rev().collect()), ["c", "a", ""]);
    assert_eq!(
        keys(
            a.map
                .range::<str, _>((std::ops::Bound::Excluded(""), std::ops::Bound::Unbounded,))
                .collect()
        ),
        ["a", "c"]
    );
    a.delete("");
    assert_eq!(a.map.get(""), None);
}
