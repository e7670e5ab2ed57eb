//! The site's certificate authority, and the names it may speak for.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use anyhow::{Context as _, bail};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use shared_model::id::SiteCode;
use x509_parser::extensions::GeneralName;

use web_rim::kept_key::KeyAndCertificate;

/// Names that no public authority speaks for: RFC 6761, 6762, 8375.
const LOCAL_NAMES: [&str; 3] = ["local", "home.arpa", "localhost"];

/// Addresses that mean something only on this LAN or this box: RFC 1918, 3927, 4193, 4291.
const LOCAL_NETWORKS: [(&str, u8); 8] = [
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("169.254.0.0", 16),
    ("127.0.0.0", 8),
    ("fc00::", 7),
    ("fe80::", 10),
    ("::1", 128),
];

pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Made once; `hosts` outside the local names and networks are allowed for one by one.
    pub(super) fn open(folder: &Path, site: &SiteCode, hosts: &[String]) -> anyhow::Result<Self> {
        let path = folder.join("authority-with-key.pem");
        let kept = match KeyAndCertificate::load(&path)? {
            Some(kept) => kept,
            None => {
                let made = make(site, hosts)?;
                made.keep(&path)?;
                tracing::info!(%site, "made the site's certificate authority");
                made
            }
        };
        let key = KeyPair::try_from(&kept.key).context("reading the site authority's key")?;
        let issuer = Issuer::from_ca_cert_der(&kept.certificate, key)
            .context("reading the site authority")?;
        Ok(Self { certificate: kept.certificate, issuer })
    }

    /// Browsers would refuse a certificate for such a host, with less to say about why.
    pub(super) fn refuse_foreign_hosts(
        &self,
        hosts: &[String],
        folder: &Path,
    ) -> anyhow::Result<()> {
        let (_, parsed) = x509_parser::parse_x509_certificate(&self.certificate)
            .context("reading the site authority")?;
        let permitted = parsed
            .name_constraints()?
            .and_then(|constraints| constraints.value.permitted_subtrees.as_ref())
            .context("the site authority is not limited to local names")?;
        let speaks_for = |host: &str| permitted.iter().any(|tree| covers(&tree.base, host));
        match hosts.iter().find(|host| !speaks_for(host)) {
            None => Ok(()),
            Some(host) => bail!(
                "the site's authority may not speak for {host}; remedy: use a name that ends in \
                 .local, or remove {} to make a new authority, which every phone and till must \
                 then install",
                folder.display()
            ),
        }
    }
}

fn make(site: &SiteCode, hosts: &[String]) -> anyhow::Result<KeyAndCertificate> {
    let key = KeyPair::generate().context("making the site authority's key")?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("OmniRoute site {site}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted(hosts)?, excluded_subtrees: vec![] });
    // Fixed, not counted from now: the box may not know the hour on its first day, and phones do
    // not install an authority twice.
    (params.not_before, params.not_after) =
        (rcgen::date_time_ymd(2024, 1, 1), rcgen::date_time_ymd(2054, 1, 1));
    params.serial_number = Some(random_serial()?);
    let certificate = params.self_signed(&key).context("signing the site authority")?;
    Ok(KeyAndCertificate { key: key.into(), certificate: certificate.into() })
}

fn permitted(hosts: &[String]) -> anyhow::Result<Vec<GeneralSubtree>> {
    let mut trees: Vec<GeneralSubtree> =
        LOCAL_NAMES.iter().map(|name| GeneralSubtree::DnsName((*name).to_owned())).collect();
    for (network, prefix) in LOCAL_NETWORKS {
        let network: IpAddr = network.parse().context("a network of our own")?;
        trees.push(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network, prefix)));
    }
    for host in hosts {
        trees.push(match host.parse::<IpAddr>() {
            Ok(address) => {
                let bits = if address.is_ipv4() { 32 } else { 128 };
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
            }
            Err(_) => GeneralSubtree::DnsName(host.clone()),
        });
    }
    Ok(trees)
}

/// RFC 5280, 4.2.1.10: a name covers itself and what ends in it, a network its addresses.
fn covers(base: &GeneralName<'_>, host: &str) -> bool {
    match (base, host.parse::<IpAddr>()) {
        (GeneralName::DNSName(name), Err(_)) => {
            host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
        (GeneralName::IPAddress(network), Ok(address)) => {
            let octets = match address {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => Ipv6Addr::octets(&v6).to_vec(),
            };
            let (base, mask) = network.split_at(network.len() / 2);
            base.len() == octets.len()
                && octets
                    .iter()
                    .zip(base)
                    .zip(mask)
                    .all(|((octet, base), mask)| octet & mask == *base)
        }
        _ => false,
    }
}

/// How many names and addresses a certificate is for.
pub(super) fn names_count(certificate: &CertificateDer<'_>) -> Option<usize> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(parsed.subject_alternative_name().ok()??.value.general_names.len())
}

/// Browsers refuse two certificates of one authority with the same number.
pub(super) fn random_serial() -> anyhow::Result<SerialNumber> {
    let mut number = [0; 16];
    getrandom::fill(&mut number).context("drawing a serial number")?;
    number[0] = 0x40 | number[0] & 0x3f;
    Ok(SerialNumber::from_slice(&number))
}
