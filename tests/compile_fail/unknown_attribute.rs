use gossiper::prelude::*;

#[derive(Replicated, Default)]
#[replicated(rename = "shop")]
struct Shop {
    tags: OrSet<String>,
}

#[derive(Replicated, Default)]
struct Labels {
    #[replicated(flatten)]
    tags: OrSet<String>,
}

fn main() {}
