//! How do I share settings that several operators change at once?
//!
//! Feature flags for a fleet: which features are on, and how many of a hundred
//! users get each stage of the rollout. Five servers on a network that loses a
//! third of the messages and is cut in two; operators on both sides change flags.
//! A switch and its rollout are changed in one transaction, so that no server
//! ever runs one without the other.
//!
//! ```text
//! $ cargo run --example feature_flags
//! before: search, tips; rollout 10%
//! cut in two: server 0 retires tips, server 4 turns them on again, both change the rollout
//!   server 1: search; rollout 50%
//!   server 3: search, tips; rollout 25%
//! healed, all 5 equal: search, tips; rollout 25% or 50%, so 25% is run
//! settled by server 2, all 5 equal: search, tips; rollout 50%
//! ```

use std::error::Error;

use gossiper::StateOf;
use gossiper::prelude::*;
use gossiper::sim::{NetworkConditions, Ratio, ReplicaCluster};

/// What operators change. Turning a feature on wins over turning it off at the
/// same time, which is what this fleet wants: nobody's release is lost.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Flags {
    on: OrSet<String>,
    rollout: Rollout,
}

/// Concurrent rollouts are both shown, and servers run the careful one.
#[derive(Replicated, Default, Clone, Debug, PartialEq)]
struct Rollout {
    percent: MvRegister<u8>,
}

impl Rollout {
    fn percent(&self) -> u8 {
        self.percent.values().copied().min().unwrap_or(0)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let network = NetworkConditions::perfect().with_loss(Ratio::percent(33));
    let mut fleet = ReplicaCluster::<Flags>::builder(5).network(network).seed(3).build()?;

    fleet.transact(0, |tx| {
        tx.on().insert("search".into());
        tx.on().insert("tips".into());
        tx.rollout().percent().write(10);
        Ok(())
    })?;
    fleet.run_until_converged(200);
    println!("before: {}", show(fleet.state(4)?));

    println!(
        "cut in two: server 0 retires tips, server 4 turns them on again, both change the rollout"
    );
    fleet.partition(&[&[0, 1], &[2, 3, 4]])?;
    fleet.transact(0, |tx| {
        tx.on().remove("tips");
        tx.rollout().percent().write(50);
        Ok(())
    })?;
    fleet.transact(4, |tx| {
        tx.on().insert("tips".into());
        tx.rollout().percent().write(25);
        Ok(())
    })?;
    fleet.run(40);
    for server in [1, 3] {
        println!("  server {server}: {}", show(fleet.state(server)?));
    }

    fleet.heal();
    fleet.run_until_converged(200);
    let flags = fleet.state(1)?;
    let careful = flags.rollout.percent();
    println!(
        "healed, all {} equal: {}, so {careful}% is run",
        fleet.running().count(),
        show(flags)
    );

    fleet.transact(2, |tx| {
        tx.rollout().percent().write(50);
        Ok(())
    })?;
    fleet.run_until_converged(200);
    println!(
        "settled by server 2, all {} equal: {}",
        fleet.running().count(),
        show(fleet.state(0)?)
    );
    assert!(fleet.all_equal());
    Ok(())
}

fn show(flags: &StateOf<Flags>) -> String {
    let mut on: Vec<_> = flags.on.iter().map(String::as_str).collect();
    on.sort_unstable();
    let mut rollout: Vec<_> = flags.rollout.percent.values().collect();
    rollout.sort_unstable();
    let rollout: Vec<_> = rollout.iter().map(|percent| format!("{percent}%")).collect();
    format!("{}; rollout {}", on.join(", "), rollout.join(" or "))
}
