//! What exactly happened in a run?
//!
//! Three replicas of a set run for a fixed number of rounds, on a network that
//! sometimes loses, repeats and delays messages. The trace lists all that
//! happened, and the same seed gives the same trace again.
//!
//! ```text
//! $ cargo run -p gossiper-sim --example fixed_run
//! 2 rounds, 8 messages (2.7 a node), 1 lost, 3 delayed
//!    0  node-0 writes r549fbcee43fe3b51#1
//!    0  #1 node-0 to node-1: rumors r549fbcee43fe3b51#1
//!    0  #2 node-0 to node-2: rumors r549fbcee43fe3b51#1
//!    0  #1 arrives at node-1
//!    0  #3 node-1 to node-0: acknowledged batch 1
//!    0  #3 lost: dropped on the way
//!    0  #2 arrives at node-2
//!    0  #4 node-2 to node-0: acknowledged batch 2
//!    0  #4 arrives at node-0
//!    1  #5 node-0 to node-1: rumors r549fbcee43fe3b51#1
//!    1  #5 delayed until 2
//!    1  #6 node-1 to node-2: rumors r549fbcee43fe3b51#1
//!    1  #6 delayed until 2
//!    1  #7 node-2 to node-1: rumors r549fbcee43fe3b51#1
//!    1  #7 arrives at node-1
//!    1  #8 node-1 to node-2: acknowledged batch 1
//!    1  #8 delayed until 2
//! the same again: true
//! ```

use std::convert::Infallible;

use gossiper_crdts::GSet;
use gossiper_sim::{BuildError, NetworkConditions, Ratio, ReplicaCluster};

fn cluster() -> Result<ReplicaCluster<GSet<&'static str>>, BuildError> {
    let network = NetworkConditions::perfect()
        .with_loss(Ratio::percent(15))
        .with_duplication(Ratio::percent(10))
        .with_delay(0..=1);
    ReplicaCluster::builder(3).network(network).seed(5).trace(true).build()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut first = cluster()?;
    first.update(0, |set, _| Ok::<_, Infallible>(set.insert("tea")))?;
    let report = first.run(2);
    println!("{report}");
    let trace = first.trace().expect("tracing is on");
    print!("{trace}");

    let mut again = cluster()?;
    again.update(0, |set, _| Ok::<_, Infallible>(set.insert("tea")))?;
    again.run(2);
    println!("the same again: {}", again.trace() == Some(trace));
    Ok(())
}
