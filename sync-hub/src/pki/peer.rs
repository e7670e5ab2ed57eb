//! Reads who a certificate speaks for. Whether it is genuine was decided by TLS before.

use std::net::{Ipv4Addr, Ipv6Addr};

use rustls::pki_types::CertificateDer;
use shared_model::id::NodeId;
use x509_parser::extensions::GeneralName;

const NODE_URI: &str = "omniroute:node:";

/// The region signed it, but for no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate names no node")]
pub struct NotANode;

/// The node a certificate was given to.
///
/// # Errors
/// When it names no node, or more than one.
pub fn node_of(certificate: &CertificateDer<'_>) -> Result<NodeId, NotANode> {
    let names = names_in(certificate).ok_or(NotANode)?;
    let mut nodes = names.iter().filter_map(|name| name.strip_prefix(NODE_URI));
    match (nodes.next().map(str::parse), nodes.next()) {
        (Some(Ok(node)), None) => Ok(node),
        _ => Err(NotANode),
    }
}

pub(super) fn node_uri(node: NodeId) -> String {
    format!("{NODE_URI}{node}")
}

/// The names a certificate is for, sorted.
pub(super) fn names_in(certificate: &CertificateDer<'_>) -> Option<Vec<String>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let mut found: Vec<String> = names.value.general_names.iter().filter_map(name_text).collect();
    found.sort();
    Some(found)
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(text) | GeneralName::URI(text) = name {
        return Some((*text).to_owned());
    }
    let GeneralName::IPAddress(bytes) = name else {
        return None;
    };
    let v4 = <[u8; 4]>::try_from(*bytes).map(|octets| Ipv4Addr::from(octets).to_string());
    v4.ok().or_else(|| Some(Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()))
}
