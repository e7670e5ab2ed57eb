//! Problem documents (RFC 9457): the one shape in which a server says no.
//!
//! The words are for the person at the counter: what is wrong, in which field, what to do. Nothing
//! from inside the machine (queries, paths, stack traces) may be put into one.

use std::borrow::Cow;
use std::future::{Ready, ready};

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use shared_model::refusal::Refusal;

type Words = Cow<'static, str>;

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub struct Problem(Box<Content>);

// Boxed: a `Result<_, Problem>` travels through every handler and should stay small.
#[derive(Debug, Clone)]
struct Content {
    status: StatusCode,
    code: Words,
    title: &'static str,
    detail: Words,
    field: Words,
    remedy: Words,
    retry_after_s: Option<u64>,
    members: Map<String, Value>,
}

impl Problem {
    /// `code` is the stable name for programs, in kebab case; `title` is the same for every problem
    /// of that code.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Words>, title: &'static str) -> Self {
        Self(Box::new(Content {
            status,
            code: code.into(),
            title,
            detail: Cow::Borrowed(title),
            field: Cow::Borrowed(""),
            remedy: Cow::Borrowed(""),
            retry_after_s: None,
            members: Map::new(),
        }))
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<Words>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Path of the field, such as `lines[0].quantity`; empty when the whole request is meant.
    #[must_use]
    pub fn field(mut self, field: impl Into<Words>) -> Self {
        self.0.field = field.into();
        self
    }

    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Words>) -> Self {
        self.0.remedy = remedy.into();
        self
    }

    /// Sets `Retry-After` and the member `retry_after_s`.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self.member("retry_after_s", seconds)
    }

    /// Adds a member of this problem's own, such as the tries left.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// 400: the request cannot be read as what it should be.
    #[must_use]
    pub fn bad_input(
        field: impl Into<Words>,
        detail: impl Into<Words>,
        remedy: impl Into<Words>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-input", "The request cannot be read")
            .field(field)
            .detail(detail)
            .remedy(remedy)
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-signed-in", "Nobody is signed in")
            .remedy("sign in and send the same request again")
    }

    /// 401: the secret does not fit. Says nothing about whether the name exists.
    #[must_use]
    pub fn wrong_secret(what: &'static str, tries_left: u32) -> Self {
        let remedy = if tries_left == 0 {
            "wait before trying again, or ask a manager to unlock you".to_owned()
        } else {
            format!("try again; {tries_left} tries left before a pause")
        };
        Self::new(StatusCode::UNAUTHORIZED, "wrong-secret", "The sign-in was not accepted")
            .detail(format!("the {what} does not fit"))
            .field(what)
            .remedy(remedy)
            .member("tries_left", tries_left)
    }

    /// 403: known, but not allowed. `code` says by which rule: role, device or origin.
    #[must_use]
    pub fn forbidden(
        code: impl Into<Words>,
        detail: impl Into<Words>,
        remedy: impl Into<Words>,
    ) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, "This is not allowed here")
            .detail(detail)
            .remedy(remedy)
    }

    /// 404: there is no such page or record.
    #[must_use]
    pub fn not_found(what: impl Into<Words>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing here").detail(what)
    }

    /// 405: the address exists, the method does not.
    #[must_use]
    pub fn method_not_allowed(method: &Method) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "This address does not take that method",
        )
        .detail(format!("{method} is not taken here"))
        .remedy("use a method named in the Allow header")
    }

    /// 409: the id has been used for something else.
    #[must_use]
    pub fn id_used_for_another_body() -> Self {
        Self::new(StatusCode::CONFLICT, "id-reused", "The id was already used for another request")
            .field("id")
            .remedy("mint a new id for a new command; keep the id only when sending the same again")
    }

    /// 413: more bytes than are ever needed.
    #[must_use]
    pub fn too_large(bytes_max: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large")
            .detail(format!("the body is longer than {bytes_max} bytes"))
            .remedy("send fewer lines in one command")
    }

    /// 415: the body is not declared as JSON.
    #[must_use]
    pub fn not_json() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Only JSON is read here")
            .remedy("send the header `content-type: application/json`")
    }

    /// 429: too many wrong secrets.
    #[must_use]
    pub fn locked_out(wait_s: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "locked-out", "Too many wrong tries")
            .detail(format!("signing in is paused for {wait_s} more seconds"))
            .remedy("wait, or ask a manager to unlock you")
            .retry_after_s(wait_s)
    }

    /// 429: the bounded queue `what` is full.
    #[must_use]
    pub fn queue_full(what: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", "The server is busy")
            .detail(format!("{what} is full; nothing was changed"))
            .remedy("send the same request again in a moment")
            .retry_after_s(1)
    }

    /// 500: our fault. The cause goes to the log, never into the answer.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed")
            .detail("the request failed inside the server; it is written in its log")
            .remedy("send the same request with the same id again; it is not carried out twice")
    }

    /// 503: going down, or not up yet.
    #[must_use]
    pub fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The server is stopping")
            .detail("the server takes no new work; nothing was changed")
            .remedy("send the same request again in a moment")
            .retry_after_s(2)
    }

    /// 503: no answer in time. What was asked may have been done.
    #[must_use]
    pub fn timed_out(after_s: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timed-out", "The server took too long")
            .detail(format!("there was no answer within {after_s} seconds"))
            .remedy("send the same request with the same id again; it is not carried out twice")
            .retry_after_s(1)
    }

    /// 507: the disk is full. What was acknowledged earlier is safe.
    #[must_use]
    pub fn disk_full() -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", "The disk is full")
            .detail("nothing was changed, and everything confirmed earlier is safe")
            .remedy("free some space on the disk of this box, then send the same request again")
    }

    /// As a JSON object: the body of the answer, and what an event stream may carry.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let c = &*self.0;
        let mut body = json!({
            "type": format!("urn:omniroute:problem:{}", c.code),
            "title": c.title,
            "status": c.status.as_u16(),
            "detail": c.detail,
            "field": c.field,
            "remedy": c.remedy,
        });
        if let Value::Object(members) = &mut body {
            members.extend(c.members.clone());
        }
        body
    }
}

