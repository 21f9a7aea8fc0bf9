//! A serde decoder that refuses to do more work than the bytes warrant.
//!
//! *What may a few bytes make a decoder do?* Nine bytes can announce 2⁶⁰
//! elements, each of which takes no bytes; a hundred thousand equal bytes can
//! be a value a hundred thousand levels deep. So a decoder that trusts its
//! input loops for years, or overflows its stack. bincode's serde path counts
//! neither elements nor levels. Its limit on bytes is a constant of the type,
//! is not consulted for lengths of sequences, and counts integers at their full
//! width, so that it refuses honest messages; without it, a string is allocated
//! at its announced length before its bytes are known to be there, and 2⁶⁰
//! bytes abort the process.
//!
//! [`Bounded`] stands between a type and any decoder and keeps three rules:
//!
//! * All sequences and maps of a message together have at most as many elements
//!   as the message has bytes. An announced length is claimed as a whole before
//!   the first element is decoded, so that what a type reserves for its
//!   elements is in proportion to the bytes that came as well.
//! * Nothing is nested deeper than the limit.
//! * Strings and byte buffers are cut out of the input and copied, so their
//!   bytes are known to be there before memory is taken for them.
//!
//! Every other call is passed on as it is.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// What is left of what one message may cost, and why it was refused.
#[derive(Debug)]
pub(crate) struct Budget {
    elements_left: usize,
    max_depth: usize,
    refusal: Option<Refusal>,
}

/// Why a message was refused although its bytes may well be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A sequence or map announced more elements than there may still be.
    Elements { announced: usize, left: usize },
    /// Something stood deeper than this.
    Depth { max: usize },
}

impl Budget {
    /// The budget of a message of `bytes` bytes.
    pub(crate) const fn new(bytes: usize, max_depth: usize) -> Self {
        Self { elements_left: bytes, max_depth, refusal: None }
    }

    /// Why the message was refused, if it was refused here.
    pub(crate) const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    fn claim<E: Error>(&mut self, announced: Option<usize>) -> Result<(), E> {
        let left = self.elements_left;
        match announced {
            Some(announced) if announced <= left => {
                self.elements_left -= announced;
                Ok(())
            }
            Some(announced) => self.refuse(Refusal::Elements { announced, left }),
            None => Err(E::custom("the decoder does not say how many elements come")),
        }
    }

    /// Keeps the reason here, for a decoder's error type has no place for it.
    fn refuse<T, E: Error>(&mut self, reason: Refusal) -> Result<T, E> {
        self.refusal.get_or_insert(reason);
        Err(E::custom("refused"))
    }
}

/// A [`Budget`], and how many more levels may open at this place.
struct Allowance<'b> {
    budget: &'b mut Budget,
    levels_left: usize,
}

impl<'b> Allowance<'b> {
    const fn bind<T>(self, inner: T) -> Bounded<'b, T> {
        Bounded { inner, allowance: self }
    }

    /// The same allowance for one part after the other.
    const fn lend(&mut self) -> Allowance<'_> {
        Allowance { budget: self.budget, levels_left: self.levels_left }
    }
}

/// A decoder, or a part of one, that draws on a [`Budget`].
pub(crate) struct Bounded<'b, T> {
    inner: T,
    allowance: Allowance<'b>,
}

impl<'b, T> Bounded<'b, T> {
    /// Lets `inner` draw on a fresh budget.
    pub(crate) const fn new(inner: T, budget: &'b mut Budget) -> Self {
        let levels_left = budget.max_depth;
        Allowance { budget, levels_left }.bind(inner)
    }

    /// The decoder, and a visitor for what stands one level deeper.
    fn descend<V, E: Error>(
        self,
        length: Length,
        visitor: V,
    ) -> Result<(T, BoundedVisitor<'b, V>), E> {
        let Allowance { budget, levels_left } = self.allowance;
        let Some(levels_left) = levels_left.checked_sub(1) else {
            return budget.refuse(Refusal::Depth { max: budget.max_depth });
        };
        let allowance = Allowance { budget, levels_left };
        Ok((self.inner, BoundedVisitor { visitor, allowance, length }))
    }
}

/// Where the number of elements comes from.
#[derive(Clone, Copy)]
enum Length {
    /// The input announces it, so it is claimed from the budget.
    FromInput,
    /// The type has it: tuples, structs and the like. Nothing to claim.
    FromType,
}

/// A visitor that hands the allowance to what it visits.
struct BoundedVisitor<'b, V> {
    visitor: V,
    allowance: Allowance<'b>,
    length: Length,
}

impl<V> BoundedVisitor<'_, V> {
    fn claim<E: Error>(&mut self, announced: Option<usize>) -> Result<(), E> {
        match self.length {
            Length::FromInput => self.allowance.budget.claim(announced),
            Length::FromType => Ok(()),
        }
    }
}

macro_rules! pass_on {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    pass_on! {
        deserialize_any deserialize_ignored_any deserialize_identifier
        deserialize_bool deserialize_char deserialize_f32 deserialize_f64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_str deserialize_bytes deserialize_unit
    }

    // The owned forms would allocate the announced length at once.

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_bytes(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromType, visitor)?;
        decoder.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromType, visitor)?;
        decoder.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromInput, visitor)?;
        decoder.deserialize_seq(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromType, visitor)?;
        decoder.deserialize_tuple(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromType, visitor)?;
        decoder.deserialize_tuple_struct(name, len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromInput, visitor)?;
        decoder.deserialize_map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromType, visitor)?;
        decoder.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (decoder, visitor) = self.descend(Length::FromType, visitor)?;
        decoder.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for BoundedVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, decoder: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(self.allowance.bind(decoder))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, decoder: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(self.allowance.bind(decoder))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, elements: A) -> Result<V::Value, A::Error> {
        self.claim(elements.size_hint())?;
        self.visitor.visit_seq(self.allowance.bind(elements))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, entries: A) -> Result<V::Value, A::Error> {
        self.claim(entries.size_hint())?;
        self.visitor.visit_map(self.allowance.bind(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(self.allowance.bind(choice))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Bounded<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, decoder: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(self.allowance.bind(decoder))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(self.allowance.lend().bind(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(self.allowance.lend().bind(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(self.allowance.lend().bind(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'b, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Bounded<'b, A> {
    type Error = A::Error;
    type Variant = Bounded<'b, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (variant, content) = self.inner.variant_seed(self.allowance.lend().bind(seed))?;
        Ok((variant, self.allowance.bind(content)))
    }
}

/// What a variant holds stands at the level that its enum opened.
impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(self.allowance.bind(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let Bounded { inner, allowance } = self;
        inner.tuple_variant(len, BoundedVisitor { visitor, allowance, length: Length::FromType })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let Bounded { inner, allowance } = self;
        inner
            .struct_variant(fields, BoundedVisitor { visitor, allowance, length: Length::FromType })
    }
}
