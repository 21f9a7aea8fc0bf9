//! What happens when two replicas write the same key?
//!
//! A put replaces what it has seen. Puts that have not seen each other are
//! concurrent: the higher version wins, and between equal versions the higher
//! writer. A put beats a concurrent delete.
//!
//! ```text
//! $ cargo run -p gossiper-core --example versioned_kv
//! the phone hears of it:      {"theme": "dark" @1 by r1}
//! concurrent puts, one wins:  {"theme": "blue" @2 by r2 | "light" @2 by r1}
//! a put beats a delete:       {"theme": "green" @3 by r2 | dead @2 by r1}
//! a conditional put too late: expected version 3 by r2, found version 4 by r2
//! deleted everywhere:         {"theme": dead @4 by r2 | dead @2 by r1}
//! ```

use gossiper_core::{Dot, ReplicaId, Replicated};
use gossiper_crdts::{Expected, VersionedKv};

type Settings = VersionedKv<&'static str, &'static str>;

/// Both hear what the other has to say.
fn sync(a: &mut Settings, b: &mut Settings) {
    let (for_a, for_b) = (b.delta(&a.digest()), a.delta(&b.digest()));
    for_a.map(|delta| a.merge(delta));
    for_b.map(|delta| b.merge(delta));
    assert_eq!(a, b);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Every put spends a fresh dot of its writer. A `Replica` hands them out;
    // here they are counted by hand.
    let dot = |writer, n| Dot::new(ReplicaId::new(writer), n).ok_or("dots start at 1");
    let (mut desk, mut phone) = (Settings::default(), Settings::default());

    desk.merge(desk.put(dot(1, 1)?, "theme", "dark")?);
    sync(&mut desk, &mut phone);
    println!("the phone hears of it:      {phone:?}");

    // Offline, both write the same key.
    desk.merge(desk.put(dot(1, 2)?, "theme", "light")?);
    phone.merge(phone.put(dot(2, 1)?, "theme", "blue")?);
    sync(&mut desk, &mut phone);
    println!("concurrent puts, one wins:  {desk:?}");

    // Offline, one deletes what the other writes anew.
    desk.merge(desk.delete("theme"));
    phone.merge(phone.put(dot(2, 2)?, "theme", "green")?);
    sync(&mut desk, &mut phone);
    println!("a put beats a delete:       {desk:?}");

    // A put on condition that nobody has written since.
    let observed = Expected::from(desk.entry("theme"));
    phone.merge(phone.put(dot(2, 3)?, "theme", "grey")?);
    sync(&mut desk, &mut phone);
    let late = desk.put_if(dot(1, 3)?, "theme", "red", observed);
    println!("a conditional put too late: {}", late.expect_err("the phone wrote first"));

    desk.merge(desk.delete("theme"));
    sync(&mut desk, &mut phone);
    println!("deleted everywhere:         {phone:?}");
    Ok(())
}
