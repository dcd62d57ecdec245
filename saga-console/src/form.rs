//! That a form was sent by a page of this console, and by no other site.
//!
//! Two things show it. Browsers say where a request comes from: by `Sec-Fetch-Site`, or where they
//! do not (over plain HTTP on a host that is not `localhost`) by `Origin`. And the form has a token:
//! the signature of a cookie. The cookie alone would show nothing, since cookies belong to a host,
//! whatever the port: a page on another port can set it, and a server there is sent it.

use crate::{base::Base, person::Person, problem::Problem};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header, uri::Authority};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const COOKIE: &str = "saga-console";
/// The number of random bytes of a cookie.
const BYTES: usize = 16;

/// The key that signs the tokens of this console, for as long as its process runs; `None` if the
/// system gave no random numbers.
pub(crate) struct Secret(Option<[u8; 64]>);

impl Secret {
    pub(crate) fn new() -> Self {
        let mut bytes = [0; 64];
        Self(getrandom::fill(&mut bytes).is_ok().then_some(bytes))
    }

    /// The signature of a cookie, in the hands of this person.
    fn sign(&self, cookie: &str, person: &Person) -> Result<Hmac<Sha256>, Problem> {
        let secret = self.0.as_ref().ok_or_else(no_chance)?;
        let mut signature = Hmac::<Sha256>::new(secret.into());
        // A cookie has a fixed length, so the two cannot be taken for another two.
        signature.update(cookie.as_bytes());
        signature.update(person.name().unwrap_or_default().as_bytes());
        Ok(signature)
    }
}

fn no_chance() -> Problem {
    let text = "the system provides no random numbers";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, text)
}

/// The token of whoever asks, and the cookie to be set if they have none yet.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) cookie: Option<HeaderValue>,
    pub(crate) person: Person,
}

impl Token {
    pub(crate) fn of(
        secret: &Secret,
        headers: &HeaderMap,
        base: &Base,
        person: Person,
    ) -> Result<Self, Problem> {
        let known = known(headers);
        let value = known.map_or_else(drawn, |known| Ok(known.to_owned()))?;
        let path = if base.0.is_empty() { "/" } else { &base.0 };
        let cookie = format!("{COOKIE}={value}; Path={path}; HttpOnly; SameSite=Strict");
        let signature = secret.sign(&value, &person)?.finalize().into_bytes();
        Ok(Self {
            text: hex(&signature),
            cookie: HeaderValue::try_from(cookie)
                .ok()
                .filter(|_| known.is_none()),
            person,
        })
    }
}

/// The value of a new cookie.
fn drawn() -> Result<String, Problem> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| no_chance())?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

/// The cookie of this console. Others may have set one of that name that cannot be it.
fn known(headers: &HeaderMap) -> Option<&str> {
    let is_right =
        |value: &&str| value.len() == 2 * BYTES && value.bytes().all(|b| b.is_ascii_hexdigit());
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|cookies| cookies.to_str().ok());
    let mut values = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value);
    values.find(is_right)
}

/// Refuses a form that has not the token of its cookie.
pub(crate) fn check(
    secret: &Secret,
    headers: &HeaderMap,
    person: &Person,
    token: &str,
) -> Result<(), Problem> {
    let cookie = known(headers).ok_or_else(too_old)?;
    let token = bytes(token).ok_or_else(too_old)?;
    let signature = secret.sign(cookie, person)?;
    // It takes as long wherever they differ.
    signature.verify_slice(&token).map_err(|_| too_old())
}

fn too_old() -> Problem {
    let text = "this form is not of this console, or too old: open the page again";
    Problem::new(StatusCode::FORBIDDEN, text)
}

/// Refuses what a page of another site has sent, before its body is read. `api`: it is sent by a
/// program, which need not say where it is, since what it sends no form can: JSON.
pub(crate) fn is_own(headers: &HeaderMap, uri: &Uri, api: bool) -> Result<(), Problem> {
    let own = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => api || is_of_this_host(headers, uri),
    };
    if !own {
        let text = "this was sent by another site; if it was not, a proxy in front of the console does \
                    not pass on the `Host` header";
        return Err(Problem::new(StatusCode::FORBIDDEN, text));
    }
    if !api && known(headers).is_none() {
        return Err(too_old());
    }
    Ok(())
}

/// Whether `Origin` names the host and the port that the request was sent to.
fn is_of_this_host(headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // HTTP/2 has it in the address.
    let authority = uri.authority().map(Authority::as_str);
    let host = text(header::HOST).or(authority);
    let origin = text(header::ORIGIN).and_then(|origin| {
        let schemes = ["http://", "https://"];
        schemes
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme))
    });
    let same = |(origin, host): (&str, &str)| origin.eq_ignore_ascii_case(host);
    origin.zip(host).is_some_and(same)
}
