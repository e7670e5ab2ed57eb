//! Refuses requests that change something and were sent by a page of another site.
//!
//! Three things stand between a foreign page and a signed-in browser: the cookie is
//! `SameSite=Strict`, a JSON body needs a preflight nobody answers, and this. Programs that are not
//! browsers send neither header and have no cookie a person did not give them. [`crate::headers::guard`]
//! asks this of every request.

use axum::http::{HeaderMap, Method, Uri, header};

use crate::problem::Problem;

/// Whether a request may change something, judged by where the browser says it comes from.
///
/// # Errors
/// 403 when the browser says: from elsewhere.
pub fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if !sites.all(|site| site == "same-origin" || site == "none") {
        return Err(foreign());
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(()),
        (Some(origin), None) if is_own(origin.to_str().unwrap_or(""), uri, headers) => Ok(()),
        _ => Err(foreign()),
    }
}

fn is_own(origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(from) = origin.strip_prefix("https://") else {
        return false;
    };
    // HTTP/2 names the host in the address, HTTP/1.1 in a header.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match uri.authority().map(|authority| authority.as_str()).or(host) {
        Some(own) => with_port(own).eq_ignore_ascii_case(&with_port(from)),
        None => false,
    }
}

/// Browsers leave the port of HTTPS out of both; a proxy may write it into one.
fn with_port(authority: &str) -> String {
    authority.strip_suffix(":443").unwrap_or(authority).to_owned()
}

fn foreign() -> Problem {
    Problem::forbidden(
        "foreign-origin",
        "the request comes from a page of another site",
        "open the depot's or the hub's own page and do it there",
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::any;
    use tower::ServiceExt;

    async fn status(method: &str, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let routes = Router::new().route("/x", any(|| async { "done" }));
        let app = crate::headers::guard(routes, crate::headers::LIMITS);
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(uri), |r, (k, v)| r.header(*k, *v));
        app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn only_the_own_page_may_change_something() {
        let host = ("host", "depot.lan:8443");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for (headers, expected) in [
                (&[host][..], 200),
                (&[host, ("origin", "https://depot.lan:8443")], 200),
                (&[host, ("origin", "https://DEPOT.lan:8443")], 200),
                (&[("host", "depot.lan"), ("origin", "https://depot.lan:443")], 200),
                (&[host, ("sec-fetch-site", "same-origin")], 200),
                (&[host, ("sec-fetch-site", "none")], 200),
                (&[host, ("sec-fetch-site", "same-site")], 403),
                (&[host, ("sec-fetch-site", "cross-site")], 403),
                (&[host, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], 403),
                (&[host, ("origin", "https://evil.example")], 403),
                (&[host, ("origin", "https://depot.lan:9443")], 403),
                (&[host, ("origin", "https://depot.lan.evil.example:8443")], 403),
                (&[host, ("origin", "http://depot.lan:8443")], 403),
                (&[host, ("origin", "null")], 403),
                (&[host, ("origin", "")], 403),
                (
                    &[
                        host,
                        ("origin", "https://depot.lan:8443"),
                        ("origin", "https://evil.example"),
                    ],
                    403,
                ),
                (&[("origin", "https://depot.lan:8443")], 403),
            ] {
                assert_eq!(status(method, "/x", headers).await, expected, "{method} {headers:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_host_of_http2_counts_and_reading_is_free() {
        let own = [("origin", "https://depot.lan:8443")];
        assert_eq!(status("POST", "https://depot.lan:8443/x", &own).await, 200);
        assert_eq!(status("POST", "https://other.lan:8443/x", &own).await, 403);
        let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(status("GET", "/x", &foreign).await, 200);
    }
}
