//! `saga serve`: the console by itself.

use crate::{args, failure::Failure, look::Reader, report::Report};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{
    io::{self, Write as _},
    sync::Arc,
};
use tokio::{net::TcpListener, signal};
use typed_saga_console::{Options, router};

/// The least length of a token, so that it cannot be guessed.
const SHORTEST: usize = 16;

/// Serves the console until the process is interrupted.
pub(crate) async fn serve(reader: &Reader, args: &args::Serve) -> Result<Report, Failure> {
    let asks = Proof::of(args)?;
    let console = router(Arc::clone(&reader.journal), options(args));
    let wrong = |error: io::Error| Failure::Error(format!("{}: {error}", args.listen));
    let listener = TcpListener::bind(args.listen).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    // A reader that has gone away is no failure.
    let _ = writeln!(anstream::stdout(), "http://{address}/");
    // Pages that follow their sagas would hold it up forever, so it waits for none.
    tokio::select! {
        () = typed_saga_console::serve(listener, guarded(console, asks)) => {}
        _ = signal::ctrl_c() => {}
    }
    let address = address.to_string();
    Report::of(&address, String::new())
}

fn options(args: &args::Serve) -> Options {
    if args.act {
        Options::new().acting()
    } else {
        Options::new()
    }
}

/// The proof that a visitor must give.
#[derive(Clone, Debug)]
enum Proof {
    /// This token.
    Token(Arc<str>),
    /// That they mean this machine. A page of another host whose name leads here would be taken for
    /// the console's own by a browser.
    Loopback,
}

impl Proof {
    fn of(args: &args::Serve) -> Result<Self, Failure> {
        let usage = |text: String| Err(Failure::Usage(text));
        match &args.token {
            Some(token) if token.len() < SHORTEST => usage(format!(
                "the token is too short: take one of {SHORTEST} characters or more"
            )),
            Some(token) => Ok(Self::Token(token.as_str().into())),
            None if args.listen.ip().is_loopback() => Ok(Self::Loopback),
            None => usage(format!(
                "others can reach {}: pass --token, or set SAGA_CONSOLE_TOKEN, or listen on \
                    127.0.0.1",
                args.listen
            )),
        }
    }
}

fn guarded(console: Router, asks: Proof) -> Router {
    console.layer(middleware::from_fn_with_state(asks, admit))
}

async fn admit(State(asks): State<Proof>, request: Request, next: Next) -> Response {
    match &asks {
        Proof::Token(token) if knows(&request, token) => next.run(request).await,
        Proof::Token(_) => {
            let how = HeaderValue::from_static("Basic realm=\"sagas\", charset=\"UTF-8\"");
            let headers = [(header::WWW_AUTHENTICATE, how)];
            (StatusCode::UNAUTHORIZED, headers, "a token is needed\n").into_response()
        }
        Proof::Loopback if means_this_machine(&request) => next.run(request).await,
        Proof::Loopback => {
            let text = "this console answers on localhost alone\n";
            (StatusCode::MISDIRECTED_REQUEST, text).into_response()
        }
    }
}

/// Whether a request has the token: as a bearer, or as the password of a browser.
fn knows(request: &Request, token: &str) -> bool {
    let said = request.headers().get(header::AUTHORIZATION);
    let said = said.and_then(|said| said.to_str().ok());
    let Some((kind, said)) = said.and_then(|said| said.split_once(' ')) else {
        return false;
    };
    if kind.eq_ignore_ascii_case("bearer") {
        return is_same(said.trim().as_bytes(), token.as_bytes());
    }
    let decoded = BASE64_STANDARD.decode(said.trim()).unwrap_or_default();
    let colon = decoded.iter().position(|byte| *byte == b':');
    let password = colon.map(|colon| &decoded[colon + 1..]);
    kind.eq_ignore_ascii_case("basic")
        && password.is_some_and(|password| is_same(password, token.as_bytes()))
}

/// Takes as long wherever they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let pairs = one.iter().zip(other);
    one.len() == other.len() && pairs.fold(0, |all, (one, other)| all | (one ^ other)) == 0
}

fn means_this_machine(request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()?.parse::<Uri>().ok());
    let host = host.as_ref().and_then(Uri::host);
    matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::{Proof, guarded};
    use crate::args;
    use axum::{
        Router,
        body::Body,
        http::{Request, StatusCode},
        routing::get,
    };
    use tower::ServiceExt as _;

    const TOKEN: &str = "swordfish-swordfish";

    fn asks(listen: &str, token: Option<&str>) -> Result<Proof, String> {
        let args = args::Serve {
            listen: listen.parse().unwrap(),
            act: false,
            token: token.map(str::to_owned),
        };
        Proof::of(&args).map_err(|failure| failure.to_string())
    }

    async fn status(asks: &Proof, name: &str, value: &str) -> StatusCode {
        let router = guarded(Router::new().route("/", get("here")), asks.clone());
        let request = Request::get("/").header(name, value).body(Body::empty());
        router.oneshot(request.unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn whoever_others_can_reach_wants_a_token() {
        let error = asks("0.0.0.0:80", None).unwrap_err();
        assert!(error.contains("SAGA_CONSOLE_TOKEN"), "{error}");
        let error = asks("0.0.0.0:80", Some("short")).unwrap_err();
        assert!(error.contains("too short"), "{error}");
        let asks = asks("0.0.0.0:80", Some(TOKEN)).unwrap();
        for (said, right) in [
            ("Bearer swordfish-swordfish", true),
            ("bearer swordfish-swordfish", true),
            // ada:swordfish-swordfish
            ("Basic YWRhOnN3b3JkZmlzaC1zd29yZGZpc2g=", true),
            // swordfish-swordfish:
            ("Basic c3dvcmRmaXNoLXN3b3JkZmlzaDo=", false),
            ("Bearer swordfish-swordfisi", false),
            ("Bearer ", false),
            ("Basic !", false),
            ("swordfish-swordfish", false),
            ("Digest swordfish-swordfish", false),
        ] {
            let status = status(&asks, "authorization", said).await;
            assert_eq!(status == StatusCode::OK, right, "{said}: {status}");
            assert!(right || status == StatusCode::UNAUTHORIZED);
        }
    }

    #[tokio::test]
    async fn on_loopback_only_this_machine_is_meant() {
        for listen in ["127.0.0.1:80", "[::1]:80"] {
            let asks = asks(listen, None).unwrap();
            for host in ["localhost", "127.0.0.1:80", "[::1]:80"] {
                assert_eq!(status(&asks, "host", host).await, StatusCode::OK);
            }
            for host in [
                "evil.example",
                "127.0.0.1.evil.example:80",
                "",
                "localhost@evil.example",
            ] {
                let status = status(&asks, "host", host).await;
                assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}");
            }
        }
    }
}
