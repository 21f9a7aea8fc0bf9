use gossiper::prelude::*;

#[derive(Replicated, Default)]
struct Shop {
    tags: OrSet<String>,
    visits: u64,
}

#[derive(Replicated, Default)]
struct Picture(Vec<u8>);

fn main() {}
