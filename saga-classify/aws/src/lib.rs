//! What a client of AWS reports when its service refuses or its connections fail, and what
//! `typed-saga-classify` says of it.

#![cfg(test)]

#[allow(dead_code, reason = "other clients use more of it")]
#[path = "../../tests/classify/common/mod.rs"]
mod common;

use aws_credential_types::provider::{error::CredentialsError, future};
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Builder, Credentials};
use aws_sdk_apigatewaymanagement::config::{ProvideCredentials, Region};
use aws_sdk_apigatewaymanagement::config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_apigatewaymanagement::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::{Client, Config};
use common::{answers_and_resets, full, listen, nobody, read_head, silent};
use std::fmt::Display;
use std::{error::Error, net::SocketAddr, time::Duration};
use tokio::io::AsyncWriteExt;
use typed_saga::{Verdict, saga};
use typed_saga_classify::aws::{Aws, error};

type Failed = SdkError<PostToConnectionError>;

/// A client of the service at this address that sends each request once, and has no provider of
/// credentials.
fn unsigned(address: impl Display) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(format!("http://{address}"))
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
}

fn config(address: impl Display) -> Builder {
    unsigned(address).credentials_provider(Credentials::new("id", "secret", None, None, "tests"))
}

async fn failure(config: Builder) -> Failed {
    let client = Client::from_conf(config.build());
    let message = client.post_to_connection().connection_id("guest");
    message.send().await.unwrap_err()
}

/// The error has this verdict, and so has what a durable saga records of it: with the status and the code of
/// the answer, if there was one.
#[track_caller]
fn is_recorded<E>(failed: SdkError<E>, verdict: Verdict, answer: (Option<u16>, Option<&str>))
where
    E: Error + ProvideErrorMetadata + 'static,
{
    assert_eq!(error(&failed), verdict, "{failed:?}");
    let recorded = Aws::from(failed);
    assert_eq!(recorded.verdict(), verdict, "{recorded}");
    assert_eq!((recorded.status(), recorded.code()), answer, "{recorded}");
}

/// An answer of the service. The code of an error is in the head, if there is one.
fn answer(status: &str, code: &str, body: &str) -> String {
    let length = body.len();
    let code = match code {
        "" => String::new(),
        code => format!("x-amzn-errortype: {code}\r\n"),
    };
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{code}\r\n{body}"
    )
}

/// A server that has an answer for each request, and then is gone: a client that asks once more is refused.
async fn serve(answers: Vec<String>) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            read_head(&mut connection).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    address
}

