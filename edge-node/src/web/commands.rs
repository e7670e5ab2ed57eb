//! `POST /api/v1/commands/{name}`: a body becomes a typed command, the store decides.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use shared_model::log::Hash;
use shared_model::workflows::Kind;

use super::app::App;
use super::body::{JsonBytes, Path, parse_seed};
use super::problem::Problem;
use crate::identity::SignedIn;
use crate::store::{Answer, Asker};

pub fn router() -> Router<App> {
    Router::new().route("/api/v1/commands/{name}", post(submit))
}

async fn submit(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    JsonBytes(body): JsonBytes,
) -> Result<Response, Problem> {
    let kind = Kind::by_name(&name).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "command-unknown", "There is no such command")
            .detail(format!("no command is called {name}"))
            .remedy("check the spelling; the names are in the API's description")
    })?;
    if !kind.allows(signed_in.role) {
        return Err(Problem::forbidden(
            "role",
            format!("the role {} may not {}", signed_in.role, name.replace('-', " ")),
            "ask somebody whose role may do this",
        ));
    }
    let command = parse_seed(kind, &body)?;
    let (id, hash) = (command.id(), *Hash::of(&body).as_bytes());
    let asker = Asker { staff: Some(signed_in.staff), role: signed_in.role };
    let answer = app.store.submit(command, hash, asker).await?;
    Ok(answered(&id.to_string(), &answer))
}

/// The answer is written by hand: the reply is JSON already, as the log keeps it.
pub(super) fn answered(id: &str, answer: &Answer) -> Response {
    let position = answer.position;
    let body = format!(
        r#"{{"id":"{id}","entry":{{"node":"{}","epoch":{},"seq":{}}},"reply":{}}}"#,
        position.node, position.epoch, position.seq, answer.reply
    );
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
