//! Time zones and languages of the sites served.

/// A time zone of a site. All of them keep one offset the year round, so a zone is a number of minutes,
/// and no depot needs a database of time zones that ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeZone {
    Nairobi,
    Lagos,
    Johannesburg,
    Douala,
}

impl TimeZone {
    pub const ALL: [Self; 4] = [Self::Nairobi, Self::Lagos, Self::Johannesburg, Self::Douala];

    /// The name in the IANA database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nairobi => "Africa/Nairobi",
            Self::Lagos => "Africa/Lagos",
            Self::Johannesburg => "Africa/Johannesburg",
            Self::Douala => "Africa/Douala",
        }
    }

    #[must_use]
    pub const fn utc_offset_minutes(self) -> i32 {
        match self {
            Self::Nairobi => 180,
            Self::Johannesburg => 120,
            Self::Lagos | Self::Douala => 60,
        }
    }
}

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    French,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}
