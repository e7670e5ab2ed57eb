//! Which PINs and passwords are accepted when they are set. Pure.
//!
//! At sign-in nothing is judged here: a wrong secret is wrong, however it looks.

use std::fmt;

/// 4 to 8 digits that a bystander would not try first.
#[derive(Clone)]
pub struct Pin(String);

/// A passphrase of 12 characters or more.
#[derive(Clone)]
pub struct Password(String);

const PIN_DIGITS_MIN: usize = 4;
const PIN_DIGITS_MAX: usize = 8;
const PASSWORD_CHARS_MIN: usize = 12;
/// Longer ones would only cost time to hash.
const PASSWORD_BYTES_MAX: usize = 1024;
const PASSWORD_DISTINCT_MIN: usize = 5;

impl Pin {
    /// # Errors
    /// Which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, SecretRefused> {
        let digits: Vec<u8> = text.bytes().map(|b| b.wrapping_sub(b'0')).collect();
        if digits.iter().any(|d| *d > 9)
            || !(PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&digits.len())
        {
            return Err(SecretRefused::NotAPin);
        }
        if is_run(&digits) || is_repetition(&digits) {
            return Err(SecretRefused::TrivialPin);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// 1234, 9876, 7890: each digit one more, or one less, than the one before; 9 and 0 are neighbours.
fn is_run(digits: &[u8]) -> bool {
    let steps = |step: u8| digits.windows(2).all(|pair| (pair[0] + step) % 10 == pair[1]);
    steps(1) || steps(9)
}

/// 0000, 1212, 123123: one block again and again.
fn is_repetition(digits: &[u8]) -> bool {
    (1..=digits.len() / 2)
        .filter(|length| digits.len().is_multiple_of(*length))
        .any(|length| digits.chunks(length).all(|block| block == &digits[..length]))
}

impl Password {
    /// `name` is the user's own, which may not be part of it.
    ///
    /// # Errors
    /// Which rule it breaks.
    pub fn parse(text: &str, name: &str) -> Result<Self, SecretRefused> {
        let length = text.chars().count();
        if length < PASSWORD_CHARS_MIN || text.len() > PASSWORD_BYTES_MAX {
            return Err(SecretRefused::PasswordLength);
        }
        let distinct: std::collections::BTreeSet<char> = text.chars().collect();
        let has_name = !name.is_empty() && text.to_lowercase().contains(&name.to_lowercase());
        if distinct.len() < PASSWORD_DISTINCT_MIN || has_name {
            return Err(SecretRefused::TrivialPassword);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A secret that may not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretRefused {
    #[error("a PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits and nothing else")]
    NotAPin,
    #[error("this PIN is one that anybody tries first; choose one without a run or a repetition")]
    TrivialPin,
    #[error(
        "a password has {PASSWORD_CHARS_MIN} characters or more (at most {PASSWORD_BYTES_MAX} bytes)"
    )]
    PasswordLength,
    #[error("this password is easy to guess; use more different characters and not your name")]
    TrivialPassword,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trivial_and_malformed_pins_are_refused() {
        for trivial in [
            "0000", "9999", "1234", "4321", "7890", "0987", "8901", "12345678", "87654321", "1212",
            "123123", "90909090", "11111",
        ] {
            assert_eq!(Pin::parse(trivial).err(), Some(SecretRefused::TrivialPin), "{trivial}");
        }
        for malformed in ["", "123", "123456789", "12a4", " 4071", "4071\n", "٤٠٧١", "-407", "4.71"]
        {
            assert_eq!(Pin::parse(malformed).err(), Some(SecretRefused::NotAPin), "{malformed}");
        }
        for good in ["4071", "1235", "2580", "1213", "40714", "30274591"] {
            assert_eq!(Pin::parse(good).unwrap().reveal(), good);
        }
        assert_eq!(format!("{:?}", Pin::parse("4071").unwrap()), "Pin(…)");
    }

    #[test]
    fn short_plain_and_telling_passwords_are_refused() {
        let check = |text: &str| Password::parse(text, "amina").err();
        assert_eq!(check("elevenchars"), Some(SecretRefused::PasswordLength));
        assert_eq!(check(&"é".repeat(513)), Some(SecretRefused::PasswordLength));
        assert_eq!(check("aaaaaaaaaaaaaaa"), Some(SecretRefused::TrivialPassword));
        assert_eq!(check("Amina-is-great"), Some(SecretRefused::TrivialPassword));
        assert_eq!(check("four wet umbrellas"), None);
    }
}
