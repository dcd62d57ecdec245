//! How sagas come to their ends, and what is told of that, in the words that the audit reads.

use super::{
    line::Line,
    sagas::{Rent, Shape, Stay, Tour, Trip},
    visits::Visit,
};
use std::{convert::Infallible, time::Duration};
use typed_saga::{
    Completeness,
    engine::{Attribution, DurableOutcome, Engine, EngineError, Filter, Row, SagaId, State},
};

/// Those that the audit knows.
const SAGAS: [&str; 5] = ["Rent", "Stay", "Tour", "Trip", "Visit"];

/// The sagas that have not ended.
pub(crate) async fn unended(engine: &Engine) -> Vec<SagaId> {
    let filter = Filter {
        states: vec![State::Running, State::Waiting, State::Parked],
        ..Filter::default()
    };
    let rows = engine.list(filter).await.expect("the file can be read");
    let sagas = rows.into_iter().map(|row| row.saga);
    sagas.filter(|one| SAGAS.contains(&&*one.saga)).collect()
}

/// Waits for the end of a saga of an earlier life. One that is parked is resumed: it was cut off
/// too often in a row, or its vendor failed it too often.
pub(crate) async fn follow(engine: Engine, line: Line, saga: SagaId) {
    match &*saga.saga {
        "Rent" => follow_as::<Rent>(&engine, &line, &saga.id).await,
        "Stay" => follow_as::<Stay>(&engine, &line, &saga.id).await,
        "Tour" => follow_as::<Tour>(&engine, &line, &saga.id).await,
        "Visit" => follow_as::<Visit>(&engine, &line, &saga.id).await,
        _ => follow_as::<Trip>(&engine, &line, &saga.id).await,
    }
}

async fn follow_as<S: Shape>(engine: &Engine, line: &Line, id: &str) {
    let handle = engine.handle::<S>(id).await.expect("it is on record");
    let status = handle.status().await.expect("it is on record");
    if status.row.state == State::Parked {
        line.note(format_args!("resumed {id}"));
        match engine
            .resume::<S>(id, Attribution::new("the test", "it was cut off"))
            .await
        {
            // Somebody else may have resumed it.
            Ok(()) | Err(EngineError::Stopped { .. } | EngineError::Refused { .. }) => {}
            Err(error) => panic!("{id}: {error}"),
        }
    }
    tell(
        line,
        id,
        signalling::<S, _>(engine, id, handle.outcome()).await,
    );
}

/// Resumes what is parked, again and again: others may wait for the keys that it has.
pub(crate) async fn operate(engine: Engine) {
    loop {
        let filter = Filter {
            saga: Some("Visit".into()),
            states: vec![State::Parked],
            ..Filter::default()
        };
        // The store may be away.
        for row in engine.list(filter).await.unwrap_or_default() {
            let who = Attribution::new("the test", "others wait");
            drop(engine.resume::<Visit>(&row.saga.id, who).await);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sends the saga its signal until it has ended: whoever sends it never knows whether an earlier
/// life has heard.
pub(crate) async fn signalling<S: Shape, T>(
    engine: &Engine,
    id: &str,
    ends: impl Future<Output = T>,
) -> T {
    let send = async {
        while let Some(signal) = S::signal() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            drop(engine.signal::<S>(id, signal).await);
        }
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        ended = ends => ended,
        never = send => match never {},
    }
}

pub(crate) fn tell<S: Shape>(
    line: &Line,
    id: &str,
    outcome: Result<DurableOutcome<S>, EngineError>,
) {
    match outcome {
        Ok(DurableOutcome::Parked(parked)) => line.note(format_args!("parked {id} {parked}")),
        Ok(outcome) => line.note(format_args!("ended {id} {}", told(outcome))),
        Err(EngineError::Stopped { .. }) => {}
        Err(error) => panic!("{id}: {error}"),
    }
}

/// In the words that the audit reads.
fn told<S: Shape>(outcome: DurableOutcome<S>) -> String {
    match outcome {
        DurableOutcome::Completed(standing) => {
            let steps = standing
                .iter()
                .map(|(step, reference)| format!(" {step}={reference}"));
            format!("completed{}", steps.collect::<String>())
        }
        DurableOutcome::Compensated(error) => match error.completeness() {
            Completeness::Compensated { left } => {
                let steps = left.iter().map(|left| format!(" {}", left.step));
                format!("compensated{}", steps.collect::<String>())
            }
            other => panic!("compensated, and yet {other:?}"),
        },
        other => format!("{other:?}"),
    }
}

/// The ends of all sagas on record.
pub(crate) async fn report(engine: &Engine, line: &Line) {
    let rows = engine
        .list(Filter::default())
        .await
        .expect("the file can be read");
    let known = |row: &Row| SAGAS.contains(&&*row.saga.saga);
    for row in rows.into_iter().filter(known) {
        let id = &*row.saga.id;
        let told = match &*row.saga.saga {
            "Rent" => end::<Rent>(engine, id).await,
            "Stay" => end::<Stay>(engine, id).await,
            "Tour" => end::<Tour>(engine, id).await,
            "Visit" => end::<Visit>(engine, id).await,
            _ => end::<Trip>(engine, id).await,
        };
        line.note(format_args!("final {id} {told}"));
    }
}

async fn end<S: Shape>(engine: &Engine, id: &str) -> String {
    let handle = engine.handle::<S>(id).await.expect("it is on record");
    told(handle.outcome().await.expect("it has ended"))
}
