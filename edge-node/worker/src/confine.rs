//! What a worker may take, set by the worker itself before it reads a stranger's byte: it cannot be undone afterwards.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

const PAGE_BYTES: u64 = 4_096;

/// What the process holds, as Linux counts it (proc(5), `statm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub resident_bytes: u64,
    /// Private memory that may be written, touched or not, and stacks.
    pub writable_bytes: u64,
}

/// # Errors
/// What the system says.
pub fn memory() -> io::Result<Memory> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: Vec<u64> =
        text.split_ascii_whitespace().map(|word| word.parse().unwrap_or(0)).collect();
    let bytes = |field: usize| pages.get(field).copied().unwrap_or(0) * PAGE_BYTES;
    Ok(Memory { resident_bytes: bytes(1), writable_bytes: bytes(5) })
}

/// Writable memory, so that taking too much fails at once instead of making the whole box swap: an allocation that
/// fails aborts the process. Not address space, of which an allocator may set a gigabyte aside before the first byte is
/// used (see [`crate::child`]). No dump either, which would hold what customers wrote.
///
/// # Errors
/// What the system says.
pub fn limit_memory(more_bytes: u64) -> io::Result<()> {
    set(Resource::Data, memory()?.writable_bytes.saturating_add(more_bytes))?;
    set(Resource::Core, 0)
}

/// From now on no file can be opened or grow. What is open stays so.
///
/// # Errors
/// What the system says.
pub fn close_files() -> io::Result<()> {
    set(Resource::Fsize, 0)?;
    set(Resource::Nofile, 0)
}

fn set(resource: Resource, limit: u64) -> io::Result<()> {
    setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    Ok(())
}
