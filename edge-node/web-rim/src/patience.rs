//! How long a connection may keep a server waiting. Without timers of their own, hyper's servers
//! wait for ever: a slow drip of header bytes would hold a socket until the box is restarted.

use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;

/// The headers of a request must have come by then; an idle kept-alive connection ends then too.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// HTTP/2: a silent peer is asked whether it is there, and let go if it does not answer.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// HTTP/2: requests of one connection at once. Live events take one of them.
const STREAMS_MAX: u32 = 64;

/// Sets the timers of a server: `limit_patience(server.http_builder())`.
pub fn limit_patience(builder: &mut Builder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER_WITHIN)
        .max_concurrent_streams(STREAMS_MAX);
}
