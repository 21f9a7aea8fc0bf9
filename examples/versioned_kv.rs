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
//! a put beats a delete:       {"theme": "green" @3 by r2}
//! a conditional put too late: expected version 3 by r2#2, found version 4 by r2#3
//! deleted everywhere:         {}
//! ```

use gossiper_core::causal::{Abort, Causal};
use gossiper_core::{ReplicaId, Replicated, UpdateContext};
use gossiper_crdts::{Expected, VersionedKv};

type Settings = VersionedKv<&'static str, &'static str>;

/// A device with its settings. A `Replica` is all of this and more; here the
/// exchange is made by hand.
struct Device {
    ctx: UpdateContext,
    settings: Causal<Settings>,
}

impl Device {
    fn new(id: u64) -> Self {
        Self { ctx: UpdateContext::of(ReplicaId::new(id)), settings: Causal::default() }
    }

    fn put(&mut self, key: &'static str, value: &'static str) -> Result<(), Abort> {
        self.settings.transact(&mut self.ctx, |settings| {
            settings.put(key, value);
            Ok(())
        })?;
        Ok(())
    }

    fn delete(&mut self, key: &'static str) -> Result<(), Abort> {
        self.settings.transact(&mut self.ctx, |settings| {
            settings.delete(key);
            Ok(())
        })?;
        Ok(())
    }
}

/// Both hear what the other has to say.
fn sync(a: &mut Device, b: &mut Device) {
    let for_a = b.settings.delta(&a.settings.digest());
    let for_b = a.settings.delta(&b.settings.digest());
    for_a.map(|delta| a.settings.merge(delta));
    for_b.map(|delta| b.settings.merge(delta));
    assert_eq!(a.settings, b.settings);
}

/// What a device shows.
fn show(device: &Device) -> &Settings {
    &device.settings
}

fn main() -> Result<(), Abort> {
    let (mut desk, mut phone) = (Device::new(1), Device::new(2));

    desk.put("theme", "dark")?;
    sync(&mut desk, &mut phone);
    println!("the phone hears of it:      {:?}", show(&phone));

    // Offline, both write the same key.
    desk.put("theme", "light")?;
    phone.put("theme", "blue")?;
    sync(&mut desk, &mut phone);
    println!("concurrent puts, one wins:  {:?}", show(&desk));

    // Offline, one deletes what the other writes anew.
    desk.delete("theme")?;
    phone.put("theme", "green")?;
    sync(&mut desk, &mut phone);
    println!("a put beats a delete:       {:?}", show(&desk));

    // A put on condition that nobody has written since.
    let observed = Expected::from(desk.settings.entry("theme"));
    phone.put("theme", "grey")?;
    sync(&mut desk, &mut phone);
    let late = desk.settings.transact(&mut desk.ctx, |settings| {
        settings.put_if("theme", "red", observed)?;
        Ok(())
    });
    println!("a conditional put too late: {}", late.expect_err("the phone wrote first"));

    desk.delete("theme")?;
    sync(&mut desk, &mut phone);
    println!("deleted everywhere:         {:?}", show(&phone));
    Ok(())
}
