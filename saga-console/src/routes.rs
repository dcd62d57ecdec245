//! The paths of the console.
//!
//! Ids are not part of the paths of pages: an id may be `..`, by which a browser means the path
//! above.

use crate::{
    api, app::App, guard, live, metrics, openapi, options::Options, page, problem::Problem,
};
use axum::{
    Router,
    http::header,
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post, put},
};
use std::sync::Arc;
use typed_saga_core::Definition;
use typed_saga_engine::ReadStore;

/// The API: method and path, as its document names them, and who answers.
pub(crate) fn api() -> Vec<(&'static str, &'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("get", "/api/overview", get(api::overview)),
        ("get", "/api/sagas", get(api::list)),
        ("get", "/api/sagas/{saga}/{id}", get(api::saga)),
        ("put", "/api/sagas/{saga}/{id}", put(api::submit)),
        ("post", "/api/sagas/{saga}/{id}/actions", post(api::act)),
    ]
}

/// A console over a store. Serve it as it is, or mount it under a path of a service by
/// [`nest_service`](Router::nest_service); [`nest`](Router::nest) works too, but does not answer the
/// path with a slash behind it.
///
/// It knows no users: put the service's own authentication in front of it, as a layer.
pub fn router(store: Arc<dyn ReadStore>, options: Options) -> Router {
    let app = Arc::new(App::new(store, options));
    let routes = api().into_iter();
    routes
        .fold(Router::new(), |router, (_, path, answer)| {
            router.route(path, answer)
        })
        .route("/", get(page::overview))
        .route("/sagas", get(page::list))
        .route("/saga", get(page::saga))
        .route("/act", get(page::act::plan).post(page::act::act))
        .route("/act-many", get(page::many::plan).post(page::many::act))
        .route("/style.css", get(style))
        .route("/live.js", get(script))
        .route("/live", get(live::live))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(document))
        .fallback(async || Problem::not_found("there is nothing here"))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            guard::guard,
        ))
        .with_state(app)
}

/// A text that seldom changes.
fn kept(kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=300"),
    ];
    (headers, text).into_response()
}

async fn style() -> Response {
    let own = include_str!("../assets/style.css");
    let pictures = Definition::svg_style();
    kept("text/css; charset=utf-8", [own, &pictures].concat())
}

async fn script() -> Response {
    let script = include_str!("../assets/live.js").to_owned();
    kept("text/javascript; charset=utf-8", script)
}

async fn document() -> Response {
    kept("application/json", openapi::DOCUMENT.to_owned())
}
