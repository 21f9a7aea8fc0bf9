//! How it should feel: a struct, one transaction, and a peer that has it.

use std::error::Error;

use gossiper::prelude::*;

#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Shop {
    visits: GCounter,
    tags: OrSet<String>,
    stock: OrMap<String, PnCounter>,
}

fn shop(peer: &str, rng: &mut DeterministicRng) -> Replica<Shop> {
    let mut shop = Replica::<Shop>::new(ReplicaId::random(rng), ReplicaConfig::default());
    shop.set_peers([NodeId::from(peer)]);
    shop
}

/// What `from` has to tell, to `to`; how many messages that was.
fn tell(from: &mut Replica<Shop>, to: &mut Replica<Shop>, rng: &mut DeterministicRng) -> usize {
    let effects = from.tick(rng, Round::ZERO, PhysicalTime::EPOCH);
    let messages = effects.into_iter().filter_map(|effect| match effect {
        Effect::Send { message, .. } => Some(message),
        Effect::Emit(_) => None,
    });
    messages.map(|message| drop(to.receive(rng, &"berlin".into(), message))).count()
}

#[test]
fn a_struct_is_changed_in_one_transaction_and_a_peer_gets_it_whole() -> Result<(), Box<dyn Error>> {
    let mut rng = DeterministicRng::new(1);
    let mut shop = shop("paris", &mut rng);
    shop.transact(|tx| {
        tx.visits().add(1)?;
        tx.tags().insert("organic".into());
        tx.stock().entry("apple".into()).add(12)?;
        Ok(())
    })?;
    assert_eq!(shop.state().stock.get("apple").map(PnCounter::value), Some(12));

    let mut peer = self::shop("berlin", &mut rng);
    assert_eq!(tell(&mut shop, &mut peer, &mut rng), 1, "one rumor in one message");
    assert_eq!(peer.state().visits.value(), 1);
    assert!(peer.state().tags.contains("organic"));
    assert_eq!(peer.state(), shop.state());
    Ok(())
}

#[test]
fn an_error_changes_nothing_and_is_not_told() -> Result<(), Box<dyn Error>> {
    let mut rng = DeterministicRng::new(1);
    let (mut shop, mut peer) = (shop("paris", &mut rng), shop("berlin", &mut rng));
    let before = shop.state().clone();
    let refused = shop.transact(|tx| {
        tx.stock().entry("apple".into()).add(12)?;
        tx.tags().insert("organic".into());
        let wanted: u64 = "many".parse()?;
        tx.visits().add(wanted)?;
        Ok(())
    });
    assert!(refused.is_err());
    assert_eq!(shop.state(), &before);
    assert_eq!(tell(&mut shop, &mut peer, &mut rng), 0);
    Ok(())
}

/// Every type by its bare name, as a field and by its recorder.
#[test]
fn the_prelude_has_every_type() -> Result<(), Box<dyn Error>> {
    #[derive(Replicated, Default, Clone, Debug, PartialEq)]
    struct All {
        g_counter: GCounter,
        pn_counter: PnCounter,
        g_set: GSet<u8>,
        or_set: OrSet<u8>,
        rw_set: RwSet<u8>,
        two_phase_set: TwoPhaseSet<u8>,
        lww_register: LwwRegister<u8>,
        mv_register: MvRegister<u8>,
        enable_wins: EnableWinsFlag,
        disable_wins: DisableWinsFlag,
        max: Max<u8>,
        min: Min<u8>,
        g_map: GMap<u8, GCounter>,
        lww_map: LwwMap<u8, u8>,
        or_map: OrMap<u8, OrMap<u8, OrSet<u8>>>,
        versioned_kv: VersionedKv<u8, u8>,
    }
    fn some(tx: &mut AllRecorder<'_>) -> Result<(), Abort> {
        tx.g_counter().add(1)?;
        tx.pn_counter().add(-1)?;
        tx.g_set().insert(1);
        tx.or_set().insert(1);
        tx.rw_set().insert(1);
        tx.two_phase_set().insert(1);
        tx.lww_register().set(1);
        tx.mv_register().write(1);
        tx.enable_wins().enable();
        tx.disable_wins().enable();
        tx.max().raise(1);
        tx.min().lower(1);
        tx.g_map().entry(1).add(1)?;
        tx.lww_map().set(1, 1);
        tx.or_map().entry(1).entry(2).insert(3);
        tx.versioned_kv().put(1, 1);
        Ok(())
    }
    let mut replica = Replica::<All>::new(ReplicaId::new(1), ReplicaConfig::default());
    let (_, event) = replica.transact(some)?;
    assert!(event.is_some());
    let all = replica.state();
    assert!(all.or_map.get(&1).and_then(|inner| inner.get(&2)).is_some_and(|set| set.contains(&3)));
    assert_eq!(all.pn_counter.value(), -1);
    assert_eq!(all.g_map.get(&1).map(GCounter::value), Some(1));
    Ok(())
}
