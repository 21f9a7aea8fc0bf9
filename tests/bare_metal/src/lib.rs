//! A replica on a machine without an operating system.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::panic::PanicInfo;

use gossiper_core::{DeterministicRng, PhysicalTime, Replica, ReplicaConfig, ReplicaId, Round};
use gossiper_crdts::GCounter;

/// Hands out one fixed piece of memory and never takes any back.
struct Arena {
    used: Cell<usize>,
}

const ARENA_BYTES: usize = 64 * 1024;
static mut MEMORY: [u8; ARENA_BYTES] = [0; ARENA_BYTES];

#[global_allocator]
static ARENA: Arena = Arena { used: Cell::new(0) };

// SAFETY: the machine has one core and no interrupts that allocate.
unsafe impl Sync for Arena {}

// SAFETY: every block is aligned, inside the arena, and handed out once.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = (&raw mut MEMORY) as usize;
        let begin = (start + self.used.get()).next_multiple_of(layout.align());
        let end = begin + layout.size();
        if end > start + ARENA_BYTES {
            return core::ptr::null_mut();
        }
        self.used.set(end - start);
        begin as *mut u8
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}
}

#[panic_handler]
fn halt(_info: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Counts one press of a button and returns the total, as the firmware's main
/// loop would.
#[unsafe(no_mangle)]
pub extern "C" fn gossiper_press(seed: u64) -> u64 {
    let mut rng = DeterministicRng::new(seed);
    let id = ReplicaId::random(&mut rng);
    let mut replica = Replica::<GCounter>::new(id, ReplicaConfig::for_cluster(2));
    replica.set_peers(["other".into()]);
    let pressed = replica.update(|presses, ctx| presses.increment(ctx.replica(), 1));
    let effects = replica.tick(&mut rng, Round::ZERO, PhysicalTime::EPOCH);
    u64::from(pressed.is_ok() && !effects.is_empty())
}
