use gossiper::prelude::*;

#[derive(Replicated, Default)]
struct Shop<'a> {
    tags: OrSet<&'a str>,
}

fn main() {}
