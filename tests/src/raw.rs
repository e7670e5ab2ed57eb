//! Bytes on a TLS connection, as no browser would send them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::depot::Depot;

/// Longer than the server lets an answer take.
const ANSWER_LONGEST: Duration = Duration::from_secs(45);

/// What came back before the connection ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RawAnswer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl RawAnswer {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A client that sends what it is told, byte by byte.
pub struct RawClient {
    host: String,
    config: Arc<ClientConfig>,
    cookies: Vec<String>,
}

impl RawClient {
    /// # Panics
    /// When the depot's authority is no certificate.
    #[must_use]
    pub fn new(depot: &Depot) -> Self {
        let authority = CertificateDer::from_pem_slice(depot.authority_pem().as_bytes());
        let mut roots = RootCertStore::empty();
        roots.add(authority.expect("a certificate")).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let host = depot.url().trim_start_matches("https://").to_owned();
        Self { host, config: Arc::new(config), cookies: Vec::new() }
    }

    /// Pairs this client and signs somebody in.
    ///
    /// # Panics
    /// When it is refused.
    pub fn sign_in(&mut self, depot: &Depot, role: &str) {
        let code = depot.pairing_code();
        let person = json!({"staff": depot.person(role), "pin": depot.pin(role)});
        for (path, body) in
            [("/api/v1/device", json!({"code": code, "name": "raw"})), ("/api/v1/session", person)]
        {
            let answer = self.post_json(path, &body.to_string()).expect("an answer");
            assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
            let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
            let pairs = set.filter_map(|(_, cookie)| cookie.split(';').next());
            self.cookies.extend(pairs.map(str::to_owned));
        }
    }

    /// Sends a head and a body, each as it is; `None` when the connection ended without an answer.
    ///
    /// # Panics
    /// When nothing comes at all for longer than the server may take: it hangs.
    #[must_use]
    pub fn send(&self, first_line: &str, headers: &str, body: &[u8]) -> Option<RawAnswer> {
        read_all(&mut self.open(first_line, headers, body))
    }

    /// The same, and then nothing more will come: like a client that went away.
    ///
    /// # Panics
    /// When the server waits for more.
    #[must_use]
    pub fn send_and_end(&self, first_line: &str, headers: &str, body: &[u8]) -> Option<RawAnswer> {
        let mut stream = self.open(first_line, headers, body);
        stream.conn.send_close_notify();
        let _ = stream.flush();
        let _ = stream.sock.shutdown(Shutdown::Write);
        read_all(&mut stream)
    }

    fn open(
        &self,
        first_line: &str,
        headers: &str,
        body: &[u8],
    ) -> StreamOwned<ClientConnection, TcpStream> {
        let server = ServerName::try_from("127.0.0.1").expect("an address");
        let connection = ClientConnection::new(Arc::clone(&self.config), server).expect("a client");
        let socket = TcpStream::connect(&self.host).expect("the depot listens");
        socket.set_read_timeout(Some(ANSWER_LONGEST)).expect("a timeout");
        socket.set_write_timeout(Some(ANSWER_LONGEST)).expect("a timeout");
        let mut stream = StreamOwned::new(connection, socket);
        let host = &self.host;
        let cookie = match self.cookies.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", self.cookies.join("; ")),
        };
        let head = format!(
            "{first_line} HTTP/1.1\r\nHost: {host}\r\n{cookie}Connection: close\r\n{headers}\r\n"
        );
        // The server may answer and close before it has read all: that is its right.
        let _ = stream.write_all(&[head.as_bytes(), body].concat()).and_then(|()| stream.flush());
        stream
    }

    /// A well-formed POST of JSON.
    #[must_use]
    pub fn post_json(&self, path: &str, body: &str) -> Option<RawAnswer> {
        let headers =
            format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        self.send(&format!("POST {path}"), &headers, body.as_bytes())
    }
}

fn read_all(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> Option<RawAnswer> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        let late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!late, "no answer in {ANSWER_LONGEST:?}");
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let split = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    };
    let headers = lines.filter_map(split).collect();
    let text = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Some(RawAnswer { status, headers, body })
}