/// 422: a rule of the business said no.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code, "A rule does not allow this")
            .field(refusal.field)
            .detail(refusal.detail)
            .remedy(refusal.remedy)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let content_type =
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response =
            (self.0.status, [content_type], self.to_json().to_string()).into_response();
        if let Some(seconds) = self.0.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// For `Router::fallback`: an address nobody answers.
pub fn unknown_route(uri: Uri) -> Ready<Problem> {
    let path: String = uri.path().chars().take(PATH_SHOWN_CHARS_MAX).collect();
    ready(Problem::not_found(format!("there is nothing at {path}")).remedy("check the address"))
}

/// For `Router::method_not_allowed_fallback`.
pub fn unknown_method(method: Method) -> Ready<Problem> {
    ready(Problem::method_not_allowed(&method))
}

const PATH_SHOWN_CHARS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt;

    async fn body_of(response: Response) -> Value {
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_code_field_and_remedy() {
        let refusal = Refusal {
            code: "not-enough-stock",
            field: "quantity".into(),
            detail: "only 2 are free".into(),
            remedy: "sell 2 or fewer".into(),
        };
        let response = Problem::from(refusal.at("lines", 3)).into_response();
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = body_of(response).await;
        assert_eq!(
            body,
            json!({
                "type": "urn:omniroute:problem:not-enough-stock",
                "title": "A rule does not allow this",
                "status": 422,
                "detail": "only 2 are free",
                "field": "lines[3].quantity",
                "remedy": "sell 2 or fewer",
            })
        );
    }

    #[tokio::test]
    async fn a_pause_says_how_long_in_header_and_body() {
        let response = Problem::locked_out(60).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "60");
        assert_eq!(body_of(response).await["retry_after_s"], 60);
    }

    #[tokio::test]
    async fn unknown_routes_and_methods_are_problems() {
        let app: Router = Router::new()
            .route("/here", get(|| async { "yes" }))
            .fallback(unknown_route)
            .method_not_allowed_fallback(unknown_method);
        let ask = |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request)
        };
        let missing = ask("GET", "/there").await.unwrap();
        assert_eq!(missing.status(), 404);
        assert_eq!(body_of(missing).await["detail"], "there is nothing at /there");
        let wrong = ask("POST", "/here").await.unwrap();
        assert_eq!(wrong.status(), 405);
        assert_eq!(wrong.headers()[header::ALLOW], "GET,HEAD");
        assert_eq!(body_of(wrong).await["type"], "urn:omniroute:problem:method-not-allowed");
    }
}
