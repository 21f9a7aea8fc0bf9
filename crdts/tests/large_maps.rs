//! Maps of many keys beside a plain ordered map: found by key, read in order, and
//! small again.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gossiper_core::causal::Causal;
use gossiper_core::{DeterministicRng, RandomSource, ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{OrMap, OrSet};

type Map = Causal<OrMap<u16, OrSet<u64>>>;
type Model = BTreeMap<u16, Vec<u64>>;

fn bound(rng: &mut DeterministicRng) -> Bound<u16> {
    let key = rng.below(320) as u16;
    match rng.below(3) {
        0 => Bound::Included(key),
        1 => Bound::Excluded(key),
        _ => Bound::Unbounded,
    }
}

/// All that can be read in order, from both ends.
fn in_order(map: &Map, model: &Model, rng: &mut DeterministicRng) {
    let plain = |(key, set): (&u16, &OrSet<u64>)| {
        let mut elements: Vec<u64> = set.iter().copied().collect();
        elements.sort_unstable();
        (*key, elements)
    };
    let expected = || model.iter().map(|(key, set)| (*key, set.clone()));
    assert_eq!(map.iter().len(), model.len());
    assert!(map.iter().map(plain).eq(expected()));
    assert!(map.iter().rev().map(plain).eq(expected().rev()));
    assert!(map.keys().eq(model.keys()));
    for _ in 0..20 {
        let range = (bound(rng), bound(rng));
        let keys = |keys: &dyn Fn() -> Vec<u16>| catch_unwind(AssertUnwindSafe(keys)).ok();
        let theirs = keys(&|| model.range(range).map(|(key, _)| *key).collect());
        let ours = keys(&|| map.range(range).map(|(key, _)| *key).collect());
        assert_eq!(ours, theirs, "{range:?}");
        let Some(theirs) = theirs else { continue };
        assert!(map.range(range).rev().map(|(key, _)| *key).eq(theirs.into_iter().rev()));
    }
}

/// Two replicas write and remove, in turn; the map grows to hundreds of keys and
/// shrinks to a few, and is read in order now and then, or never.
#[test]
fn large_maps_agree_with_a_plain_map() {
    for (seed, read) in (0..6).map(|seed| (seed, seed % 2 == 0)) {
        let mut rng = DeterministicRng::new(seed);
        let mut ctx = [1, 2].map(|id| UpdateContext::of(ReplicaId::new(id)));
        let mut maps = [Map::default(), Map::default()];
        let mut model = Model::new();
        for step in 0..120_u64 {
            let writer = step as usize % 2;
            let grows = step % 60 < 35;
            let delta = maps[writer].transact(&mut ctx[writer], |map| {
                for _ in 0..rng.below(40) {
                    let (key, element) = (rng.below(300) as u16, rng.below(4));
                    if rng.below(10) < if grows { 9 } else { 1 } {
                        map.entry(key).insert(element);
                        let set = model.entry(key).or_default();
                        set.retain(|own| *own != element);
                        set.push(element);
                        set.sort_unstable();
                    } else {
                        assert_eq!(map.contains_key(&key), model.contains_key(&key));
                        assert_eq!(map.remove(&key), model.remove(&key).is_some());
                    }
                    assert!(map.contains_key(&key) == model.contains_key(&key));
                }
                Ok(())
            });
            maps[1 - writer].merge(delta.expect("nothing aborts"));
            assert_eq!(maps[0], maps[1]);
            for key in 0..300 {
                assert_eq!(maps[0].contains_key(&key), model.contains_key(&key));
            }
            assert_eq!(maps[0].len(), model.len());
            if read && rng.below(6) == 0 {
                // The other one makes its order now, or never.
                in_order(&maps[0], &model, &mut rng);
                in_order(&maps[0].clone(), &model, &mut rng);
            }
        }
        in_order(&maps[1], &model, &mut rng);
        assert_eq!(format!("{:?}", maps[0]), format!("{:?}", maps[1]));
    }
}

/// Equal maps are equal, have equal bytes and read alike, however they came about
/// and however large they once were.
#[test]
#[cfg(feature = "serde")]
fn equal_maps_have_equal_bytes() {
    type Registers = Causal<OrMap<String, gossiper_crdts::MvRegister<u32>>>;
    let encoded = |map: &Registers| {
        bincode::serde::encode_to_vec(map, bincode::config::standard()).expect("it encodes")
    };
    for len in [1, 12, 17, 300, 900] {
        let mut ctx = UpdateContext::of(ReplicaId::new(1));
        let mut map = Registers::default();
        for number in (0..1_000).rev() {
            let change = map.transact(&mut ctx, |map| {
                map.entry(number.to_string()).write(number);
                Ok(())
            });
            change.expect("nothing aborts");
        }
        let change = map.transact(&mut ctx, |map| {
            (len..1_000).for_each(|number| {
                map.remove(&number.to_string());
            });
            Ok(())
        });
        change.expect("nothing aborts");
        let mut other = Registers::default();
        let whole = map.delta(&other.digest()).expect("there are news");
        other.merge(whole);
        assert_eq!((map.len(), &map), (len as usize, &other));
        assert_eq!(encoded(&map), encoded(&other));
        assert_eq!(format!("{map:?}"), format!("{other:?}"));
        let (decoded, _): (Registers, _) =
            bincode::serde::decode_from_slice(&encoded(&map), bincode::config::standard())
                .expect("it decodes");
        assert_eq!(decoded, map);
        assert_eq!(encoded(&decoded), encoded(&map));
        // Every atom is found by its dot.
        for mut map in [other, decoded] {
            let clear = map.transact(&mut UpdateContext::of(ReplicaId::new(2)), |map| {
                map.clear();
                Ok(())
            });
            clear.expect("nothing aborts");
            assert!(map.is_empty() && map.live().is_empty());
        }
    }
}
