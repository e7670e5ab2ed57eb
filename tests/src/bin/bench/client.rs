//! A small HTTPS/1.1 client that costs little: one keep-alive connection, one request at a time,
//! bytes prepared by the caller. It shares the cores with what it measures.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longest answer read: what the benches ask for is far shorter, but for a list of 200 orders.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A server and what vouches for it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    tls: Arc<ClientConfig>,
}

impl Target {
    /// # Errors
    /// When the PEM holds no certificate.
    pub(crate) fn new(address: SocketAddr, authority_pem: &str) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority_pem.as_bytes()) {
            roots.add(certificate?)?;
        }
        ensure!(!roots.is_empty(), "no authority to trust");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { address, tls: Arc::new(tls) })
    }

    /// # Errors
    /// When nobody answers, or not who is expected.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::from(self.address.ip());
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await?;
        Ok(Connection { stream, arrived: Vec::with_capacity(16 * 1024) })
    }
}

/// What came back. The body stays in the connection until the next request.
#[derive(Debug)]
pub(crate) struct Answer<'c> {
    pub(crate) status: u16,
    head: &'c str,
    pub(crate) body: &'c [u8],
}

impl Answer<'_> {
    /// The first cookie set, as it is to be sent back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let mut lines = self.head.split("\r\n");
        lines.find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let pair = value.split(';').next()?;
            name.eq_ignore_ascii_case("set-cookie").then(|| pair.to_owned())
        })
    }
}

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    arrived: Vec<u8>,
}

impl Connection {
    /// Sends a whole request and waits for the whole answer.
    ///
    /// # Errors
    /// When the connection ends or what comes is not HTTP with a length.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.arrived.clear();
        let (head_end, length) = loop {
            self.read_some().await?;
            if let Some(found) = head_of(&self.arrived)? {
                break found;
            }
        };
        ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
        while self.arrived.len() < head_end + length {
            self.read_some().await?;
        }
        let head = std::str::from_utf8(&self.arrived[..head_end])?;
        let status = head.get(9..12).context("no status")?.parse()?;
        Ok(Answer { status, head, body: &self.arrived[head_end..head_end + length] })
    }

    async fn read_some(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.arrived).await? == 0 {
            bail!("the server hung up");
        }
        Ok(())
    }
}

/// Where the head ends, and how long the body is.
fn head_of(arrived: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = arrived.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut length = 0;
    for line in std::str::from_utf8(&arrived[..end])?.split("\r\n") {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    Ok(Some((end + 4, length)))
}

/// A request with a JSON body; `cookies` as they are sent.
#[must_use]
pub(crate) fn post(path: &str, cookies: &str, body: &str) -> Vec<u8> {
    let cookie = if cookies.is_empty() { String::new() } else { format!("Cookie: {cookies}\r\n") };
    format!(
        "POST {path} HTTP/1.1\r\nHost: depot.lan\r\nContent-Type: application/json\r\n\
         {cookie}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A request without a body.
#[must_use]
pub(crate) fn get(path: &str, cookies: &str) -> Vec<u8> {
    let cookie = if cookies.is_empty() { String::new() } else { format!("Cookie: {cookies}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: depot.lan\r\n{cookie}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_found_once_it_is_whole() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(head_of(&whole[..30]).expect("HTTP"), None);
        assert_eq!(head_of(whole).expect("HTTP"), Some((38, 2)));
        let without = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(head_of(without).expect("HTTP"), Some((27, 0)));
    }
}
