//! The one-time token that a person carries from the hub to a new box: where the hub is, by which
//! root to know it, and a secret.
//!
//! Written in Crockford's base 32, which has no letters that are taken for digits and is small in
//! a QR code, and closed by a checksum that catches a typing error before anything is sent.

use data_encoding::{Encoding, Specification};

pub const SECRET_BYTES: usize = 16;

const TOKEN_VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

/// What a token says.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the region's root certificate.
    pub root_pin: [u8; 32],
    pub secret: [u8; SECRET_BYTES],
    /// `host:port`, in the order in which to try them.
    pub hub_addresses: Vec<String>,
}

/// Why a text is no token, or an address fits in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token has a typing error; remedy: copy it again from the hub")]
    Mistyped,
    #[error("the token is of version {0}; remedy: install the box's newest software")]
    OtherVersion(u8),
    #[error("the token is damaged; remedy: issue a new one at the hub")]
    Damaged,
    #[error("too many or too long addresses of the hub; remedy: give at most 255 of 255 letters")]
    AddressesTooLong,
}

impl Token {
    /// What is shown to a person.
    ///
    /// # Errors
    /// When the addresses do not fit.
    pub fn to_text(&self) -> Result<String, TokenError> {
        let length = |bytes: usize| u8::try_from(bytes).map_err(|_| TokenError::AddressesTooLong);
        let mut bytes = vec![TOKEN_VERSION];
        bytes.extend_from_slice(&self.root_pin);
        bytes.extend_from_slice(&self.secret);
        bytes.push(length(self.hub_addresses.len())?);
        for address in &self.hub_addresses {
            bytes.push(length(address.len())?);
            bytes.extend_from_slice(address.as_bytes());
        }
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(&checksum.as_bytes()[..CHECKSUM_BYTES]);
        Ok(alphabet().encode(&bytes))
    }

    /// Reads what a person typed or a camera saw.
    ///
    /// # Errors
    /// When it is no token.
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        let bytes = alphabet().decode(text.as_bytes()).map_err(|_| TokenError::Mistyped)?;
        let (body, checksum) =
            bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(TokenError::Mistyped)?;
        if blake3::hash(body).as_bytes()[..CHECKSUM_BYTES] != *checksum {
            return Err(TokenError::Mistyped);
        }
        match body.split_first() {
            Some((&TOKEN_VERSION, fields)) => Self::from_fields(fields).ok_or(TokenError::Damaged),
            Some((version, _)) => Err(TokenError::OtherVersion(*version)),
            None => Err(TokenError::Mistyped),
        }
    }

    fn from_fields(bytes: &[u8]) -> Option<Self> {
        let (root_pin, bytes) = bytes.split_first_chunk()?;
        let (secret, bytes) = bytes.split_first_chunk()?;
        let (count, mut bytes) = bytes.split_first()?;
        let mut hub_addresses = Vec::new();
        for _ in 0..*count {
            let (length, rest) = bytes.split_first()?;
            let (address, rest) = rest.split_at_checked(usize::from(*length))?;
            hub_addresses.push(String::from_utf8(address.to_vec()).ok()?);
            bytes = rest;
        }
        bytes.is_empty().then_some(Self { root_pin: *root_pin, secret: *secret, hub_addresses })
    }
}

/// The secret does not belong into any log.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("hub_addresses", &self.hub_addresses).finish_non_exhaustive()
    }
}

/// As a person may type it: any case, with gaps, O for 0 and I or L for 1.
fn alphabet() -> Encoding {
    let mut spelling = Specification::new();
    spelling.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    spelling.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    spelling.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    spelling.ignore.push_str(" -\t\r\n");
    spelling.encoding().expect("32 distinct symbols")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens are on paper: what was written once must stay readable.
    const TEXT: &str = "06NTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQKEDSQ6WVKEDSQ6WVKEDSQ6\
                        WVK8221M7ARHECNW62VBGDHJKMDSM6GSGTC9G5RR2WC1E64X3ED1M6CJR27Q0";

    #[test]
    fn a_token_is_read_as_a_person_types_it() {
        let token = Token::from_text(TEXT).unwrap();
        assert_eq!(token.root_pin, [0xab; 32]);
        assert_eq!(token.secret, [0xcd; 16]);
        assert_eq!(token.hub_addresses, ["hub.example:7443", "10.0.0.1:7443"]);
        assert_eq!(token.to_text().unwrap(), TEXT);
        let sloppy = TEXT.to_lowercase().replace('0', "o").replace('1', "l");
        let (start, end) = sloppy.split_at(70);
        assert_eq!(Token::from_text(&format!(" {start} -\n{end}")).unwrap(), token);
    }

    #[test]
    fn every_single_typing_error_is_caught() {
        for at in 0..TEXT.len() {
            for wrong in ['7', 'K'] {
                let mut typed: Vec<char> = TEXT.chars().collect();
                if typed[at] == wrong {
                    continue;
                }
                typed[at] = wrong;
                let typed: String = typed.into_iter().collect();
                assert_eq!(Token::from_text(&typed), Err(TokenError::Mistyped), "at {at}");
            }
            let (start, end) = (&TEXT[..at], &TEXT[at + 1..]);
            assert!(Token::from_text(&format!("{start}{end}")).is_err(), "without {at}");
        }
        assert!(Token::from_text("").is_err());
    }
}
