//! The paths of the console.

use crate::{api, app::App, guard, openapi, options::Options, page, problem::Problem};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::header,
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use saga_core::Definition;
use saga_engine::ReadStore;
use std::sync::Arc;

/// How many bytes a request may have.
const LARGEST: usize = 256 * 1024;

/// The API: method and path, as its document names them, and who answers.
pub(crate) fn api() -> Vec<(&'static str, &'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("get", "/api/overview", get(api::overview)),
        ("get", "/api/sagas", get(api::list)),
        ("get", "/api/sagas/{saga}/{id}", get(api::saga)),
    ]
}

/// A console over a store, to be mounted in a service, also below a path, by
/// [`nest`](Router::nest).
///
/// It does not know who asks: put it behind the service's own authentication, as a layer.
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
        .route("/style.css", get(style))
        .route("/openapi.json", get(document))
        .fallback(async || Problem::not_found("there is nothing here"))
        .layer(DefaultBodyLimit::max(LARGEST))
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

async fn document() -> Response {
    kept("application/json", openapi::DOCUMENT.to_owned())
}
