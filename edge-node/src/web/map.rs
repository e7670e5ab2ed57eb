//! The town's map file for pages, in the ranges that they ask for (RFC 9110, section 14). Reads one
//! file; draws nothing.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

use super::app::App;
use super::problem::Problem;
use crate::identity::SignedIn;

pub fn router() -> Router<App> {
    Router::new().route("/api/v1/map/town.pmtiles", get(town))
}

async fn town(State(app): State<App>, _: SignedIn, request: Request) -> Result<Response, Problem> {
    let file = &app.place.map_file;
    if !file.is_file() {
        return Err(Problem::not_found("map of the town")
            .remedy("build one: edge-node roads build EXTRACT.osm.pbf --state DIR"));
    }
    match ServeFile::new(file).try_call(request).await {
        Ok(response) => Ok(response.into_response()),
        Err(error) => Err(Problem::internal(&error)),
    }
}
