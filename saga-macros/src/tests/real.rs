//! Reruns in sagas from real life: those that are accepted, and those that are refused until they say
//! what is meant.

use super::{checked, help, mistakes};

/// A saga with these nodes.
fn saga(nodes: &str) -> String {
    format!("saga S(order: Order) with (desk: Desk) -> Result<(), E> {{ {nodes} }}")
}

#[track_caller]
fn is_accepted(source: &str) {
    let (_, errors) = checked(source);
    assert_eq!(errors.found(), super::NO_MISTAKES, "in {source}");
}

/// Refused at `none`, and accepted with `again`.
#[track_caller]
fn needs_the_word(nodes: &str, (step, savepoint, after): (&str, &str, &str)) {
    let why = format!(
        "`{step}` may be applied when the saga reruns from the savepoint `{savepoint}`: after a failure \
         of `{after}`, the rerun would call `{step}` again, and nothing has undone it"
    );
    mistakes(&saga(nodes), &[("none", &why)]);
    is_accepted(&saga(&nodes.replacen(
        "compensate none",
        "compensate none again",
        1,
    )));
}

/// Refused at the path of the child, and accepted with `again` in the child.
#[track_caller]
fn needs_the_word_in(child: &str, parent: &str, (name, path, step, why): (&str, &str, &str, &str)) {
    let why = format!(
        "`{path}/{step}` may be applied when `{path}` runs again: {why}; that would call `{step}` again, \
         and nothing has undone it"
    );
    let parent = saga(parent);
    mistakes(&format!("{child} {parent}"), &[(name, &why)]);
    let child = child.replace("compensate none", "compensate none again");
    is_accepted(&format!("{child} {parent}"));
}

#[test]
fn a_mail_before_the_flight() {
    let travel = "#[savepoint(3, on(flight))] step hotel(desk) = f compensate(desk, hotel) = g; \
         step mail(desk, hotel) = f compensate none \
         step flight(desk, hotel) = f compensate(desk, flight) = g;";
    needs_the_word(travel, ("mail", "hotel", "flight"));
    let said = help(&saga(travel));
    let (_, ways) = said
        .split_once("help: do one of these:\n")
        .expect("it has ways");
    assert_eq!(
        ways.lines().map(str::trim).collect::<Vec<_>>(),
        [
            "move `mail` after `flight`",
            "move `#[savepoint]` to a step after `mail`",
            "name only steps before `mail` in `on(…)`: then a failure of `flight` no longer reruns",
            "`compensate(desk, key) { … }` undoes `mail` before the rerun",
            "`compensate none again`: the rerun calls `mail` again, and the outcome lists it",
        ]
    );
}

#[test]
fn an_audit_line() {
    needs_the_word(
        "#[savepoint(2)] read quote(desk) -> Q = f; step audited(desk, quote) = f compensate none \
         #[idempotent] pivot paid(desk, quote, key) = f;",
        ("audited", "quote", "paid"),
    );
}

#[test]
fn tokens_that_are_metered_for_each_draft() {
    needs_the_word(
        "#[savepoint(3)] read draft(desk) -> D = f; step metered(desk, draft) = f compensate none \
         read reviewed(desk, draft) = f;",
        ("metered", "draft", "reviewed"),
    );
}

#[test]
fn a_ledger_with_reversals() {
    is_accepted(&saga(
        "#[savepoint(2)] read rate(desk) -> R = f; step entry(desk, rate) -> N = f \
         compensate(desk, entry) = reverse; #[idempotent] pivot paid(desk, rate, key) = f;",
    ));
}

/// Each number is used: so it is taken when nothing is undone any more.
#[test]
fn an_invoice_number_without_gaps() {
    needs_the_word(
        "#[savepoint(2)] read rate(desk) -> R = f; step number(desk) -> N = f compensate none \
         #[idempotent] pivot paid(desk, rate, key) = f;",
        ("number", "rate", "paid"),
    );
    is_accepted(&saga(
        "#[savepoint(2)] read rate(desk) -> R = f; #[idempotent] pivot paid(desk, rate, key) = f; \
         #[idempotent] step number(desk, key) -> N = f;",
    ));
}

