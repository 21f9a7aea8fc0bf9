use gossiper::prelude::*;

#[derive(Replicated)]
union Word {
    whole: u64,
    half: u32,
}

fn main() {}
