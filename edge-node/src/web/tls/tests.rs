//! A browser's view: what is trusted, for how long, and for which names.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
const FLOOR: Timestamp = Timestamp::from_ms(1_790_000_000_000);

struct Depot(tempfile::TempDir);

impl Depot {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open_at(&self, hosts: &[&str], now: Timestamp) -> anyhow::Result<SiteTls> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        SiteTls::open(self.0.path(), &"NBO-1".parse().unwrap(), &hosts, now, FLOOR)
    }

    fn open(&self, hosts: &[&str]) -> SiteTls {
        self.open_at(hosts, NOW).unwrap()
    }

    fn leaf(&self) -> CertificateDer<'static> {
        let path = self.0.path().join("tls/site-with-key.pem");
        KeyAndCertificate::load(&path).unwrap().unwrap().certificate
    }
}

/// Handshakes in memory, as a browser that installed only the authority.
fn browser_accepts(tls: &SiteTls, host: &str, now: Timestamp) -> Result<(), rustls::Error> {
    #[derive(Debug)]
    struct At(Timestamp);
    impl rustls::time_provider::TimeProvider for At {
        fn current_time(&self) -> Option<UnixTime> {
            Some(UnixTime::since_unix_epoch(since_epoch(self.0)))
        }
    }
    let mut roots = RootCertStore::empty();
    roots.add(tls.authority().der.into()).unwrap();
    let config = rustls::ClientConfig::builder_with_details(provider(), Arc::new(At(now)))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name)?;
    let mut server = rustls::ServerConnection::new(tls.server_config().get_inner())?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn a_browser_that_installed_the_authority_accepts_every_host() {
    let depot = Depot::new();
    let tls = depot.open(&["nbo-1.local", "192.168.7.20", "fd00::7"]);
    for host in ["nbo-1.local", "192.168.7.20", "fd00::7", "localhost", "127.0.0.1", "::1"] {
        browser_accepts(&tls, host, NOW).unwrap();
    }
    assert!(browser_accepts(&tls, "nbo-2.local", NOW).is_err());
    let authority = tls.authority();
    assert!(authority.pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(authority.fingerprint.len(), 32 * 3 - 1);
}

#[test]
fn keys_are_private_and_kept_until_something_changes() {
    let depot = Depot::new();
    let first = depot.open(&["nbo-1.local"]);
    let leaf = depot.leaf();
    let again = depot.open(&["NBO-1.local"]);
    assert_eq!(first.authority().der, again.authority().der);
    assert_eq!(depot.leaf(), leaf, "nothing changed");
    depot.open(&["nbo-1.local", "192.168.7.21"]);
    let with_address = depot.leaf();
    assert_ne!(with_address, leaf, "an address more");
    depot.open(&["nbo-1.local"]);
    assert_ne!(depot.leaf(), with_address, "an address less");
    for file in std::fs::read_dir(depot.0.path().join("tls")).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_running_depot_renews_before_the_end_and_shows_it() {
    let depot = Depot::new();
    let tls = depot.open(&["nbo-1.local"]);
    let leaf = depot.leaf();
    tls.refresh(after_days(NOW, LEAF_DAYS - RENEW_DAYS_LEFT - 1), FLOOR).unwrap();
    assert_eq!(depot.leaf(), leaf);
    let late = after_days(NOW, LEAF_DAYS - RENEW_DAYS_LEFT + 1);
    tls.refresh(late, FLOOR).unwrap();
    assert_ne!(depot.leaf(), leaf);
    browser_accepts(&tls, "nbo-1.local", after_days(late, 300)).unwrap();
}

#[test]
fn a_box_that_wakes_in_1970_is_accepted_by_phones_that_know_the_hour() {
    let depot = Depot::new();
    let tls = depot.open_at(&["nbo-1.local"], Timestamp::from_ms(0)).unwrap();
    browser_accepts(&tls, "nbo-1.local", FLOOR).unwrap();
    browser_accepts(&tls, "nbo-1.local", after_days(FLOOR, 300)).unwrap();
    let leaf = depot.leaf();
    depot.open(&["nbo-1.local"]);
    assert_eq!(depot.leaf(), leaf, "still good once the hour is known");
}

#[test]
fn the_authority_speaks_only_for_this_lan() {
    let depot = Depot::new();
    let tls = depot.open(&["depot.example", "203.0.113.9"]);
    browser_accepts(&tls, "depot.example", NOW).unwrap();
    for foreign in ["bank.example", "203.0.113.10", "notdepot.example"] {
        let error = depot.open_at(&[foreign], NOW).err().unwrap().to_string();
        assert!(error.contains(foreign) && error.contains("remedy"), "{error}");
    }
    assert!(depot.open_at(&["not a host"], NOW).is_err());

    // And were its key stolen: a browser refuses what it signs for others.
    let bank = ["bank.example".to_owned()];
    let forged = issue(&tls.site, &bank, &tls.authority, NOW).unwrap();
    assert!(!is_good(&forged.certificate, &bank, &tls.authority, NOW));
}
