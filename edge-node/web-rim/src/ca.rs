//! The page from which a phone or a till installs the site's certificate authority, and the plain
//! HTTP port, which does nothing but offer that page and point to HTTPS.
//!
//! Only public things are here. A person compares the fingerprint with the one on the box: over
//! plain HTTP nothing else vouches for it.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::Problem;

/// The authority whose certificates the server shows.
#[derive(Debug, Clone)]
pub struct SiteAuthority {
    /// Whose it is, as people say it: `NBO-1`.
    pub name: String,
    pub pem: String,
    pub der: Vec<u8>,
    /// SHA-256 of `der`, in the form a browser shows it: `AB:CD:…`.
    pub fingerprint: String,
}

/// `/ca`, `/ca.pem`, `/ca.der`: to be merged into the HTTPS router.
pub fn router<S: Clone + Send + Sync + 'static>(authority: SiteAuthority) -> Router<S> {
    let authority = Arc::new(authority);
    Router::new()
        .route("/ca", get(page))
        .route("/ca.css", get(style))
        .route("/ca.pem", get(pem))
        .route("/ca.der", get(der))
        .with_state(authority)
}

/// The whole of the plain HTTP port. `https_port` is where everything else is sent.
pub fn plain_http(authority: SiteAuthority, https_port: u16) -> Router {
    router(authority).fallback(move |method: Method, uri: Uri, headers: HeaderMap| async move {
        to_https(&method, &uri, &headers, https_port)
    })
}

/// Where to go instead. What was sent by POST is not sent again: it has already been overheard.
fn to_https(method: &Method, uri: &Uri, headers: &HeaderMap, https_port: u16) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(host_of);
    let place = uri.path_and_query().map_or("/", |place| place.as_str());
    match host {
        Some(host) if matches!(*method, Method::GET | Method::HEAD) => {
            let port = if https_port == 443 { String::new() } else { format!(":{https_port}") };
            match HeaderValue::try_from(format!("https://{host}{port}{place}")) {
                Ok(target) => {
                    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, target)]).into_response()
                }
                Err(_) => only_https(),
            }
        }
        _ => only_https(),
    }
}

fn only_https() -> Response {
    Problem::forbidden("only-https", "nothing is served without encryption", "use https://")
        .into_response()
}

/// The host without its port; only what a host may consist of, so that nothing can be slipped into
/// the address we send back.
fn host_of(host: &str) -> Option<&str> {
    let name = match host.strip_prefix('[') {
        Some(rest) => &host[..=rest.find(']')? + 1],
        None => host.split(':').next()?,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
    (!name.is_empty() && name.chars().all(allowed)).then_some(name)
}

async fn pem(State(authority): State<Arc<SiteAuthority>>) -> Response {
    download("application/x-pem-file", "pem", authority.pem.clone().into_bytes())
}

/// Android and Windows install this form at a tap.
async fn der(State(authority): State<Arc<SiteAuthority>>) -> Response {
    download("application/x-x509-ca-cert", "crt", authority.der.clone())
}

fn download(kind: &'static str, ending: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"omniroute-ca.{ending}\"");
    let headers: [(HeaderName, String); 2] =
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("ca/page.css"))
        .into_response()
}

async fn page(State(authority): State<Arc<SiteAuthority>>) -> Response {
    let html = include_str!("ca/page.html")
        .replace("{name}", &escaped(&authority.name))
        .replace("{fingerprint}", &escaped(&authority.fingerprint));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    async fn ask(method: &str, path: &str, host: &str) -> Response {
        let authority = SiteAuthority {
            name: "NBO-1 <b>".to_owned(),
            pem: "-----BEGIN CERTIFICATE-----".to_owned(),
            der: vec![0x30, 0x82],
            fingerprint: "AB:CD".to_owned(),
        };
        let request = Request::builder().method(method).uri(path).header(header::HOST, host);
        plain_http(authority, 8443).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn the_page_shows_the_fingerprint_and_offers_both_forms() {
        let page = ask("GET", "/ca", "depot.lan").await;
        let html = to_bytes(page.into_body(), 1 << 20).await.unwrap();
        let html = String::from_utf8(html.to_vec()).unwrap();
        for part in
            ["AB:CD", "NBO-1 &lt;b&gt;", "href=\"/ca.der\"", "href=\"/ca.pem\"", "lang=\"fr\""]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains('{') && !html.contains("style="));
        let der = ask("GET", "/ca.der", "depot.lan").await;
        assert_eq!(der.headers()[header::CONTENT_TYPE], "application/x-x509-ca-cert");
        assert_eq!(to_bytes(der.into_body(), 99).await.unwrap(), vec![0x30, 0x82]);
        assert_eq!(ask("GET", "/ca.pem", "depot.lan").await.status(), 200);
        assert_eq!(ask("GET", "/ca.css", "depot.lan").await.status(), 200);
    }

    #[tokio::test]
    async fn everything_else_goes_to_https() {
        for (host, path, target) in [
            ("depot.lan", "/orders?x=1", "https://depot.lan:8443/orders?x=1"),
            ("depot.lan:8080", "/", "https://depot.lan:8443/"),
            ("192.168.1.4:80", "//evil.example", "https://192.168.1.4:8443//evil.example"),
            ("[fe80::1]:8080", "/", "https://[fe80::1]:8443/"),
        ] {
            let response = ask("GET", path, host).await;
            assert_eq!(response.status(), 308);
            assert_eq!(response.headers()[header::LOCATION], target);
        }
        for (method, host) in [
            ("POST", "depot.lan"),
            ("GET", ""),
            ("GET", "evil.example/x"),
            ("GET", "a@b"),
            ("GET", "["),
        ] {
            assert_eq!(ask(method, "/", host).await.status(), 403, "{method} {host}");
        }
    }
}
