//! The schema of a site profile, and its checker.

use std::collections::BTreeSet;
use std::net::IpAddr;

use shared_model::id::{BinCode, EntityCode, RegionCode, SiteCode};
use shared_model::money::{AMOUNT_MINOR_MAX, Amount, Currency};
use shared_model::tax::Jurisdiction;
use shared_model::text::Name;
use toml::Table;

use crate::place::{Language, TimeZone};
use crate::problem::ProfileProblem;
use crate::section::Section;

/// Most bins of a depot: what a person can still walk.
const BINS_MAX: usize = 10_000;
/// Most names, and most addresses, under which a depot is reached.
const LAN_NAMES_MAX: usize = 16;

const JURISDICTIONS: [Jurisdiction; 4] =
    [Jurisdiction::NG, Jurisdiction::KE, Jurisdiction::ZA, Jurisdiction::CM];

/// Everything about a site that is the operator's to choose, section by section as in the file. See
/// `profiles/` for whole ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub site: Site,
    pub lan: Lan,
    pub riders: RiderTerms,
    pub counts: CountTerms,
    /// In walking order.
    pub bins: Vec<Bin>,
}

/// Who and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub code: SiteCode,
    pub name: Name,
    /// With whom it syncs.
    pub region: RegionCode,
    /// Whose books.
    pub entity: EntityCode,
    pub jurisdiction: Jurisdiction,
    /// The jurisdiction's.
    pub currency: Currency,
    pub time_zone: TimeZone,
    /// The first is the one shown to somebody who chose none.
    pub languages: Vec<Language>,
}

/// How the depot is reached on its own network. The certificate names all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lan {
    pub names: Vec<String>,
    pub addresses: Vec<IpAddr>,
    pub https_port: u16,
    /// Serves only the page that hands out the site's CA.
    pub http_port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiderTerms {
    /// Cash that a new rider may hold before he must hand over.
    pub cash_ceiling: Amount,
    pub fee_per_delivery: Amount,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountTerms {
    /// A count that differs by more than this value needs a second person.
    pub variance_limit: Amount,
}

/// A place for goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    pub code: BinCode,
    /// Pickers walk from low to high.
    pub walk: u32,
    /// Whether an order may draw from it.
    pub sellable: bool,
}

impl Profile {
    /// Reads and checks a profile.
    ///
    /// # Errors
    /// Every fault found, with its key and a remedy.
    pub fn parse(text: &str) -> Result<Self, Vec<ProfileProblem>> {
        let table: Table = text.parse().map_err(|error| vec![not_toml(text, &error)])?;
        let mut problems = Vec::new();
        match read(&table, &mut problems) {
            Some(profile) if problems.is_empty() => Ok(profile),
            Some(_) | None => Err(problems),
        }
    }

    /// The bins that orders draw from, in walking order.
    pub fn sellable_bins(&self) -> impl Iterator<Item = &BinCode> {
        self.bins.iter().filter(|bin| bin.sellable).map(|bin| &bin.code)
    }
}

fn not_toml(text: &str, error: &toml::de::Error) -> ProfileProblem {
    let line =
        error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    ProfileProblem {
        key: String::new(),
        problem: format!("line {line} is not TOML: {}", error.message()),
        remedy: "write it like the profiles shipped".to_owned(),
    }
}

/// `None` only with a problem noted.
fn read(file: &Table, problems: &mut Vec<ProfileProblem>) -> Option<Profile> {
    let mut root = Section::new(
        String::new(),
        Some(file),
        &["site", "lan", "riders", "counts", "bins"],
        problems,
    );
    let (site, lan) = (root.table("site"), root.table("lan"));
    let (riders, counts) = (root.table("riders"), root.table("counts"));
    let bins = root.list("bins", BINS_MAX);

    // Every part is read before any is missed, so that all faults are named in one go.
    let site = read_site(site, problems);
    let lan = read_lan(lan, problems);
    let riders = read_riders(riders, problems);
    let counts = read_counts(counts, problems);
    let bins = bins.and_then(|bins| read_bins(bins, problems));
    Some(Profile { site: site?, lan: lan?, riders: riders?, counts: counts?, bins: bins? })
}

const SITE_KEYS: [&str; 8] =
    ["code", "name", "region", "entity", "jurisdiction", "currency", "time_zone", "languages"];

fn read_site(table: Option<&Table>, problems: &mut Vec<ProfileProblem>) -> Option<Site> {
    let mut section = Section::new("site".to_owned(), table, &SITE_KEYS, problems);
    let code = section.parsed("code");
    let name = section.text("name").and_then(|text| {
        Name::new(text).map_err(|error| section.fault_said("name", text, &error.to_string())).ok()
    });
    let region = section.parsed("region");
    let entity = section.parsed("entity");
    let jurisdiction = section.one_of("jurisdiction", &JURISDICTIONS, jurisdiction_code);
    let currency = section.one_of("currency", &Currency::ALL, Currency::code);
    let time_zone = section.one_of("time_zone", &TimeZone::ALL, TimeZone::name);
    let languages = read_languages(&mut section);
    if let (Some(jurisdiction), Some(currency)) = (jurisdiction, currency)
        && jurisdiction.currency() != currency
    {
        let remedy = format!("write {}, the currency of the jurisdiction", jurisdiction.currency());
        section.fault("currency", "is not the jurisdiction's", &remedy);
    }
    Some(Site {
        code: code?,
        name: name?,
        region: region?,
        entity: entity?,
        jurisdiction: jurisdiction?,
        currency: currency?,
        time_zone: time_zone?,
        languages: languages?,
    })
}

