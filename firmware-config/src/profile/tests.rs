//! Every profile shipped is sound, and every kind of fault is found, with its key and a remedy.

use super::*;

const SHIPPED: [(&str, &str); 5] = [
    ("NBO-1", include_str!("../../profiles/nbo-1.toml")),
    ("NBO-2", include_str!("../../profiles/nbo-2.toml")),
    ("LOS-1", include_str!("../../profiles/los-1.toml")),
    ("CPT-1", include_str!("../../profiles/cpt-1.toml")),
    ("DLA-1", include_str!("../../profiles/dla-1.toml")),
];

const SOUND: &str = SHIPPED[0].1;

/// The sound profile with one piece replaced has exactly this fault.
fn check(from: &str, to: &str, key: &str, problem: &str) {
    assert!(SOUND.contains(from), "{from}");
    let problems = Profile::parse(&SOUND.replacen(from, to, 1)).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let found = &problems[0];
    assert!(found.key == key && found.problem.contains(problem), "{found}");
    assert!(!found.remedy.is_empty());
}

#[test]
fn the_profiles_shipped_are_sound() {
    for (code, text) in SHIPPED {
        let profile =
            Profile::parse(text).unwrap_or_else(|problems| panic!("{code}: {problems:?}"));
        assert_eq!(profile.site.code.as_str(), code);
        assert_eq!(profile.site.currency, profile.site.jurisdiction.currency());
        assert!(profile.sellable_bins().count() >= 12);
    }
}

#[test]
fn every_key_becomes_a_value() {
    let profile = Profile::parse(SHIPPED[4].1).unwrap();
    assert_eq!(profile.site.languages, [Language::French, Language::English]);
    assert_eq!(profile.site.time_zone.utc_offset_minutes(), 60);
    assert_eq!((profile.lan.https_port, profile.lan.http_port), (8443, 8080));
    assert_eq!(profile.lan.addresses[0].to_string(), "192.168.50.2");
    assert_eq!(profile.riders.cash_ceiling.minor(), 100_000);
    assert_eq!(profile.riders.fee_per_delivery.minor(), 1_000);
    assert_eq!(profile.counts.variance_limit.minor(), 50_000);
    assert_eq!(profile.bins[0].code.as_str(), "RECV");
}

#[test]
fn a_fault_of_the_site_is_named_by_its_key() {
    check("code = \"NBO-1\"\n", "", "site.code", "missing");
    check("\"NBO-1\"", "\"NBO 1\"", "site.code", "not a valid code");
    check("\"nairobi\"", "\"Nairobi\"", "site.region", "not a valid code");
    check("\"Nairobi, Industrial Area\"", "\"\"", "site.name", "not valid text");
    check(
        "jurisdiction = \"KE\"",
        "jurisdiction = \"GB\"",
        "site.jurisdiction",
        "\"GB\" is not known here",
    );
    check("\"KES\"", "\"NGN\"", "site.currency", "not the jurisdiction's");
    check("\"Africa/Nairobi\"", "\"Europe/London\"", "site.time_zone", "not known here");
    check("[\"en\"]", "[\"sw\"]", "site.languages", "\"sw\" is not spoken here");
    check("[\"en\"]", "[\"en\", \"en\"]", "site.languages", "names one twice");
}

#[test]
fn a_fault_of_another_section_is_named_by_its_key() {
    check("https_port = 8443", "https_port = 0", "lan.https_port", "no such number");
    check("https_port = 8443", "https_port = \"8443\"", "lan.https_port", "no such number");
    check("http_port = 8080", "http_port = 8443", "lan.http_port", "HTTPS port too");
    check("\"192.168.20.2\"", "\"192.168.20\"", "lan.addresses[0]", "is none");
    check("\"nbo-1.local\"", "\"NBO_1.local\"", "lan.names[0]", "is none");
    check("[\"nbo-1.local\"]", "[]", "lan.names", "no list");
    check("= 2_000_000", "= -1", "riders.cash_ceiling_minor", "no such number");
    check("= 2_000_000", "= 2.5", "riders.cash_ceiling_minor", "no such number");
    check("sellable = false", "sellable = \"no\"", "bins[0].sellable", "neither yes nor no");
    check("code = \"A-01\"", "code = \"RECV\"", "bins", "RECV is given twice");
    check("walk = 10\n", "walk = 0\n", "bins", "shares its place");
}

#[test]
fn unknown_keys_are_refused_everywhere() {
    check("[site]\n", "[site]\ncolour = 1\n", "site.colour", "unknown");
    check("[lan]\n", "[lan]\nwifi = 1\n", "lan.wifi", "unknown");
    check("walk = 0\n", "walk = 0\nheight = 2\n", "bins[0].height", "unknown");
    check("[counts]\n", "[bank]\n[counts]\n", "bank", "unknown");
}

#[test]
fn all_faults_are_told_at_once() {
    let problems = Profile::parse("").unwrap_err();
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["site", "lan", "riders", "counts", "bins"]);

    let all_bad =
        SOUND.replace("sellable = true", "sellable = false").replace("\"KES\"", "\"EUR\"");
    assert_eq!(Profile::parse(&all_bad).unwrap_err().len(), 2);
}

#[test]
fn what_is_no_toml_is_refused_by_line() {
    let problems = Profile::parse("[site]\ncode = \n").unwrap_err();
    assert!(problems[0].to_string().contains("line 2 is not TOML"), "{}", problems[0]);
}
