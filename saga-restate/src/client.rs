//! Submits sagas, and asks about them, over Restate's ingress.

use crate::{
    ended::Ended,
    entry::Reply,
    mail::{Asked, Sent, Status},
    run::DEADLINE,
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy, rt::TokioExecutor};
use restate_sdk::{
    ingress::{self, ClientError, Output, RequestExecutor, RequestTarget, SendStatus},
    serde::Json,
};
use serde_json::value::RawValue;
use std::{error::Error, time::Duration};
use thiserror::Error;
use typed_saga::{
    engine::{Action, Attribution, EngineError, Submission},
    runtime::{Durable, Id, for_tools::Signals},
};

/// Submits sagas to a Restate server, and asks about them.
#[derive(Clone)]
pub struct Client<E = Plain> {
    ingress: ingress::Client<E>,
}

/// Whether a saga was there before it was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It begins.
    New,
    /// There is one with this id: it runs, or has ended. Its inputs are not compared;
    /// [`Status::input`] has them.
    There,
}

/// Why the client could not do what was asked of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Failed {
    /// The saga cannot be submitted, whatever the server says.
    #[error(transparent)]
    Saga(#[from] EngineError),
    /// What was sent, or given, is not what the saga says.
    #[error("{what}: {why}")]
    Value {
        /// Which value.
        what: String,
        /// Why.
        why: String,
    },
    /// The server did not do it, or cannot be reached: then it is not known whether it was done.
    /// Repeating the request is harmless.
    #[error("Restate: {0}")]
    Ingress(#[from] Box<ClientError>),
}

impl From<ClientError> for Failed {
    fn from(error: ClientError) -> Self {
        Self::Ingress(Box::new(error))
    }
}

/// Plain HTTP.
#[derive(Clone, Debug)]
pub struct Plain(legacy::Client<legacy::connect::HttpConnector, Full<Bytes>>);

impl RequestExecutor for Plain {
    type Error = Box<Transport>;

    async fn execute(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Self::Error> {
        let request = request.map(Full::new);
        let failed = |error: Box<dyn Error + Send + Sync>| Box::new(Transport(error));
        let response = self.0.request(request).await;
        let (parts, body) = response.map_err(|error| failed(error.into()))?.into_parts();
        let body = body.collect().await.map_err(|error| failed(error.into()))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

/// The server cannot be reached.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Transport(Box<dyn Error + Send + Sync>);

impl Client {
    /// To a server's ingress: `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// If that is no address.
    pub fn connect(ingress: &str) -> Result<Self, Failed> {
        Ok(Self::of(Self::ingress(ingress)?))
    }

    /// The client of the SDK, over plain HTTP: for what is no saga.
    ///
    /// # Errors
    /// If that is no address.
    pub fn ingress(ingress: &str) -> Result<ingress::Client<Plain>, Failed> {
        let wrong = |why: String| Failed::Value {
            what: "the address of the ingress".to_owned(),
            why,
        };
        let uri = ingress.parse::<http::Uri>();
        let uri = uri.map_err(|error| wrong(error.to_string()))?;
        let mut connector = legacy::connect::HttpConnector::new();
        connector.set_nodelay(true);
        let plain = Plain(legacy::Client::builder(TokioExecutor::new()).build(connector));
        ingress::Client::new(uri, plain).map_err(|error| wrong(error.to_string()))
    }
}

impl<E: RequestExecutor> Client<E> {
    /// Over a client of the SDK, which may speak TLS and have credentials.
    #[must_use]
    pub fn of(ingress: ingress::Client<E>) -> Self {
        Self { ingress }
    }

    /// Submits a saga under an id, once: submitting the same id again joins the saga that is there,
    /// whatever its inputs. Restate answers that the id is taken, and not with what, so inputs are
    /// not compared, as an engine does: [`status`](Self::status) has those of the first submission.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn submit<S: Durable>(
        &self,
        id: impl Into<Id>,
        saga: &S,
    ) -> Result<Submitted, Failed> {
        self.send(id.into(), saga, None).await
    }

    /// Submits a saga with a deadline: it rolls back if it has not passed its pivot this long after
    /// it began.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn submit_within<S: Durable>(
        &self,
        id: impl Into<Id>,
        saga: &S,
        limit: Duration,
    ) -> Result<Submitted, Failed> {
        self.send(id.into(), saga, Some(limit)).await
    }

    async fn send<S: Durable>(
        &self,
        id: Id,
        saga: &S,
        limit: Option<Duration>,
    ) -> Result<Submitted, Failed> {
        let submission = Submission::new(id, saga)?;
        let row = submission.row();
        let input = raw("the inputs", row.input.clone())?;
        let target = target(&row.saga.saga, &row.saga.id, "run");
        let mut request = self.ingress.request::<_, Json<()>>(target, Json(input));
        if let Some(limit) = limit {
            let millis = HeaderValue::from_str(&limit.as_millis().to_string());
            let millis = millis.expect("a number is a header");
            request = request.header(HeaderName::from_static(DEADLINE), millis);
        }
        Ok(match request.send().await?.send_status() {
            SendStatus::Accepted => Submitted::New,
            SendStatus::PreviouslyAccepted => Submitted::There,
        })
    }

    /// Waits until the saga has ended, its `finally` has run, and its events are delivered.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn attach<S: Durable>(&self, id: &str) -> Result<Ended<S::Output>, Failed> {
        let handle = self.invocation::<S>(id).await?;
        let Json(ended) = handle.attach().await?.into_body();
        read::<S>(ended)
    }

    /// How the saga has ended, if all that [`attach`](Self::attach) waits for is over.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn ended<S: Durable>(&self, id: &str) -> Result<Option<Ended<S::Output>>, Failed> {
        let handle = self.invocation::<S>(id).await?;
        match handle.output().await?.into_body() {
            Output::Ready(Json(ended)) => read::<S>(ended).map(Some),
            Output::NotReady => Ok(None),
        }
    }

    /// Asks the saga to compensate, once it has begun. The saga decides when its running call has
    /// ended; if it is too late by then, it continues.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn cancel<S: Durable>(&self, id: &str) -> Result<Reply, Failed> {
        let who = Attribution::default();
        self.ask::<S>(id, Action::Cancel, who, false).await
    }

    /// Sends the saga a signal, and waits until the signal is recorded or refused. A running saga
    /// handles it when it next waits.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn signal<S: Durable>(&self, id: &str, signal: S::Signal) -> Result<Reply, Failed> {
        let (step, value) = signal.write();
        let signal = S::DEFINITION.steps[usize::from(step)].name.to_string();
        let value = value.unwrap_or_else(|| Err("it is not serialised".to_owned()));
        let value = value.map_err(|why| Failed::Value {
            what: signal.clone(),
            why,
        })?;
        let value = raw(&signal, value)?;
        self.call::<S, _>(id, "signal", Sent { signal, value })
            .await
    }

    /// Resumes, settles, abandons or cancels a saga.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn act<S: Durable>(
        &self,
        id: &str,
        action: Action,
        who: Attribution,
    ) -> Result<Reply, Failed> {
        self.ask::<S>(id, action, who, false).await
    }

    /// What would follow from that, if every call then succeeded.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn plan<S: Durable>(&self, id: &str, action: Action) -> Result<Reply, Failed> {
        let who = Attribution::default();
        self.ask::<S>(id, action, who, true).await
    }

    async fn ask<S: Durable>(
        &self,
        id: &str,
        action: Action,
        who: Attribution,
        dry_run: bool,
    ) -> Result<Reply, Failed> {
        let asked = Asked {
            action,
            who,
            dry_run,
        };
        self.call::<S, _>(id, "ask", asked).await
    }

    /// What the saga does, or why it does not move.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn status<S: Durable>(&self, id: &str) -> Result<Status, Failed> {
        let target = target(&S::DEFINITION.name, id, "status");
        let request = self.ingress.request::<(), Json<Status>>(target, ());
        Ok(request.call().await?.into_body()?.into_inner())
    }

    async fn call<
        S: Durable,
        T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    >(
        &self,
        id: &str,
        handler: &str,
        asked: T,
    ) -> Result<Reply, Failed> {
        let target = target(&S::DEFINITION.name, id, handler);
        let request = self.ingress.request::<_, Json<Reply>>(target, Json(asked));
        Ok(request.call().await?.into_body()?.into_inner())
    }

    async fn invocation<S: Durable>(
        &self,
        id: &str,
    ) -> Result<ingress::InvocationHandle<E, Json<Ended<Box<RawValue>>>>, Failed> {
        let name = S::DEFINITION.name.to_string();
        Ok(self.ingress.lookup_workflow(name, id, None).await?)
    }
}

impl<E> std::fmt::Debug for Client<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn target(saga: &str, id: &str, handler: &str) -> RequestTarget {
    RequestTarget::workflow(saga, id, handler)
}

fn raw(what: &str, json: String) -> Result<Box<RawValue>, Failed> {
    RawValue::from_string(json).map_err(|error| Failed::Value {
        what: what.to_owned(),
        why: error.to_string(),
    })
}

/// An end with its output by value.
fn read<S: Durable>(ended: Ended<Box<RawValue>>) -> Result<Ended<S::Output>, Failed> {
    Ok(match ended {
        Ended::Completed(output) => {
            let output = S::OUTPUT.decode(output.get());
            Ended::Completed(output.map_err(|why| Failed::Value {
                what: "the output".to_owned(),
                why,
            })?)
        }
        Ended::OutputLost { why } => Ended::OutputLost { why },
        Ended::Compensated {
            error,
            left,
            perhaps_left,
        } => Ended::Compensated {
            error,
            left,
            perhaps_left,
        },
        Ended::Abandoned { by, why } => Ended::Abandoned { by, why },
    })
}
