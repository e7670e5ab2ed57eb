//! A console password: read from a file, or drawn and shown once.

use std::path::Path;

use anyhow::Context as _;
use web_rim::secret::Password;
use web_rim::token::random;

/// Letters and digits that are not mistaken for each other: five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Eighty bits.
const CHARS: usize = 16;
const GROUP: usize = 4;

/// The first line of a file.
pub(super) fn read(path: &Path, name: &str) -> anyhow::Result<Password> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("reading the password in {}", path.display()))?;
    let first = text.lines().next().unwrap_or_default();
    Password::parse(first, name)
        .with_context(|| format!("the password in {} cannot be used", path.display()))
}

/// One that nobody chose, such as `k7mq-x2hp-9bdn-w4ts`.
pub(super) fn draw(name: &str) -> anyhow::Result<Password> {
    loop {
        let bytes = random::<CHARS>().context("drawing a password")?;
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        let letters: Vec<char> = bytes.iter().map(letter).collect();
        let groups: Vec<String> =
            letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
        // One in a thousand million is too uniform, or holds a short name.
        if let Ok(password) = Password::parse(&groups.join("-"), name) {
            return Ok(password);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_password_is_long_and_new() {
        let (one, two) = (draw("amina").unwrap(), draw("amina").unwrap());
        assert_eq!(one.reveal().len(), 19);
        assert_ne!(one.reveal(), two.reveal());
    }
}