/// The agency knows the inquiry by the customer, and counts it once.
#[test]
fn a_credit_inquiry_before_an_offer() {
    needs_the_word(
        "read customer(desk) -> C = f; #[savepoint(3)] read offer(desk) -> O = f; \
         #[idempotent(by = customer)] step inquiry(desk, customer, _key) = f compensate none \
         step accepted(desk, offer) = f compensate(desk) = g;",
        ("inquiry", "offer", "accepted"),
    );
}

#[test]
fn a_message_to_the_picker_after_the_pivot() {
    is_accepted(&saga(
        "#[savepoint(2)] step stock(desk) -> S = f compensate(desk, stock) = g; \
         #[idempotent] pivot paid(desk, key) = f; #[idempotent] step sms(desk, stock, key) = f;",
    ));
}

#[test]
fn a_customer_that_is_created_before_the_savepoint() {
    is_accepted(&saga(
        "step customer(desk) -> C = f compensate none #[savepoint(2)] read plan(desk, customer) -> P = f; \
         step subscription(desk, plan) -> X = f compensate(desk, subscription) = g;",
    ));
}

#[test]
fn a_payroll() {
    needs_the_word_in(
        "saga Pay(employee: N) with (desk: Desk) -> Result<(), E> { \
         #[idempotent(by = employee)] step transfer(desk, employee, _key) = f compensate none \
         #[idempotent] step payslip(desk, transfer, key) = f compensate(desk) = g; }",
        "#[idempotent] pivot approved(desk, key) = f; for employee: N in (order => order.staff()) \
         step paid(employee) = saga Pay { employee: *employee } with (desk);",
        (
            "Pay",
            "paid",
            "transfer",
            "after the pivot `approved`, `paid` runs again until it succeeds",
        ),
    );
}

#[test]
fn onboarding_for_each_seat() {
    needs_the_word_in(
        "saga Onboard(seat: N) with (desk: Desk) -> Result<(), E> { \
         step account(desk, seat) -> A = f compensate(desk, account) = g; \
         #[idempotent(by = seat)] step licence(desk, seat, _key) = f compensate none }",
        "#[savepoint(2)] read plan(desk) -> P = f; for seat: N in (plan => plan.seats()) \
         step seats(seat) = saga Onboard { seat: *seat } with (desk); read billed(desk) = f;",
        (
            "Onboard",
            "seats",
            "licence",
            "`seats` runs again after a rollback to the savepoint `plan`",
        ),
    );
}

#[test]
fn parcels() {
    needs_the_word_in(
        "saga Parcel(n: N) with (desk: Desk) -> Result<(), E> { \
         step label(desk, n) -> L = f compensate(desk, label) = void; \
         step pickup(desk, label) = f compensate none }",
        "#[retry(2)] for n: N in (order => order.parcels()) \
         step parcels(n) = saga Parcel { n: *n } with (desk);",
        (
            "Parcel",
            "parcels",
            "pickup",
            "`#[retry]` runs `parcels` again after it has failed",
        ),
    );
}

/// A second copy on another host does no harm.
#[test]
fn an_image_in_the_cache_of_a_host() {
    needs_the_word(
        "#[savepoint(3)] read host(desk) -> H = f; step image(desk, host) = f compensate none \
         step started(desk, host) -> V = f compensate(desk, started) = stop;",
        ("image", "host", "started"),
    );
}

#[test]
fn a_project_that_is_tried_again() {
    let project = |told: &str| {
        format!(
            "saga Project(n: N) with (desk: Desk) -> Result<(), E> {{ \
             step repository(desk, n) -> R = f compensate(desk, repository) = g; \
             step hook(desk, repository) = f compensate with repository {told} }}"
        )
    };
    needs_the_word_in(
        &project("step told(desk, repository) = f compensate none"),
        "#[retry(3)] step project(order) = saga Project { n: order.n() } with (desk);",
        (
            "Project",
            "project",
            "told",
            "`#[retry]` runs `project` again after it has failed",
        ),
    );
    // It is told once, when the project is there.
    let parent = saga(
        "#[retry(3)] step project(order) = saga Project { n: order.n() } with (desk); \
         step told(desk, project) = f compensate none",
    );
    is_accepted(&format!("{} {parent}", project("")));
}

#[test]
fn an_upload_and_its_manifest() {
    is_accepted(&saga(
        "#[savepoint(2)] step upload(desk) -> U = f compensate(desk, upload) = g; \
         step manifest(desk, upload) = f compensate none",
    ));
}
