//! Decoding of ordered collections that accepts one encoding only.
//!
//! Equal states have equal bytes, so bytes that are not *the* bytes of a state
//! are refused: elements must come in strictly ascending order. For
//! `#[serde(deserialize_with = "…")]` on a field of a state type.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// A list whose elements must ascend strictly.
///
/// # Errors
///
/// The decoder's own, and one for elements that repeat or are out of order.
pub fn ascending_vec<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Ord,
{
    let items = Vec::<T>::deserialize(deserializer)?;
    if items.is_sorted_by(|a, b| a < b) {
        Ok(items)
    } else {
        Err(D::Error::custom("elements repeat or are out of order"))
    }
}

/// A set whose elements must come in ascending order.
///
/// # Errors
///
/// As [`ascending_vec`].
pub fn ordered_set<'de, D, T>(deserializer: D) -> Result<BTreeSet<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Ord,
{
    Ok(ascending_vec(deserializer)?.into_iter().collect())
}

/// A map whose keys must come in ascending order.
///
/// # Errors
///
/// The decoder's own, and one for keys that repeat or are out of order.
pub fn ordered_map<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
{
    struct Ordered<K, V>(PhantomData<(K, V)>);

    impl<'de, K, V> Visitor<'de> for Ordered<K, V>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
    {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map in ascending order of its keys")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<K, V>()? {
                if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                    return Err(A::Error::custom("keys repeat or are out of order"));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Ordered(PhantomData))
}
