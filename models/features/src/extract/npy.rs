//! NumPy's `.npy` format 1.0 for tables of `f32`. Writes only.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// Rows of `width` numbers, row by row.
pub(crate) fn write(path: &Path, width: usize, numbers: &[f32]) -> Result<()> {
    let rows = numbers.len() / width.max(1);
    let mut head =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    // Magic, version and length take 10 bytes; the whole head is a multiple of 64 and ends in a line feed.
    while (head.len() + 11) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let length = u16::try_from(head.len()).context("the head of the array is too long")?;
    let file =
        File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut file = BufWriter::new(file);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(head.as_bytes())?;
    for number in numbers {
        file.write_all(&number.to_le_bytes())?;
    }
    file.flush().with_context(|| format!("{} cannot be written", path.display()))
}
