//! Frames over a pipe: a length of four bytes, little-endian, and so many bytes. Bounded on both sides.

use std::io::{self, Read, Write};

/// # Errors
/// [`io::ErrorKind::InvalidInput`] for a frame above `frame_bytes_max`; what the pipe says.
pub fn write(pipe: &mut impl Write, frame: &[u8], frame_bytes_max: usize) -> io::Result<()> {
    let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= frame_bytes_max);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    pipe.write_all(&length.to_le_bytes())?;
    pipe.write_all(frame)?;
    pipe.flush()
}

/// The next frame; none where the pipe ends between two. Memory grows with what arrives, not with what is announced.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a length above `frame_bytes_max`; [`io::ErrorKind::UnexpectedEof`] where the pipe
/// ends within a frame.
pub fn read(pipe: &mut impl Read, frame_bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if pipe.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    pipe.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > frame_bytes_max {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = Vec::new();
    pipe.take(length as u64).read_to_end(&mut frame)?;
    if frame.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_the_end_is_clean_only_between_them() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"one", 8).unwrap();
        write(&mut pipe, b"", 8).unwrap();
        let mut reader = &pipe[..];
        assert_eq!(read(&mut reader, 8).unwrap(), Some(b"one".to_vec()));
        assert_eq!(read(&mut reader, 8).unwrap(), Some(Vec::new()));
        assert_eq!(read(&mut reader, 8).unwrap(), None);
        for cut in 1..7 {
            let error = read(&mut &pipe[..cut], 8).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "cut at {cut}");
        }
    }

    #[test]
    fn a_length_beyond_the_limit_reserves_nothing() {
        let error = read(&mut &u32::MAX.to_le_bytes()[..], 8).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = write(&mut Vec::new(), &[0; 9], 8).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
