//! The bench's clock: processor time of this process, so that a busy machine costs no solver anything.

use rustix::time::{ClockId, clock_gettime};

/// Processor seconds this process has used, all threads together.
pub(crate) fn used_s() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

/// The most memory this process ever held, in megabytes; 0 where the kernel does not say.
pub(crate) fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) * 1024.0 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_counted() {
        let before_s = used_s();
        let sum: u64 = (0..3_000_000_u64).fold(0, |sum, next| sum ^ next.wrapping_mul(sum | 1));
        assert!(std::hint::black_box(sum) != 1 && used_s() > before_s);
        assert!(memory_mb() > 1.0);
    }
}
