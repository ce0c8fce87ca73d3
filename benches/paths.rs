//! `cargo bench`: time and allocations of each path.

use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = scimux_benches::names())]
fn path(bencher: Bencher<'_, '_>, name: &str) {
    let run = scimux_benches::case(name).expect("a name from the list");
    bencher.bench_local(run);
}
