//! What a `VersionedKv` does when replicas change it at the same time.

use gossiper_core::{Delta, Dot, Join, MergeOutcome, ReplicaId, Replicated};
use gossiper_crdts::{Expected, PutError, Versioned, VersionedKv};

type Map = VersionedKv<String, &'static str>;

/// A replica that spends its own dots and merges its own deltas.
struct Writer {
    id: ReplicaId,
    sequence: u64,
    map: Map,
}

impl Writer {
    fn new(id: u64) -> Self {
        Self { id: ReplicaId::new(id), sequence: 0, map: Map::new() }
    }

    fn next_dot(&mut self) -> Dot {
        self.sequence += 1;
        Dot::new(self.id, self.sequence).expect("sequences start at 1")
    }

    fn put(&mut self, key: &str, value: &'static str) -> Delta<Map> {
        let dot = self.next_dot();
        let delta = self.map.put(dot, key.into(), value).expect("the dot is fresh");
        self.map.merge(delta.clone());
        delta
    }

    fn put_if(
        &mut self,
        key: &str,
        value: &'static str,
        expected: Expected,
    ) -> Result<Delta<Map>, PutError> {
        let dot = self.next_dot();
        let delta = self.map.put_if(dot, key.into(), value, expected)?;
        self.map.merge(delta.clone());
        Ok(delta)
    }

    fn delete(&mut self, key: &str) -> Delta<Map> {
        let delta = self.map.delete(key);
        self.map.merge(delta.clone());
        delta
    }

    fn version_of(&self, key: &str) -> Option<(u64, u64)> {
        self.map.entry(key).map(|entry| (entry.version, entry.writer.as_u64()))
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
    // What is put next is above everything that was seen, dead or live.
    a.put("k", "next");
    assert_eq!(a.version_of("k"), Some((12, 1)));
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
    assert_eq!(a.map.delete("k"), Delta::default());
    a.put("k", "v");
    a.delete("k");
    assert_eq!(a.map.delete("k"), Delta::default());
}

#[test]
fn a_condition_holds_for_one_version_and_writer_only() {
    let (mut a, mut b) = (Writer::new(1), Writer::new(2));
    a.put_if("k", "v", Expected::Absent).unwrap();
    let (first, by_a) = (Expected::from(a.map.entry("k")), ReplicaId::new(1));
    assert_eq!(first, Expected::Version { version: 1, writer: by_a });
    exchange(&mut a, &mut b, "k");
    b.put_if("k", "w", first).unwrap();
    exchange(&mut a, &mut b, "k");

    let found = Expected::Version { version: 2, writer: ReplicaId::new(2) };
    let before = a.map.clone();
    let refused = a.put_if("k", "x", first).unwrap_err();
    assert_eq!(refused, PutError::Mismatch { expected: first, found });
    assert_eq!(refused.to_string(), "expected version 1 by r1, found version 2 by r2");
    let other_writer = Expected::Version { version: 2, writer: by_a };
    assert!(a.put_if("k", "x", other_writer).is_err());
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
    assert_eq!(refused.to_string(), "expected version 1 by r1, found no value");
    a.put_if("k", "v", Expected::Absent).unwrap();
    assert!(a.put_if("k", "w", stale).is_err());
    assert_eq!(a.version_of("k"), Some((2, 1)));
}

#[test]
fn a_dot_that_is_not_fresh_is_refused() {
    let mut a = Writer::new(1);
    a.put("k", "1");
    a.put("k", "2");
    a.delete("k");
    for sequence in [1, 2] {
        let dot = Dot::new(a.id, sequence).unwrap();
        let refused = a.map.put(dot, "k".into(), "x").unwrap_err();
        assert_eq!(refused, PutError::StaleDot { dot, last: 2 });
    }
    assert_eq!(
        a.map.put(Dot::new(a.id, 2).unwrap(), "k".into(), "x").unwrap_err().to_string(),
        "dot r1#2 is not above sequence 2, which its replica has put this key with",
    );
}

#[test]
fn of_two_puts_in_one_update_the_later_dot_stays() {
    let mut a = Writer::new(1);
    a.put("k", "before");
    let (first, second) = (a.next_dot(), a.next_dot());
    let both = a
        .map
        .put(second, "k".into(), "b")
        .unwrap()
        .joined(a.map.put(first, "k".into(), "z").unwrap())
        .joined(a.map.delete("k"));
    a.map.merge(both);
    assert_eq!(a.map.get("k"), Some(&"b"));
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
