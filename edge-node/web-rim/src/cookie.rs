//! The one form of cookie both servers set: for this host only, over HTTPS only, never read by
//! scripts, never sent along from another site.
//!
//! Cookies are shared by all ports of a host, so a name carries whose it is: two depots and a hub
//! on one machine would otherwise sign each other's people out.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::token::Token;

/// A cookie's name. `__Host-` makes the browser itself refuse it without Secure and Path=/.
#[derive(Debug, Clone)]
pub struct CookieName(String);

impl CookieName {
    /// `owner` is the site or hub, such as `NBO-1`; `purpose` what it stands for.
    #[must_use]
    pub fn new(owner: &str, purpose: &str) -> Self {
        let owner: String = owner
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        Self(format!("__Host-{owner}-{purpose}"))
    }

    /// The header that keeps `token` in the browser for `age`.
    #[must_use]
    pub fn set(&self, token: &Token, age: Duration) -> HeaderValue {
        self.header(token.reveal(), age.as_secs())
    }

    /// The header that takes it out of the browser.
    #[must_use]
    pub fn clear(&self) -> HeaderValue {
        self.header("", 0)
    }

    /// The token the browser sent under this name.
    #[must_use]
    pub fn read(&self, headers: &HeaderMap) -> Option<Token> {
        let pairs = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'));
        let mut found = pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, value)| *name == self.0 && !value.is_empty())
            .map(|(_, value)| value);
        // Two of one name: somebody planted one. Which is ours cannot be known.
        match (found.next(), found.next()) {
            (Some(value), None) if value.len() <= VALUE_BYTES_MAX => Some(Token::received(value)),
            _ => None,
        }
    }

    fn header(&self, value: &str, age_s: u64) -> HeaderValue {
        let name = &self.0;
        HeaderValue::try_from(format!(
            "{name}={value}; Path=/; Max-Age={age_s}; Secure; HttpOnly; SameSite=Strict"
        ))
        .expect("the name is ASCII letters and digits, the value hexadecimal")
    }
}

const VALUE_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|c| (header::COOKIE, HeaderValue::from_str(c).unwrap())).collect()
    }

    #[test]
    fn it_reads_back_what_it_set_and_only_that() {
        let name = CookieName::new("NBO-1", "session");
        let token = Token::draw().unwrap();
        let set = name.set(&token, Duration::from_secs(60));
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-nbo-1-session="));
        assert!(set.ends_with("; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict"));
        let pair = set.split(';').next().unwrap();
        let others = format!("a=b; {pair}; __Host-nbo-2-session=other");
        assert_eq!(name.read(&sent(&[&others])).unwrap().hash(), token.hash());
        assert!(name.read(&sent(&[])).is_none());
        assert!(name.read(&sent(&["__Host-nbo-2-session=other", "junk", "="])).is_none());
        assert!(name.read(&sent(&["__Host-nbo-1-session="])).is_none());
        assert!(name.read(&sent(&[&format!("{pair}; __Host-nbo-1-session=other")])).is_none());
        assert!(
            name.read(&sent(&[&format!("__Host-nbo-1-session={}", "x".repeat(257))])).is_none()
        );
        assert!(name.clear().to_str().unwrap().contains("=; Path=/; Max-Age=0;"));
    }
}
