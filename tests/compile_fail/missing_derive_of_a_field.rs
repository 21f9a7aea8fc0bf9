use gossiper::prelude::*;

#[derive(Default)]
struct Address {
    city: MvRegister<String>,
}

#[derive(Replicated, Default)]
struct Shop {
    tags: OrSet<String>,
    address: Address,
}

fn main() {}
