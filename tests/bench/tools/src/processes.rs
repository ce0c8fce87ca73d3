//! What processes have used.

use std::time::Duration;

/// The time that all threads of these processes have been on a processor.
///
/// # Panics
/// One of them has ended, or the kernel does not say.
pub fn on_processor(processes: &[u32]) -> Duration {
    let threads = processes.iter().flat_map(|process| {
        std::fs::read_dir(format!("/proc/{process}/task"))
            .expect("the process runs")
            .map(|entry| entry.expect("a thread"))
    });
    let nanoseconds = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
    });
    Duration::from_nanos(nanoseconds.sum())
}
