use std::marker::PhantomData;

use gossiper::prelude::*;

#[derive(Replicated, Default)]
struct Shop {
    tags: OrSet<String>,
    #[replicated(skip)]
    cache: Vec<String>,
    #[replicated(skip)]
    nothing_to_differ_in: PhantomData<u8>,
}

fn main() {}