const fn jurisdiction_code(jurisdiction: Jurisdiction) -> &'static str {
    match jurisdiction {
        Jurisdiction::NG => "NG",
        Jurisdiction::KE => "KE",
        Jurisdiction::ZA => "ZA",
        Jurisdiction::CM => "CM",
    }
}

fn read_languages(section: &mut Section<'_, '_>) -> Option<Vec<Language>> {
    let mut languages = Vec::new();
    for value in section.list("languages", Language::ALL.len())? {
        let known = value
            .as_str()
            .and_then(|code| Language::ALL.into_iter().find(|one| one.code() == code));
        match known {
            Some(language) if !languages.contains(&language) => languages.push(language),
            Some(_) => section.fault("languages", "names one twice", "take one out"),
            None => section.fault(
                "languages",
                &format!("{value} is not spoken here"),
                "use \"en\" and \"fr\"",
            ),
        }
    }
    Some(languages)
}

fn read_lan(table: Option<&Table>, problems: &mut Vec<ProfileProblem>) -> Option<Lan> {
    let keys = ["names", "addresses", "https_port", "http_port"];
    let mut section = Section::new("lan".to_owned(), table, &keys, problems);
    let names =
        read_each(&mut section, "names", "give host names such as \"nbo-1.local\"", host_name);
    let addresses = read_each(
        &mut section,
        "addresses",
        "give IP addresses such as \"192.168.20.2\"",
        |text| text.parse().ok(),
    );
    let https_port = read_port(&mut section, "https_port");
    let http_port = read_port(&mut section, "http_port");
    if https_port.is_some() && https_port == http_port {
        section.fault("http_port", "is the HTTPS port too", "give another port");
    }
    Some(Lan {
        names: names?,
        addresses: addresses?,
        https_port: https_port?,
        http_port: http_port?,
    })
}

fn read_each<T>(
    section: &mut Section<'_, '_>,
    key: &str,
    remedy: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for (index, value) in section.list(key, LAN_NAMES_MAX)?.iter().enumerate() {
        match value.as_str().and_then(&read) {
            Some(one) => all.push(one),
            None => section.fault(&format!("{key}[{index}]"), &format!("{value} is none"), remedy),
        }
    }
    Some(all)
}

/// Labels of small letters, digits and hyphens, as in a certificate. An address is not a name.
fn host_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let sound = text.len() <= 253 && text.split('.').all(label) && text.parse::<IpAddr>().is_err();
    sound.then(|| text.to_owned())
}

fn read_port(section: &mut Section<'_, '_>, key: &str) -> Option<u16> {
    section.integer(key, 1, i64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok())
}

fn read_riders(table: Option<&Table>, problems: &mut Vec<ProfileProblem>) -> Option<RiderTerms> {
    let keys = ["cash_ceiling_minor", "fee_per_delivery_minor"];
    let mut section = Section::new("riders".to_owned(), table, &keys, problems);
    let cash_ceiling = read_amount(&mut section, keys[0]);
    let fee_per_delivery = read_amount(&mut section, keys[1]);
    Some(RiderTerms { cash_ceiling: cash_ceiling?, fee_per_delivery: fee_per_delivery? })
}

fn read_counts(table: Option<&Table>, problems: &mut Vec<ProfileProblem>) -> Option<CountTerms> {
    let keys = ["variance_limit_minor"];
    let mut section = Section::new("counts".to_owned(), table, &keys, problems);
    Some(CountTerms { variance_limit: read_amount(&mut section, keys[0])? })
}

fn read_amount(section: &mut Section<'_, '_>, key: &str) -> Option<Amount> {
    section.integer(key, 0, AMOUNT_MINOR_MAX).and_then(|minor| Amount::new(minor).ok())
}

fn read_bins(list: &[toml::Value], problems: &mut Vec<ProfileProblem>) -> Option<Vec<Bin>> {
    let mut bins = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let mut section = Section::new(
            format!("bins[{index}]"),
            value.as_table(),
            &["code", "walk", "sellable"],
            problems,
        );
        if value.as_table().is_none() {
            section.fault("code", "is missing", "write each bin as a section [[bins]]");
        }
        let code = section.parsed("code");
        let walk = section
            .integer("walk", 0, i64::from(u32::MAX))
            .and_then(|walk| u32::try_from(walk).ok());
        let sellable = section.yes_or_no("sellable");
        if let (Some(code), Some(walk), Some(sellable)) = (code, walk, sellable) {
            bins.push(Bin { code, walk, sellable });
        }
    }
    check_bins_together(&bins, problems);
    bins.sort_by_key(|bin| bin.walk);
    Some(bins)
}

fn check_bins_together(bins: &[Bin], problems: &mut Vec<ProfileProblem>) {
    let mut note = |problem: String, remedy: &str| {
        problems.push(ProfileProblem {
            key: "bins".to_owned(),
            problem,
            remedy: remedy.to_owned(),
        });
    };
    let (mut codes, mut walks) = (BTreeSet::new(), BTreeSet::new());
    for bin in bins {
        if !codes.insert(&bin.code) {
            note(format!("{} is given twice", bin.code), "take one out");
        }
        if !walks.insert(bin.walk) {
            note(
                format!(
                    "{} shares its place in the walk, {}, with another bin",
                    bin.code, bin.walk
                ),
                "number them apart",
            );
        }
    }
    if !bins.iter().any(|bin| bin.sellable) {
        note(
            "none is sellable, so no order could ever be picked".to_owned(),
            "write sellable = true for the shelves",
        );
    }
}

#[cfg(test)]
mod tests;
