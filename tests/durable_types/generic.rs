//! Services that are parameters; what is kept mentions those of the inputs alone.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use typed_saga::{
    runtime::{Durable, InputsOf, Machine, Services, ServicesOf},
    saga,
};

use super::Refused;

trait Bank<T>: Clone + Send + Sync {
    fn charge(&self, sum: &T) -> impl Future<Output = Result<T, Refused>> + Send;
}

#[derive(Clone)]
struct Fake;

impl<T: Clone + Send + Sync> Bank<T> for Fake {
    async fn charge(&self, sum: &T) -> Result<T, Refused> {
        Ok(sum.clone())
    }
}

#[derive(Clone)]
struct Mailer<M>(PhantomData<M>);

#[derive(Clone, Serialize, Deserialize)]
struct Charge<T>(T);

#[derive(Serialize, Deserialize)]
struct Notes<const N: usize>(Vec<u8>);

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Pay<B, T: Serialize + DeserializeOwned, M, const N: usize>(sum: T, notes: Notes<N>)
    with (bank: B, mailer: Mailer<M>)
    -> Result<(Charge<T>, u8), Refused>
    where
        B: Bank<T>,
        T: Clone,
    {
        #[idempotent]
        step charge(bank, sum, _key) -> Charge<T> { Ok(Charge(bank.charge(sum).await?)) }
            compensate none;

        read note(notes, mailer) -> u8 { let _ = mailer; Ok(notes.0[0]) }

        (charge, note)
    }
}

type PayMachine = <PayServices<Fake, ()> as Services<Pay<u64, 2>>>::Machine;

#[test]
fn a_generic_service() {
    let services = PayServices {
        bank: Fake,
        mailer: Mailer(PhantomData::<()>),
    };
    let json = r#"{"sum":7,"notes":[]}"#;
    let input = Pay::<u64, 2>::INPUT.decode(json).unwrap();
    let machine: PayMachine = services.clone().give(input);
    drop(machine);
    let mut slots = <PayMachine as Machine>::Slots::default();
    PayMachine::load(&mut slots, 0, Some("7")).unwrap();
    assert_eq!(PayMachine::snapshot(slots).charge.unwrap().0, 7);
    let output = Pay::<u64, 2>::OUTPUT.encode(&(Charge(7), 1));
    assert_eq!(output.unwrap().unwrap(), "[7,1]");
}

/// The name of the saga that these services are of, as an engine takes them.
fn registered<S, V: ServicesOf<S>>(_: &V) -> &'static str {
    &V::Saga::DEFINITION.name
}

/// The saga, as an engine takes it.
fn submitted<S: Durable>(saga: impl InputsOf<S>) -> S {
    saga.inputs()
}

/// Where the saga is a parameter.
fn names<S: Durable>(saga: S, services: &impl Services<S>) -> [&'static str; 2] {
    let saga: S = submitted(saga);
    drop(saga);
    [registered(services), &S::DEFINITION.name]
}

#[test]
fn inputs_and_services_name_their_saga() {
    let services = PayServices {
        bank: Fake,
        mailer: Mailer(PhantomData::<()>),
    };
    assert_eq!(registered::<Pay<u64, 2>, _>(&services), "Pay");
    let input = Pay::<u64, 2>::INPUT.decode(r#"{"sum":7,"notes":[]}"#);
    let input = submitted(input.unwrap());
    assert_eq!(input.sum, 7);
    assert_eq!(names(input, &services), ["Pay", "Pay"]);
}
