//! The trip saga, of which each bug is a variant: `trip! { Name, part = path, … }` replaces one
//! piece of its code by another.

use crate::testing::vendors::{VendorError, World};
use typed_saga::{
    runtime::{Machine, Prepared},
    testing::Explorer,
};

/// Explores a trip saga in the world of its vendors.
pub(crate) fn explore<M: Machine<Error = VendorError>>(
    trip: impl Fn(&World) -> Prepared<M> + 'static,
) -> Explorer<World, M> {
    typed_saga::testing::explore(World::new, trip)
        .error(|verdict| Some(VendorError::sample(verdict)))
        .outage(World::set_down)
        .ledger(World::effects)
        .invariant(|world, _| world.others_keep_theirs())
}

macro_rules! trip {
    (
        $name:ident
        $(, classify = $classify:path)?
        $(, hold = $hold:path)?
        $(, release = $release:path)?
        $(, cancel_hotel = $cancel_hotel:path)?
        $(, book_car = $book_car:path)?
        $(, find_car = $find_car:path)?
        $(, cancel_car = $cancel_car:path)?
        $(, late = $late:literal)?
    ) => {
        $crate::testing::trip::trip! { @
            $name
            [$($classify,)? $crate::testing::vendors::VendorError::verdict]
            [$($hold,)? $crate::testing::vendors::Vendor::book]
            [$($release,)? $crate::testing::vendors::Vendor::cancel]
            [$($cancel_hotel,)? $crate::testing::vendors::Vendor::cancel_key]
            [$($book_car,)? $crate::testing::vendors::Vendor::book]
            [$($find_car,)? $crate::testing::vendors::Vendor::find]
            [$($cancel_car,)? $crate::testing::vendors::Vendor::cancel]
            [$($late,)? 2s]
        }
    };
    (@
        $name:ident
        [$classify:path $(, $c:path)?]
        [$hold:path $(, $h:path)?]
        [$release:path $(, $r:path)?]
        [$cancel_hotel:path $(, $ch:path)?]
        [$book_car:path $(, $bc:path)?]
        [$find_car:path $(, $fc:path)?]
        [$cancel_car:path $(, $cc:path)?]
        [$late:literal $(, $l:literal)?]
    ) => {
        typed_saga::saga! {
            #[classify($classify)]
            #[timeout(1s)]
            pub(crate) durable saga $name()
            with (
                billing: $crate::testing::vendors::Vendor,
                hotels: $crate::testing::vendors::Vendor,
                cars: $crate::testing::vendors::Vendor,
                charges: $crate::testing::vendors::Vendor,
                mails: $crate::testing::vendors::Vendor,
            )
            -> Result<String, $crate::testing::vendors::VendorError>
            {
                read rates(billing) -> u32 = $crate::testing::vendors::Vendor::rates
                    fallback() { Ok(1) }

                #[retry(3, 20ms..200ms)] #[idempotent] #[after(rates)]
                step authorization(billing, key) -> $crate::testing::vendors::Booking = $hold
                    #[retry(5, 50ms..2s)]
                    compensate(billing, authorization) = $release;

                concurrent {
                    #[savepoint(1, 10ms..100ms)] #[retry(1)]
                    step hotel(hotels, key) -> $crate::testing::vendors::Booking = $crate::testing::vendors::Vendor::book
                        #[by_key]
                        compensate(hotels, key) = $cancel_hotel;

                    #[late($late)]
                    #[retry(3, 10ms..100ms)]
                    step car(cars, key) -> $crate::testing::vendors::Booking = $book_car
                        resolve(cars, key) = $find_car
                        compensate(cars, car) = $cancel_car;
                }

                #[retry(3, 10ms..100ms)] #[idempotent]
                pivot charge(charges, authorization, key) -> $crate::testing::vendors::Booking {
                    let _ = authorization;
                    charges.book(key).await
                }

                #[retry(forever, 10ms..500ms)] #[idempotent]
                step confirmation(mails, hotel, car, charge, key) -> $crate::testing::vendors::Booking {
                    let _ = (hotel, car, charge);
                    mails.book(key).await
                }

                format!("{} at {rates}", confirmation.reference)
            }
        }

        impl $name {
            pub(crate) fn prepare(world: &$crate::testing::vendors::World) -> typed_saga::runtime::Prepared<impl typed_saga::runtime::Machine<Error = $crate::testing::vendors::VendorError> + use<>> {
                let $crate::testing::vendors::World { billing, hotels, cars, charges, mails, .. } = world;
                $name {}
                    .with(billing.clone(), hotels.clone(), cars.clone(), charges.clone(), mails.clone())
                    .id("trip-1")
            }
        }
    };
}
pub(crate) use trip;
