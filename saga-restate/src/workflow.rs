//! A saga as a workflow: its settings, its description for Restate, and its handlers.

use crate::{
    flow::Flow,
    mail, run,
    timing::{self, Unfit},
};
use restate_sdk::{
    discovery::{
        Handler, HandlerName, HandlerType, InputPayload, OutputPayload, Service as Discovered,
        ServiceName, ServiceType,
    },
    endpoint::{ContextInternal, Error},
    service::{
        Service, ServiceDefinition,
        macro_support::{ServiceBoxFuture, service_definition},
    },
};
use std::{fmt, sync::Arc, time::Duration};
use typed_saga::{
    Observer,
    engine::for_logs::Solo,
    runtime::{Durable, ServicesOf},
};

/// A saga as a workflow of Restate: it has the saga's name, and its key is the saga's id.
/// [`workflow`] returns it.
pub struct Workflow<S> {
    solo: Solo<S>,
    guard: Duration,
    watched: bool,
    retention: Option<Duration>,
}

/// Makes the durable saga `S` a workflow of Restate, with its services, in the struct that `saga!`
/// declares for them: `workflow::<BookTrip>(BookTripServices { … })`.
///
/// # Panics
/// If the saga takes a lock: only the store of an engine keeps locks.
#[must_use]
pub fn workflow<S>(services: impl ServicesOf<S>) -> Workflow<S> {
    Workflow {
        solo: Solo::new(services),
        guard: Duration::from_secs(1),
        watched: false,
        retention: None,
    }
}

/// Up to which length a wait is slept through in memory.
const NAP: Duration = Duration::from_secs(1);

/// What else an invocation may take without a word, beside the longest call and a nap.
const SLACK: Duration = Duration::from_secs(2);

impl<S: Durable> Workflow<S> {
    /// How long after a commit was sent its calls may start. Default: one second. `#[late]` must
    /// cover this and the timeout of the step. With a shorter guard, more invocations start again
    /// when Restate is slow.
    #[must_use]
    pub fn guard(mut self, guard: Duration) -> Self {
        self.guard = guard;
        self
    }

    /// Keeps every commit in the state of the workflow, too, so that `status` has the history of a saga
    /// while it runs, and not only while it waits. It costs about a tenth of the throughput.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watched = true;
        self
    }

    /// How long Restate keeps a workflow that has ended. Its id stays taken for that time.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Adds an observer of all runs; there may be several. An observer is notified of an event
    /// before the event is recorded, so after a crash it may be notified of the event again.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.solo = self.solo.observe(observer);
        self
    }

    /// The service for an endpoint of the SDK: `Endpoint::builder().bind(…)`.
    ///
    /// # Errors
    /// [`Unfit`] if the saga cannot run on Restate as it is declared.
    ///
    /// # Panics
    /// If the saga's name is not a valid name for Restate: one that does not begin with a letter.
    pub fn service(self) -> Result<ServiceDefinition, Unfit> {
        let Self {
            solo,
            guard,
            watched,
            retention,
        } = self;
        timing::check(S::DEFINITION, guard)?;
        let discovered = discovered::<S>(guard, retention);
        let solo = solo.guard(guard).nap(NAP);
        let flow = Arc::new(Flow { solo, watched });
        Ok(service_definition(Dispatch(flow), discovered))
    }
}

impl<S: Durable> fmt::Debug for Workflow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workflow")
            .field("solo", &self.solo)
            .field("watched", &self.watched)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

struct Dispatch<S>(Arc<Flow<S>>);

impl<S: Durable> Service for Dispatch<S> {
    type Future = ServiceBoxFuture;

    // The futures are boxed: rust-lang/rust#100013.
    fn handle(&self, ctx: ContextInternal) -> Self::Future {
        let flow = Arc::clone(&self.0);
        Box::pin(async move {
            match ctx.handler_name() {
                "run" => {
                    let (input, given) = ctx.input::<Vec<u8>>().await;
                    let ended = run::run(&flow, &ctx, input, given).await;
                    ctx.handle_handler_result(ended);
                }
                "ask" => {
                    let (asked, given) = ctx.input().await;
                    let reply = mail::ask(&flow, &ctx, asked, given).await;
                    ctx.handle_handler_result(reply);
                }
                "signal" => {
                    let (signal, given) = ctx.input().await;
                    let reply = mail::signal(&ctx, signal, given).await;
                    ctx.handle_handler_result(reply);
                }
                "status" => {
                    let ((), given) = ctx.input().await;
                    let status = mail::status(&flow, &ctx, &given).await;
                    ctx.handle_handler_result(status);
                }
                other => return Err(Error::unknown_handler(ctx.service_name(), other)),
            }
            ctx.end();
            Ok(())
        })
    }
}

/// What Restate is told of the workflow.
fn discovered<S: Durable>(guard: Duration, retention: Option<Duration>) -> Discovered {
    let definition = S::DEFINITION;
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let silent = millis(timing::longest(definition) + NAP + guard + SLACK);
    let name = ServiceName::try_from(definition.name.to_string());
    let handler = |name: &str, ty, documentation: &str| Handler {
        name: HandlerName::try_from(name).expect("it is one"),
        ty: Some(ty),
        documentation: Some(documentation.to_owned()),
        input: Some(InputPayload {
            content_type: Some("*/*".to_owned()),
            json_schema: None,
            required: Some(name != "status"),
        }),
        output: Some(OutputPayload {
            content_type: Some("application/json".to_owned()),
            json_schema: None,
            set_content_type_if_empty: Some(false),
        }),
        metadata: std::collections::HashMap::default(),
        abort_timeout: None,
        inactivity_timeout: None,
        journal_retention: None,
        idempotency_retention: None,
        workflow_completion_retention: None,
        enable_lazy_state: None,
        ingress_private: None,
        retry_policy_initial_interval: None,
        retry_policy_max_interval: None,
        retry_policy_max_attempts: None,
        retry_policy_exponentiation_factor: None,
        retry_policy_on_max_attempts: None,
    };
    let run = Handler {
        workflow_completion_retention: retention.map(millis),
        inactivity_timeout: Some(silent),
        abort_timeout: Some(silent),
        enable_lazy_state: Some(true),
        retry_policy_initial_interval: Some(50),
        retry_policy_exponentiation_factor: Some(2.0),
        retry_policy_max_interval: Some(10_000),
        // As good as for ever: without a number the invocation would pause after 70.
        retry_policy_max_attempts: Some(u32::MAX.into()),
        ..handler("run", HandlerType::Workflow, "Runs the saga to its end.")
    };
    let shared = |name, documentation| handler(name, HandlerType::Shared, documentation);
    Discovered {
        ty: ServiceType::Workflow,
        name: name.expect("a saga's name is an identifier"),
        handlers: vec![
            run,
            shared(
                "ask",
                "Resumes, settles, abandons or cancels the saga, or tells what would follow.",
            ),
            shared("signal", "Sends the saga a signal."),
            shared("status", "What the saga does, or why it does not move."),
        ],
        documentation: None,
        metadata: std::collections::HashMap::default(),
        abort_timeout: None,
        inactivity_timeout: None,
        journal_retention: None,
        idempotency_retention: None,
        enable_lazy_state: None,
        ingress_private: None,
        retry_policy_initial_interval: None,
        retry_policy_max_interval: None,
        retry_policy_max_attempts: None,
        retry_policy_exponentiation_factor: None,
        retry_policy_on_max_attempts: None,
    }
}