/// The answer, the code that is read from it, and its verdict.
type Row = (String, Option<&'static str>, Verdict);

/// Errors of the model of this operation.
fn modelled() -> Vec<Row> {
    let row = |status, code: &'static str, verdict| {
        let answer = answer(status, code, r#"{"message":"why"}"#);
        (answer, Some(code), verdict)
    };
    vec![
        row("403 Forbidden", "ForbiddenException", Verdict::Transient),
        row("410 Gone", "GoneException", Verdict::Unknown),
        row("413 Large", "PayloadTooLargeException", Verdict::Unknown),
        row("429 Slow", "LimitExceededException", Verdict::Transient),
    ]
}

/// What any service, or a gateway in front of it, may answer.
fn unmodelled() -> Vec<Row> {
    let row =
        |status, code: &'static str, verdict| (answer(status, code, "{}"), Some(code), verdict);
    let page = |status, verdict| (answer(status, "", "<html>"), None, verdict);
    vec![
        row("400 Bad", "ValidationException", Verdict::Unknown),
        row("400 Bad", "ThrottlingException", Verdict::Transient),
        row("400 Bad", "ExpiredTokenException", Verdict::Transient),
        row("404 Gone", "NotFoundException", Verdict::Unknown),
        row("429 Slow", "TooManyRequestsException", Verdict::Transient),
        row("500 Broken", "InternalFailure", Verdict::Unknown),
        row("503 Busy", "ServiceUnavailable", Verdict::Unknown),
        row("503 Busy", "SlowDown", Verdict::Transient),
        // The code may be in the body, after a namespace, or be followed by an address.
        (
            answer("400 Bad", "", r#"{"__type":"aws#ThrottlingException"}"#),
            Some("ThrottlingException"),
            Verdict::Transient,
        ),
        (
            answer("400 Bad", "ThrottlingException:http://aws/", "{}"),
            Some("ThrottlingException"),
            Verdict::Transient,
        ),
        page("403 Forbidden", Verdict::Transient),
        page("429 Slow", Verdict::Transient),
        page("502 Broken", Verdict::Unknown),
        page("503 Busy", Verdict::Unknown),
    ]
}

#[tokio::test]
async fn an_answer_is_classified_by_its_status_and_its_code() {
    let mut rows = modelled();
    rows.extend(unmodelled());
    for (answer, code, verdict) in rows {
        let status = answer[9..12].parse().unwrap();
        let failed = failure(config(serve(vec![answer]).await)).await;
        assert!(matches!(failed, SdkError::ServiceError(_)), "{failed:?}");
        is_recorded(failed, verdict, (Some(status), code));
    }
}

/// Only the saga knows whether `Gone` is a refusal.
#[tokio::test]
async fn an_error_of_the_model_can_be_matched_first() {
    let gone = answer("410 Gone", "GoneException", "{}");
    let failed = failure(config(serve(vec![gone]).await)).await;
    let error = failed.as_service_error().unwrap();
    assert!(error.is_gone_exception(), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_is_refused_has_sent_nothing() {
    let failed = failure(config(nobody().await)).await;
    is_recorded(failed, Verdict::Transient, (None, None));
}

/// A name with a label of 64 letters is none, which the resolver knows without asking anybody.
#[tokio::test]
async fn a_name_that_is_unknown_has_sent_nothing() {
    let failed = failure(config(format!("{}.invalid", "x".repeat(64)))).await;
    is_recorded(failed, Verdict::Transient, (None, None));
}

#[cfg(target_os = "linux")] // elsewhere the queue is longer
#[tokio::test]
async fn a_connection_that_takes_too_long_to_make_has_sent_nothing() {
    let (address, _full) = full().await;
    let limit = TimeoutConfig::builder().connect_timeout(Duration::from_millis(50));
    let failed = failure(config(address).timeout_config(limit.build())).await;
    assert!(matches!(&failed, SdkError::DispatchFailure(failure) if failure.is_timeout()));
    is_recorded(failed, Verdict::Transient, (None, None));
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_answer_leaves_doubt() {
    for address in [
        serve(vec![String::new()]).await,
        answers_and_resets("").await,
        answers_and_resets("HTTP/1.1 200 OK\r\nContent-Le").await,
    ] {
        let failed = failure(config(address)).await;
        assert!(matches!(failed, SdkError::DispatchFailure(_)), "{failed:?}");
        is_recorded(failed, Verdict::Unknown, (None, None));
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_leaves_doubt() {
    let address = silent().await;
    let limit = Duration::from_millis(50);
    for limits in [
        TimeoutConfig::builder().operation_timeout(limit),
        TimeoutConfig::builder().operation_attempt_timeout(limit),
    ] {
        let failed = failure(config(address).timeout_config(limits.build())).await;
        assert!(matches!(failed, SdkError::TimeoutError(_)), "{failed:?}");
        is_recorded(failed, Verdict::Unknown, (None, None));
    }
    let limits = TimeoutConfig::builder().read_timeout(limit);
    let failed = failure(config(address).timeout_config(limits.build())).await;
    assert!(matches!(&failed, SdkError::DispatchFailure(failure) if failure.is_timeout()));
    is_recorded(failed, Verdict::Unknown, (None, None));
}

#[tokio::test]
async fn an_answer_that_is_not_http_leaves_doubt() {
    let failed = failure(config(answers_and_resets("no HTTP\r\n\r\n").await)).await;
    assert!(matches!(failed, SdkError::DispatchFailure(_)), "{failed:?}");
    is_recorded(failed, Verdict::Unknown, (None, None));
}

#[tokio::test]
async fn an_answer_that_ends_too_early_leaves_doubt() {
    for status in [200, 400] {
        let cut = format!("HTTP/1.1 {status} Cut\r\ncontent-length: 10\r\n\r\n12345");
        let failed = failure(config(serve(vec![cut]).await)).await;
        assert!(matches!(failed, SdkError::ResponseError(_)), "{failed:?}");
        is_recorded(failed, Verdict::Unknown, (Some(status), None));
    }
}

/// The client reports it as an error of the service.
#[tokio::test]
async fn a_success_that_cannot_be_read_leaves_doubt() {
    let address = serve(vec![answer("200 OK", "", "no JSON")]).await;
    let client = Client::from_conf(config(address).build());
    let read = client.get_connection().connection_id("guest");
    let failed = read.send().await.unwrap_err();
    assert!(matches!(failed, SdkError::ServiceError(_)), "{failed:?}");
    is_recorded(failed, Verdict::Unknown, (Some(200), None));
}

#[tokio::test]
async fn a_request_that_cannot_be_made_was_not_sent() {
    let client = Client::from_conf(config(silent().await).build());
    let failed = client.post_to_connection().send().await.unwrap_err();
    assert!(
        matches!(failed, SdkError::ConstructionFailure(_)),
        "{failed:?}"
    );
    is_recorded(failed, Verdict::Transient, (None, None));
}

/// A provider whose session has ended.
#[derive(Debug)]
struct Expired;

impl ProvideCredentials for Expired {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let expired = CredentialsError::provider_error("the session has expired");
        future::ProvideCredentials::ready(Err(expired))
    }
}

#[tokio::test]
async fn a_request_without_credentials_was_not_sent() {
    let address = silent().await;
    let failed = failure(unsigned(address).credentials_provider(Expired)).await;
    is_recorded(failed, Verdict::Transient, (None, None));
}

/// Nothing is sent, but the type of this error is private.
#[tokio::test]
async fn a_client_without_a_provider_of_credentials_cannot_be_told_apart() {
    let failed = failure(unsigned(silent().await)).await;
    assert!(matches!(failed, SdkError::DispatchFailure(_)), "{failed:?}");
    is_recorded(failed, Verdict::Unknown, (None, None));
}

/// The first request may have been carried out, but the error is that of the second. So the client's own
/// retries are to be turned off.
#[tokio::test]
async fn a_client_that_retries_reports_the_last_answer_alone() {
    let answers = vec![
        answer("503 Busy", "ServiceUnavailable", "{}"),
        answer("429 Slow", "LimitExceededException", "{}"),
    ];
    let twice = RetryConfig::standard().with_max_attempts(2);
    let twice = twice.with_initial_backoff(Duration::from_millis(1));
    let failed = failure(config(serve(answers).await).retry_config(twice)).await;
    let code = Some("LimitExceededException");
    is_recorded(failed, Verdict::Transient, (Some(429), code));
}

saga! {
    #[classify(Aws::verdict)]
    #[retry(1)]
    saga Tell(guest: String) with (client: Client) -> Result<(), Aws> {
        #[idempotent]
        step message(client, guest, _key) { tell(client, guest).await }
            compensate none
    }
}

async fn tell(client: &Client, guest: &str) -> Result<(), Aws> {
    let message = client.post_to_connection().connection_id(guest);
    message.send().await?;
    Ok(())
}

#[tokio::test]
async fn a_saga_ends_clean_only_if_its_request_was_not_sent() {
    for (address, clean) in [
        (nobody().await, true),
        (answers_and_resets("").await, false),
    ] {
        let client = Client::from_conf(config(address).build());
        let guest = "guest".to_owned();
        let tell = Tell { guest }.with(client).id("order-42");
        let error = tell.await.unwrap_err();
        assert_eq!(error.is_clean(), clean, "{error}");
    }
}
