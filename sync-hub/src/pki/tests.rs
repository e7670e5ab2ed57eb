//! What is kept, what is renewed, what is refused.

use std::os::unix::fs::PermissionsExt as _;

use uuid::Uuid;

use super::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

fn region() -> RegionCode {
    "nairobi".parse().unwrap()
}

fn request() -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["hub.nairobi.omniroute".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.serialize_request(&key).unwrap().der().to_vec()
}

#[test]
fn keys_are_private_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let hosts = ["hub.example".to_owned(), "10.1.2.3".to_owned()];
    let first = RegionPki::open(dir.path(), &region(), &hosts, NOW).unwrap();
    let again = RegionPki::open(dir.path(), &region(), &hosts, NOW).unwrap();
    assert_eq!(first.root_pin(), again.root_pin());
    assert_eq!(first.sync_chain(), again.sync_chain());
    for file in std::fs::read_dir(dir.path().join("pki")).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        let public = file.path() == first.root_file();
        assert_eq!(mode, if public { 0o644 } else { 0o600 }, "{}", file.path().display());
    }
    first.console_tls().unwrap();
}

#[test]
fn the_hubs_certificate_is_renewed_for_other_hosts_and_before_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let open = |hosts: &[String], now| {
        RegionPki::open(dir.path(), &region(), hosts, now).unwrap().sync_chain()[0].clone()
    };
    let first = open(&[], NOW);
    let other_host = open(&["hub.example".to_owned()], NOW);
    assert_ne!(first, other_host);
    let hosts = ["hub.example".to_owned()];
    let in_a_year = Timestamp::from_ms(NOW.ms() + 360 * DAY_MS);
    assert_eq!(open(&hosts, in_a_year), other_host);
    let later = Timestamp::from_ms(NOW.ms() + 370 * DAY_MS);
    assert_ne!(open(&hosts, later), other_host);
}

#[test]
fn the_keys_of_another_region_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    RegionPki::open(dir.path(), &region(), &[], NOW).unwrap();
    let lagos = "lagos".parse().unwrap();
    let error = RegionPki::open(dir.path(), &lagos, &[], NOW).err().unwrap().to_string();
    assert!(error.contains("nairobi") && error.contains("remedy"), "{error}");
}

#[test]
fn a_node_gets_its_own_name_whatever_it_asks_for() {
    let dir = tempfile::tempdir().unwrap();
    let pki = RegionPki::open(dir.path(), &region(), &[], NOW).unwrap();
    let node = NodeId::new(Uuid::from_u128(42));
    let leaf = pki.sign_node_leaf(node, &request(), NOW).unwrap();
    assert_eq!(node_of(&leaf), Ok(node));
    let (_, parsed) = x509_parser::parse_x509_certificate(&leaf).unwrap();
    assert!(!parsed.is_ca());
    assert_eq!(
        peer::names_in(&leaf).unwrap(),
        [format!("{node}.node.omniroute"), format!("omniroute:node:{node}")]
    );
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth);
    assert_eq!(parsed.validity().not_after.timestamp(), NOW.ms() / 1000 + 90 * 86_400);
    assert!(node_of(&pki.sync_chain()[0]).is_err(), "the hub is no node");
}

#[test]
fn a_request_that_its_key_did_not_sign_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let pki = RegionPki::open(dir.path(), &region(), &[], NOW).unwrap();
    let mut altered = request();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    let node = NodeId::new(Uuid::from_u128(42));
    assert!(pki.sign_node_leaf(node, &altered, NOW).is_err());
    assert!(pki.sign_node_leaf(node, b"no request", NOW).is_err());
}
