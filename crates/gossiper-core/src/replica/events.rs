//! Which events a delta holds.

use core::num::NonZeroU64;

use crate::lattice::Run;
use crate::{CausalContext, Dot, Event};

/// Which events a delta holds, whose rumor has a dot for its name.
///
/// As bytes one event is the number of its dots, as a list of one; several are 0
/// and their dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    /// One, or several of one writer in turn, named by the last dot, with so many dots.
    One(NonZeroU64),
    /// Several, each whole; the name is one of their dots.
    Joined(CausalContext),
}

impl Events {
    /// All their dots, when their rumor is called `name`; `None` if there can be no
    /// such events. O(runs).
    #[must_use]
    pub fn dots(&self, name: Dot) -> Option<CausalContext> {
        match self {
            Self::One(dots) => {
                Event::new(name, *dots).map(|event| CausalContext::from(Run::from(event)))
            }
            Self::Joined(events) => events.contains(name).then(|| events.clone()),
        }
    }

    /// Whether all have been seen: also of one writer some may have come by themselves.
    /// O(k log r) for k runs.
    pub(super) fn are_in(&self, seen: &CausalContext, name: Dot) -> bool {
        match self {
            Self::One(dots) => {
                Event::new(name, *dots).is_some_and(|event| seen.contains_run(event.into()))
            }
            Self::Joined(events) => seen.covers(events),
        }
    }

    /// The one event, if it is one.
    #[must_use]
    pub fn one(&self, name: Dot) -> Option<Event> {
        match self {
            Self::One(dots) => Event::new(name, *dots),
            Self::Joined(_) => None,
        }
    }
}

#[cfg(feature = "serde")]
mod serde {
    use core::fmt;
    use core::num::NonZeroU64;

    use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
    use serde::ser::{Serialize, SerializeTuple as _, Serializer};

    use super::Events;

    impl Serialize for Events {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::One(dots) => {
                    let mut tuple = to.serialize_tuple(1)?;
                    tuple.serialize_element(dots)?;
                    tuple.end()
                }
                Self::Joined(events) => {
                    let mut tuple = to.serialize_tuple(2)?;
                    tuple.serialize_element(&0_u64)?;
                    tuple.serialize_element(events)?;
                    tuple.end()
                }
            }
        }
    }

    impl<'de> Deserialize<'de> for Events {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_tuple(2, OneOrMore)
        }
    }

    struct OneOrMore;

    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Events;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the number of an event's dots, or 0 and the dots of several")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Events, A::Error> {
            let missing = |at| A::Error::invalid_length(at, &self);
            let dots: u64 = parts.next_element()?.ok_or_else(|| missing(0))?;
            match NonZeroU64::new(dots) {
                Some(dots) => Ok(Events::One(dots)),
                None => Ok(Events::Joined(parts.next_element()?.ok_or_else(|| missing(1))?)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReplicaId;

    fn dots(sequences: &[u64]) -> CausalContext {
        let dot = |sequence: &u64| Dot::new(ReplicaId::new(1), *sequence);
        sequences.iter().filter_map(dot).collect()
    }

    #[test]
    fn several_of_one_writer_are_not_seen_by_who_has_seen_the_last() {
        let name = Dot::new(ReplicaId::new(1), 4).unwrap();
        let one = Events::One(NonZeroU64::new(3).unwrap());
        let joined = Events::Joined(dots(&[2, 4]));
        for (seen, held) in
            [(&[4][..], [false, false]), (&[2, 4], [false, true]), (&[2, 3, 4], [true, true])]
        {
            assert_eq!([&one, &joined].map(|events| events.are_in(&dots(seen), name)), held);
        }
        assert_eq!(one.dots(name), Some(dots(&[2, 3, 4])));
        assert_eq!(Events::One(NonZeroU64::new(5).unwrap()).dots(name), None);
        assert_eq!(Events::Joined(dots(&[1])).dots(name), None, "the name is none of them");
    }
}
