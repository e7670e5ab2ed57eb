//! The kinds of vehicle that a graph is built for. What each may use and how fast is in `build/passage.rs` and
//! `build/speed.rs`.

use std::fmt;
use std::str::FromStr;

/// A kind of vehicle with roads and speeds of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Profile {
    /// A motorcycle: passes gates' gaps, paths and informal settlements.
    Okada = 0,
    /// A three-wheeler: narrow, slow, kept off motorways.
    TukTuk = 1,
    /// A delivery van.
    Van = 2,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Okada, Profile::TukTuk, Profile::Van];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Profile::Okada => "okada",
            Profile::TukTuk => "tuk-tuk",
            Profile::Van => "van",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Profile, String> {
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("`{text}` is no profile; remedy: okada, tuk-tuk or van"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
        assert!("lorry".parse::<Profile>().is_err());
    }
}
