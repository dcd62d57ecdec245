//! AWS: each row of the table, and each code.

use std::error::Error;
use std::io::{self, ErrorKind};

use crate::common::{answers_and_resets, nobody};
use crate::hyper::failure;
use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};
use typed_saga::Verdict;
use typed_saga_classify::aws::{Aws, error};

type Failed = SdkError<ErrorMetadata, HttpResponse>;

fn answer(status: u16) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty())
}

fn said(status: u16, code: &str) -> Failed {
    let error = ErrorMetadata::builder().code(code).message("why").build();
    SdkError::service_error(error, answer(status))
}

fn dispatched(kind: ErrorKind) -> Failed {
    SdkError::dispatch_failure(ConnectorError::io(io::Error::from(kind).into()))
}

fn other(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Failed {
    SdkError::dispatch_failure(ConnectorError::other(cause.into(), None))
}

const TURNED_AWAY: [&str; 23] = [
    "AccessDenied",
    "AccessDeniedException",
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SignatureDoesNotMatch",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnrecognizedClientException",
];

fn cases() -> Vec<(Failed, Verdict)> {
    let mut cases = vec![
        (
            SdkError::construction_failure("no table's name"),
            Verdict::Transient,
        ),
        (SdkError::timeout_error("late"), Verdict::Unknown),
        (
            SdkError::response_error("torn", answer(200)),
            Verdict::Unknown,
        ),
        (dispatched(ErrorKind::ConnectionRefused), Verdict::Transient),
        (dispatched(ErrorKind::AddrNotAvailable), Verdict::Transient),
        (dispatched(ErrorKind::ConnectionReset), Verdict::Unknown),
        (
            SdkError::dispatch_failure(ConnectorError::timeout("late".into())),
            Verdict::Unknown,
        ),
        (other("no provider of credentials"), Verdict::Unknown),
        (
            other(CredentialsError::not_loaded_no_source()),
            Verdict::Transient,
        ),
        // The connection is that of the provider.
        (
            other(CredentialsError::provider_error(io::Error::from(
                ErrorKind::ConnectionReset,
            ))),
            Verdict::Transient,
        ),
        (
            other(TokenError::not_loaded("no session")),
            Verdict::Transient,
        ),
    ];
    for code in TURNED_AWAY {
        cases.push((said(400, code), Verdict::Transient));
        cases.push((said(200, code), Verdict::Unknown));
    }
    for status in [401, 403, 429] {
        cases.push((said(status, "Something"), Verdict::Transient));
    }
    for code in ["ConditionalCheckFailedException", "ValidationException"] {
        cases.push((said(400, code), Verdict::Unknown));
    }
    for status in [404, 409, 500, 503] {
        cases.push((said(status, "Something"), Verdict::Unknown));
    }
    cases
}

#[test]
fn each_row_of_the_table() {
    for (failed, verdict) in cases() {
        assert_eq!(error(&failed), verdict, "{failed:?}");
    }
}

/// The SDK's client is that of hyper-util, whose error knows more than the kind of the connector's.
#[tokio::test]
async fn an_error_of_hyper_util_says_whether_there_was_a_connection() {
    for (address, verdict) in [
        (nobody().await, Verdict::Transient),
        (answers_and_resets("").await, Verdict::Unknown),
    ] {
        let cause = failure(address).await;
        let failed: Failed = SdkError::dispatch_failure(ConnectorError::timeout(cause.into()));
        assert_eq!(error(&failed), verdict, "{failed:?}");
        assert_eq!(Aws::from(failed).verdict(), verdict);
    }
}

#[test]
fn it_is_recorded_and_read_back() {
    for (failed, verdict) in cases() {
        let was = format!("{failed:?}");
        let recorded = Aws::from(failed);
        let json = serde_json::to_string(&recorded).unwrap();
        assert_eq!(
            serde_json::from_str::<Aws>(&json).unwrap(),
            recorded,
            "{was}"
        );
        assert_eq!(recorded.verdict(), verdict, "{was}");
    }
    let recorded = Aws::from(said(400, "SlowDown"));
    assert_eq!(
        (recorded.status(), recorded.code()),
        (Some(400), Some("SlowDown"))
    );
    assert!(recorded.to_string().contains("why"), "{recorded}");
    let recorded = Aws::from(dispatched(ErrorKind::ConnectionReset));
    assert_eq!((recorded.status(), recorded.code()), (None, None));
    let recorded = Aws::from(SdkError::<ErrorMetadata, _>::response_error(
        "torn",
        answer(502),
    ));
    assert_eq!((recorded.status(), recorded.code()), (Some(502), None));
}
