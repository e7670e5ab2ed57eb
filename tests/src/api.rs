//! A browser without a screen: cookies, JSON, and trust in the site's own authority.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body, http};
use uuid::Uuid;

/// An answer: its status and its JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// # Panics
    /// Unless it succeeded.
    #[must_use]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.body);
        self.body
    }
}

/// Somebody's browser.
#[derive(Clone)]
pub struct Browser {
    base: String,
    agent: Agent,
}

/// A request that got no answer.
pub type Unanswered = Box<ureq::Error>;

impl Browser {
    /// Trusts what the PEM holds, and nothing else.
    ///
    /// # Panics
    /// When the PEM holds no certificate.
    #[must_use]
    pub fn new(base: &str, authority_pem: &str) -> Self {
        let roots: Vec<Certificate<'static>> = parse_pem(authority_pem.as_bytes())
            .filter_map(|item| match item.expect("a PEM") {
                PemItem::Certificate(certificate) => Some(certificate),
                PemItem::PrivateKey(_) | _ => None,
            })
            .collect();
        assert!(!roots.is_empty(), "no authority in {authority_pem:?}");
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::new_with_certs(&roots))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { base: base.to_owned(), agent: Agent::new_with_config(config) }
    }

    /// # Errors
    /// When nothing answered.
    pub fn try_get(&self, path: &str) -> Result<Answer, Unanswered> {
        read(self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// # Panics
    /// Unless it answered well.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}")).ok()
    }

    /// # Errors
    /// When nothing answered.
    pub fn try_post(&self, path: &str, body: &Value) -> Result<Answer, Unanswered> {
        self.try_post_bytes(path, "application/json", body.to_string().as_bytes())
    }

    /// # Errors
    /// When nothing answered.
    pub fn try_post_bytes(
        &self,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answer, Unanswered> {
        let request = self.agent.post(format!("{}{path}", self.base));
        read(request.header("Content-Type", content_type).send(body))
    }

    /// # Panics
    /// When nothing answered.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Sends a command with a fresh id.
    ///
    /// # Panics
    /// When nothing answered.
    #[must_use]
    pub fn command(&self, name: &str, fields: Value) -> Answer {
        self.command_as(Uuid::now_v7(), name, fields)
    }

    /// Sends a command under the given id: a retry is the same call again.
    ///
    /// # Panics
    /// When nothing answered.
    #[must_use]
    pub fn command_as(&self, id: Uuid, name: &str, fields: Value) -> Answer {
        self.post(&format!("/api/v1/commands/{name}"), &with_id(id, fields))
    }

    /// Sends a command that must succeed, and returns its reply.
    ///
    /// # Panics
    /// When it is refused.
    pub fn done(&self, name: &str, fields: Value) -> Value {
        let shown = fields.to_string();
        let answer = self.command(name, fields);
        assert_eq!(answer.status, 200, "{name} {shown}: {}", answer.body);
        answer.body["reply"].clone()
    }
}

/// A command's body.
#[must_use]
pub fn with_id(id: Uuid, mut fields: Value) -> Value {
    fields["id"] = json!(id.to_string());
    fields
}

/// A fresh id, as a browser mints it.
#[must_use]
pub fn fresh() -> String {
    Uuid::now_v7().to_string()
}

fn read(answer: Result<http::Response<Body>, ureq::Error>) -> Result<Answer, Unanswered> {
    let mut answer = answer.map_err(Box::new)?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().map_err(Box::new)?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Answer { status, body })
}

/// Reads plain text over plain HTTP: the site's authority, as a new till would.
///
/// # Panics
/// When nothing answered.
#[must_use]
pub fn plain_text(url: &str) -> String {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build();
    let answer = Agent::new_with_config(config).get(url).call();
    let mut answer = answer.unwrap_or_else(|error| panic!("GET {url}: {error}"));
    answer.body_mut().read_to_string().expect("text")
}
