//! What do loss, repetition, delay and reordering cost?
//!
//! Eight replicas of a set, each of which adds an element, on networks that get
//! worse from line to line; each line is the average of a hundred seeds.
//!
//! ```text
//! $ cargo run -p gossiper-sim --example network_conditions
//! scenario            reached  rounds  at most  messages   lost  bytes
//! perfect             100/100     2.9        4     141.8    0.0      -
//! 20 % lost           100/100     3.4        5     144.9   28.9      -
//! 60 % lost           100/100     6.2       11     204.1  122.9      -
//! 80 % lost           100/100    13.0       31     370.4  297.2      -
//! 20 % twice          100/100     2.9        4     155.9    0.0      -
//! 1 to 3 rounds late  100/100     6.5        8     278.4    0.0      -
//! half reordered      100/100     2.9        4     141.5    0.0      -
//! all at once         100/100     8.2       11     310.8  147.1      -
//! ```

use std::convert::Infallible;

use gossiper_crdts::GSet;
use gossiper_sim::{
    Comparison, NetworkConditions, Ratio, ReplicaCluster, Scenario, ScenarioError, ScenarioReport,
};

const REPLICAS: usize = 8;

fn run(name: &str, network: NetworkConditions) -> Result<ScenarioReport, ScenarioError> {
    let cluster = ReplicaCluster::<GSet<usize>>::builder(REPLICAS).network(network);
    let mut scenario = Scenario::new(name, cluster).until_converged(1_000);
    for node in 0..REPLICAS {
        scenario = scenario.at(0, move |cluster| {
            cluster.update(node, |set, _| Ok::<_, Infallible>(set.insert(node))).map(drop)
        });
    }
    scenario.run_seeds(0..100)
}

fn main() -> Result<(), ScenarioError> {
    let perfect = NetworkConditions::perfect;
    let lossy = |percent| perfect().with_loss(Ratio::percent(percent));
    let rough = lossy(40)
        .with_duplication(Ratio::percent(20))
        .with_delay(0..=5)
        .with_reordering(Ratio::percent(50));
    let table: Comparison = [
        run("perfect", perfect())?,
        run("20 % lost", lossy(20))?,
        run("60 % lost", lossy(60))?,
        run("80 % lost", lossy(80))?,
        run("20 % twice", perfect().with_duplication(Ratio::percent(20)))?,
        run("1 to 3 rounds late", perfect().with_delay(1..=3))?,
        run("half reordered", perfect().with_reordering(Ratio::percent(50)))?,
        run("all at once", rough)?,
    ]
    .into_iter()
    .collect();
    print!("{table}");
    Ok(())
}
