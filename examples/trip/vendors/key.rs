//! The idempotency key of a request.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::wire::IDEMPOTENCY_KEY;

/// Read from the header; a request without one gets 400.
pub(super) struct Key(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts
            .headers
            .get(IDEMPOTENCY_KEY)
            .and_then(|value| value.to_str().ok())
            .map(|key| Self(key.to_owned()))
            .ok_or((StatusCode::BAD_REQUEST, "an idempotency key is needed"))
    }
}
