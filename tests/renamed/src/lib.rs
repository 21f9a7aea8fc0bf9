//! Derived code finds gossiper under another name, by a path through a module,
//! and in crates without std.
#![no_std]

use core::marker::PhantomData;

use replication::prelude::*;

/// A price in a currency.
#[derive(Replicated, Default)]
#[replicated(crate = "replication")]
pub struct Price<Currency> {
    /// In the smallest unit, as it was last said.
    pub amount: MvRegister<u64>,
    currency: PhantomData<Currency>,
}

/// Where the application keeps what it depends on.
mod outside {
    pub(crate) use replication as replicated_state;
}

/// Words that the code that is made must not take for its own.
#[derive(Replicated, Default)]
#[replicated(crate = "crate::outside::replicated_state")]
pub struct Words {
    fragment: OrSet<u8>,
    known: OrSet<u8>,
    whole: OrSet<u8>,
    runs: OrSet<u8>,
    into: OrSet<u8>,
    part: OrSet<u8>,
}

/// Names of the standard library mean something else here.
mod shadowed {
    #![allow(dead_code)]

    use super::outside::replicated_state;

    struct Option;
    struct Vec;
    struct Some;
    trait From {}
    trait Default {}

    #[derive(replicated_state::prelude::Replicated, ::core::default::Default)]
    #[replicated(crate = "replicated_state")]
    struct Plainly(replicated_state::crdts::OrSet<u8>);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_work_under_another_name() {
        #[derive(Default)]
        struct Euro;

        let config = ReplicaConfig::default();
        let mut price = Replica::<Price<Euro>>::new(ReplicaId::new(1), config.clone());
        let written = price.transact(|tx| {
            tx.amount().write(100);
            Ok(())
        });
        assert!(written.is_ok());
        assert!(price.state().amount.values().eq(&[100]));

        let mut words = Replica::<Words>::new(ReplicaId::new(1), config);
        let inserted = words.transact(|tx| {
            tx.fragment().insert(1);
            tx.known().insert(2);
            tx.whole().insert(3);
            tx.runs().insert(4);
            tx.into().insert(5);
            tx.part().insert(6);
            Ok(())
        });
        assert!(inserted.is_ok());
        assert!(words.state().into.contains(&5) && words.state().part.contains(&6));
    }
}
