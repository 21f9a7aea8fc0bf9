use gossiper::prelude::*;

#[derive(Replicated)]
enum Status {
    Open(OrSet<String>),
    Closed,
}

fn main() {}
