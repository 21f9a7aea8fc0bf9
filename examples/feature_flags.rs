//! How do I share flags that several operators change at once?
//!
//! Each flag has a type that says what wins where operators disagree. A feature
//! stays on: its flag is enabled where enabling and disabling meet. Payments have
//! a kill switch: their flag is disabled where the two meet. Five servers on a
//! network that loses a third of the messages and is cut in two; operators on both
//! sides change the flags.
//!
//! ```text
//! $ cargo run --example feature_flags
//! before: search, tips; payments enabled; rollout 10%
//! cut in two: server 0 retires tips and stops payments after a fraud,
//!   server 4 turns both on again and rolls out further
//!   server 1: search; payments disabled; rollout 5%
//!   server 3: search, tips; payments enabled; rollout 50%
//! healed, all 5 equal: search, tips; payments disabled; rollout 5% or 50%, so 5% is run
//! settled by server 2, all equal: search, tips; payments enabled; rollout 25%
//! ```

use std::error::Error;

use gossiper::StateOf;
use gossiper::prelude::*;
use gossiper::sim::{NetworkConditions, Ratio, ReplicaCluster};

/// What operators change.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Flags {
    /// Nobody's release is lost: enabling wins. A feature that is off is the same
    /// as none, so retired features leave nothing behind.
    features: OrMap<String, EnableWinsFlag>,
    /// Who has seen fraud must not be overruled by who has not: disabling wins.
    payments: DisableWinsFlag,
    /// Percentages written at once are all shown, and servers run the least.
    rollout: MvRegister<u8>,
}

impl Flags {
    fn percent(&self) -> u8 {
        self.rollout.values().copied().min().unwrap_or(0)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let network = NetworkConditions::perfect().with_loss(Ratio::percent(33));
    let mut fleet = ReplicaCluster::<Flags>::builder(5).network(network).seed(3).build()?;

    // Several flags in one transaction: no server ever runs one without the other.
    fleet.transact(0, |tx| {
        tx.features().entry("search".into()).enable();
        tx.features().entry("tips".into()).enable();
        tx.payments().enable();
        tx.rollout().write(10);
        Ok(())
    })?;
    fleet.run_until_converged(200);
    println!("before: {}", show(fleet.state(4)?));

    println!("cut in two: server 0 retires tips and stops payments after a fraud,");
    println!("  server 4 turns both on again and rolls out further");
    fleet.partition(&[&[0, 1], &[2, 3, 4]])?;
    fleet.transact(0, |tx| {
        tx.features().remove("tips");
        tx.payments().disable();
        tx.rollout().write(5);
        Ok(())
    })?;
    fleet.transact(4, |tx| {
        tx.features().entry("tips".into()).enable();
        tx.payments().enable();
        tx.rollout().write(50);
        Ok(())
    })?;
    fleet.run(40);
    for server in [1, 3] {
        println!("  server {server}: {}", show(fleet.state(server)?));
    }

    fleet.heal();
    fleet.run_until_converged(200);
    assert!(fleet.all_equal());
    println!("healed, all {} equal: {}", fleet.running().count(), show(fleet.state(2)?));

    // Who has seen that payments were stopped may start them again.
    fleet.transact(2, |tx| {
        tx.payments().enable();
        tx.rollout().write(25);
        Ok(())
    })?;
    fleet.run_until_converged(200);
    assert!(fleet.all_equal());
    println!("settled by server 2, all equal: {}", show(fleet.state(0)?));
    Ok(())
}

fn show(flags: &StateOf<Flags>) -> String {
    let on: Vec<_> = flags.features.keys().map(String::as_str).collect();
    let mut rollout: Vec<_> = flags.rollout.values().map(|percent| format!("{percent}%")).collect();
    rollout.sort_unstable();
    let rollout = match rollout.as_slice() {
        [one] => one.clone(),
        several => format!("{}, so {}% is run", several.join(" or "), flags.percent()),
    };
    format!("{}; payments {:?}; rollout {rollout}", on.join(", "), flags.payments)
}
