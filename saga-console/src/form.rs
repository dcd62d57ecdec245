//! That a form was sent by a page of this console, and by no other site: its token is that of a
//! cookie which only this site can read and set; and browsers say where a request comes from.

use crate::{base::Base, problem::Problem};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

const COOKIE: &str = "saga-console";
/// How many bytes of chance a token has.
const BYTES: usize = 16;

/// The token of whoever asks, and the cookie to be set if they have none yet.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) cookie: Option<HeaderValue>,
}

impl Token {
    pub(crate) fn of(headers: &HeaderMap, base: &Base) -> Result<Self, Problem> {
        if let Some(text) = known(headers) {
            let text = text.to_owned();
            return Ok(Self { text, cookie: None });
        }
        let mut bytes = [0; BYTES];
        let none = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "there is no chance here");
        getrandom::fill(&mut bytes).map_err(none)?;
        let text: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = text.concat();
        let path = if base.0.is_empty() { "/" } else { &base.0 };
        let cookie = format!("{COOKIE}={text}; Path={path}; HttpOnly; SameSite=Strict");
        let cookie = HeaderValue::try_from(cookie).ok();
        Ok(Self { text, cookie })
    }
}

fn known(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies.filter_map(|cookies| cookies.to_str().ok());
    let token = cookies.find_map(|cookies| {
        let mut cookies = cookies
            .split(';')
            .filter_map(|one| one.trim().split_once('='));
        cookies.find(|(name, _)| *name == COOKIE)
    })?;
    let right = token.1.len() == 2 * BYTES && token.1.bytes().all(|byte| byte.is_ascii_hexdigit());
    right.then_some(token.1)
}

/// Refuses a form that has not the token of its cookie.
pub(crate) fn check(headers: &HeaderMap, token: &str) -> Result<(), Problem> {
    if known(headers) == Some(token) {
        return Ok(());
    }
    let text = "this form is not of this console, or too old: open the page again";
    Err(Problem::new(StatusCode::FORBIDDEN, text))
}

/// Refuses what a browser sends for a page of another site.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}
