//! Statuses of HTTP: each row of the table, as a number and as the type of the crate `http`.

use crate::common::table;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header::RETRY_AFTER};
use typed_saga::Verdict;
use typed_saga_classify::http::{Http, code, status};

const SOURCE: &str = include_str!("../../src/http.rs");

#[test]
fn every_status_means_what_the_table_says() {
    let rows = table(SOURCE, "status");
    for number in 100..=999 {
        let said: Vec<_> = rows
            .iter()
            .filter(|row| row.codes.contains(&number.to_string()))
            .filter(|row| !row.codes.contains(&"Retry-After".to_owned())) // the next test
            .map(|row| row.verdict.as_str())
            .collect();
        let said = match said[..] {
            [] => "Unknown",
            [said] => said,
            _ => panic!("{number} stands in several rows"),
        };
        let verdict = code(number);
        assert_eq!(format!("{verdict:?}"), said, "{number}");
        let typed = StatusCode::from_u16(number).unwrap();
        assert_eq!(status(typed, &HeaderMap::new()), verdict, "{number}");
    }
}

#[test]
fn retry_after_speaks_for_a_503_that_no_proxy_could_have_said() {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    let of = |number, headers: &HeaderMap| status(StatusCode::from_u16(number).unwrap(), headers);
    assert_eq!(of(503, &headers), Verdict::Transient);
    assert_eq!(of(500, &headers), Verdict::Unknown);
    assert_eq!(of(504, &headers), Verdict::Unknown);
    for (name, value) in [("via", "1.1 varnish"), ("x-varnish", "32770")] {
        let mut headers = headers.clone();
        headers.insert(name, HeaderValue::from_static(value));
        assert_eq!(of(503, &headers), Verdict::Unknown, "{name}");
    }
}

/// As some clients have it for "no answer", or for a protocol of their own.
#[test]
fn a_number_that_is_no_status_says_nothing() {
    for number in [0, 1, 99, 1000, u16::MAX] {
        assert_eq!(code(number), Verdict::Unknown, "{number}");
    }
}

/// Whatever its body is.
#[test]
fn a_response_is_recorded_with_what_its_headers_say() {
    let answer = |status: u16| Response::builder().status(status);
    let turned_away = answer(503).header("retry-after", "1").body(()).unwrap();
    let refused = answer(402).body("no".to_owned()).unwrap();
    for (recorded, verdict, text) in [
        (
            Http::from(turned_away),
            Verdict::Transient,
            "the answer is 503 Service Unavailable",
        ),
        (
            Http::from(refused),
            Verdict::Refused,
            "the answer is 402 Payment Required",
        ),
    ] {
        assert_eq!(recorded.verdict(), verdict);
        assert_eq!(recorded.to_string(), text);
        let json = serde_json::to_string(&recorded).unwrap();
        assert_eq!(serde_json::from_str::<Http>(&json).unwrap(), recorded);
        let status = recorded.status().unwrap();
        assert!(text.ends_with(&status.to_string()), "{json}");
    }
}
