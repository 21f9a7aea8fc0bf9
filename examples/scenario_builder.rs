//! Does a cluster get over a bad day, and is it luck?
//!
//! A scenario is a cluster and a plan: what happens to it in which round. It
//! runs from many seeds, so that one lucky run proves nothing, and a run that
//! fails can be replayed from its seed. Here the same bad day comes to replicas
//! that ask each other every 10 rounds, and to some that ask every 3.
//!
//! ```text
//! $ cargo run -p gossiper-sim --example scenario_builder
//! scenario              reached  rounds  at most  messages   lost  bytes
//! asks every 10 rounds  100/100    22.5       45     233.5  137.6      -
//! asks every 3 rounds   100/100    21.5       30     298.3  167.6      -
//!
//! seed 11 again, node-4:
//!    6  node-4 writes r745fde463e9c699c#1
//!    8  node-4 crashes
//!   20  node-4 restarts with its durable state
//!   21  node-4 of node-2: states are equal, and so is what was seen
//!   21  node-4 of node-3: the log has what is lacking there
//! ```

use gossiper_core::{Replica, ReplicaConfig};
use gossiper_crdts::GCounter;
use gossiper_sim::{
    Comparison, NetworkConditions, Ratio, ReplicaCluster, Restart, Scenario, WriteError,
};

type Visits = ReplicaCluster<GCounter>;

fn visit(
    cluster: &mut Visits,
    node: usize,
) -> Result<(), WriteError<gossiper_crdts::CounterOverflow>> {
    cluster.update(node, |visits, ctx| visits.increment(ctx.replica(), 1)).map(drop)
}

fn bad_day(name: &str, config: ReplicaConfig) -> Scenario<Replica<GCounter>> {
    let network = NetworkConditions::perfect().with_loss(Ratio::percent(10));
    Scenario::new(name, Visits::builder(6).network(network).config(config))
        .at(0, |cluster| visit(cluster, 0))
        .at(5, |cluster| cluster.partition(&[&[0, 1, 2], &[3, 4, 5]]))
        .at(6, |cluster| visit(cluster, 1))
        .at(6, |cluster| visit(cluster, 4))
        .at(8, |cluster| cluster.crash(4))
        .at(20, |cluster| {
            cluster.heal();
            cluster.restart(4, Restart::Durable)
        })
        .until_converged(100)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = ReplicaConfig::for_cluster(6);
    let eager = config.clone().with_anti_entropy_interval(3)?;

    let calm = bad_day("asks every 10 rounds", config);
    let mut comparison = Comparison::new();
    comparison.add(calm.run_seeds(0..100)?);
    comparison.add(bad_day("asks every 3 rounds", eager).run_seeds(0..100)?);
    print!("{comparison}");

    let replay = calm.replay(11)?;
    let trace = replay.trace().ok_or("a replay has a trace")?.to_string();
    let events = trace.lines().filter(|line| line.contains("node-4 ") && !line.contains(" to "));
    println!("\nseed 11 again, node-4:\n{}", events.collect::<Vec<_>>().join("\n"));
    Ok(())
}
