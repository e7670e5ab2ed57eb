//! Reads what a client sent into a typed value, or says which field is wrong and what to send.
//!
//! Every extractor here answers with a problem document and never panics, whatever the bytes. It
//! knows no command: the types say what is allowed (`#[serde(deny_unknown_fields)]`).
//!
//! Types should not use `#[serde(flatten)]`, `untagged` or internal tags: serde buffers those and
//! forgets where in the body it was, so the problem could name only the object around the field.

use axum::body::Body;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

use crate::problem::Problem;

mod explain;

/// The largest body read. A command of 500 lines takes about 50 KiB.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// How much of a body that is too large is read on and thrown away. A client that is cut off while
/// it sends sees a broken connection instead of the answer that says why.
const DISCARDED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A JSON body: read strictly on the way in, written plainly on the way out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self(parse(&read(request).await?)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => ([(CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// The bytes of a JSON body, as they came: for a caller that keeps or hashes them.
#[derive(Debug, Clone)]
pub struct JsonBytes(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self(read(request).await?))
    }
}

/// Parses bytes as [`Json`] does.
///
/// # Errors
/// 400 naming the field, or the position when the text is not JSON at all.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    parse_seed(std::marker::PhantomData, bytes)
}

/// Parses bytes into what `seed` says: for a body whose shape depends on the address.
///
/// # Errors
/// As [`parse`].
pub fn parse_seed<'de, S: DeserializeSeed<'de> + Copy>(
    seed: S,
    bytes: &'de [u8],
) -> Result<S::Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::bad_input(
            "",
            format!("the body is not UTF-8: byte {} is wrong", error.valid_up_to()),
            "send the body as UTF-8 text",
        )
    })?;
    // serde would take a list for a struct, by position: nobody should come to rely on that.
    if text.trim_start().starts_with('[') {
        return Err(explain::value(".", "the body is a list, expected a map"));
    }
    // Following the path costs as much as parsing: only a body that is wrong pays for it.
    let mut json = serde_json::Deserializer::from_str(text);
    let Ok(value) = seed.deserialize(&mut json) else {
        return Err(explained(seed, text));
    };
    json.end().map_err(|error| explain::json(".", &error))?;
    Ok(value)
}

/// Parses again, with the path, what is known to be wrong.
fn explained<'de, S: DeserializeSeed<'de>>(seed: S, text: &'de str) -> Problem {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    match seed.deserialize(tracked) {
        Ok(_) => explain::value(".", "the body cannot be read"),
        Err(error) => explain::json(&track.path().to_string(), &error),
    }
}

async fn read(request: Request) -> Result<Vec<u8>, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::not_json());
    }
    let declared = declared_length(request.headers()).unwrap_or(0);
    collect(request.into_body(), declared).await
}

/// Reads the body piece by piece, so that a client that lies about its length costs no memory.
async fn collect(body: Body, declared: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut pieces = body.into_data_stream();
    let mut too_large = declared > BODY_BYTES_MAX;
    let mut length = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            Problem::bad_input("", "the body ended early", "send the whole request again")
        })?;
        length += piece.len();
        too_large |= length > BODY_BYTES_MAX;
        if length > DISCARDED_BYTES_MAX {
            break;
        }
        if too_large {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&piece);
        }
    }
    if too_large { Err(Problem::too_large(BODY_BYTES_MAX)) } else { Ok(bytes) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts.all(|p| p.eq_ignore_ascii_case("charset=utf-8") || p.is_empty())
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The query of an address, such as `?status=packed&limit=20`.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
            .map(Self)
            .map_err(|error| explain::value(&error.path().to_string(), &error.inner().to_string()))
    }
}

/// The variable parts of an address, such as the id in `/orders/{order}`.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                let names = RawPathParams::from_request_parts(parts, state).await.ok();
                Err(path_problem(rejection, &only_name(names.as_ref())))
            }
        }
    }
}

/// The name of the only variable part: axum does not say which one it stopped at then.
fn only_name(names: Option<&RawPathParams>) -> String {
    let mut names = names.into_iter().flatten();
    match (names.next(), names.next()) {
        (Some((name, _)), None) => name.to_owned(),
        _ => String::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "axum keeps its enum open")]
fn path_problem(rejection: PathRejection, only: &str) -> Problem {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return Problem::internal(&"a route without the path it reads");
    };
    match error.into_kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            explain::value(&key, &format!("invalid value, expected {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => explain::value(&key, &message),
        ErrorKind::InvalidUtf8InPathParam { key } => {
            explain::value(&key, "is not UTF-8; remedy: encode the address as UTF-8")
        }
        ErrorKind::Message(message) => explain::value(only, &message),
        ErrorKind::ParseError { expected_type, .. } => {
            explain::value(only, &format!("invalid value, expected {expected_type}"))
        }
        other => explain::value(only, &other.to_string()),
    }
}

#[cfg(test)]
mod tests;
