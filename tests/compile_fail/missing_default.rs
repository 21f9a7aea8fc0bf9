use gossiper::prelude::*;

#[derive(Replicated)]
struct Shop {
    tags: OrSet<String>,
}

fn main() {}
