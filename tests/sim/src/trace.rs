//! What happened, as a number: two runs of a seed must come to the same. FNV-1a, 64 bits; tells runs
//! apart, proves nothing against forgery.

use std::fmt::{Arguments, Write};

/// The number so far, and the last lines when they are wanted.
pub struct Trace {
    hash: u64,
    lines: u64,
    told: bool,
    text: String,
}

impl Trace {
    /// `told`: every line goes to standard error too.
    #[must_use]
    pub const fn new(told: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: 0, told, text: String::new() }
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.hash = (self.hash ^ word).wrapping_mul(0x0100_0000_01b3);
        }
        for byte in chunks.remainder() {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// One thing that happened at `now_ms` of virtual time.
    pub fn line(&mut self, now_ms: u64, what: Arguments<'_>) {
        self.text.clear();
        let _ = write!(self.text, "{now_ms} {what}");
        let text = std::mem::take(&mut self.text);
        self.bytes(text.as_bytes());
        if self.told {
            tell(&text);
        }
        self.text = text;
        self.lines += 1;
    }

    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }
}

#[expect(clippy::print_stderr, reason = "asked for, to see what a seed does")]
fn tell(text: &str) {
    eprintln!("{text}");
}
