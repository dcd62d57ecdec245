//! The trip saga, of which each bug is a variant: `trip! { Name, part = path, … }` replaces one
//! piece of its code by another.

use crate::vendors::{VendorError, World};
use saga::{
    runtime::{Machine, Prepared},
    testing::Explorer,
};

/// Explores a trip saga in the world of its vendors.
pub(crate) fn explore<M: Machine<Error = VendorError>>(
    trip: impl Fn(&World) -> Prepared<M> + 'static,
) -> Explorer<World, M> {
    saga::testing::explore(World::new, trip)
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
        $crate::trip::trip! { @
            $name
            [$($classify,)? $crate::vendors::VendorError::verdict]
            [$($hold,)? $crate::vendors::Vendor::book]
            [$($release,)? $crate::vendors::Vendor::cancel]
            [$($cancel_hotel,)? $crate::vendors::Vendor::cancel_key]
            [$($book_car,)? $crate::vendors::Vendor::book]
            [$($find_car,)? $crate::vendors::Vendor::find]
            [$($cancel_car,)? $crate::vendors::Vendor::cancel]
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
        saga::saga! {
            #[classify($classify)]
            #[timeout(1s)]
            pub(crate) durable saga $name()
            with (
                billing: $crate::vendors::Vendor,
                hotels: $crate::vendors::Vendor,
                cars: $crate::vendors::Vendor,
                charges: $crate::vendors::Vendor,
                mails: $crate::vendors::Vendor,
            )
            -> Result<String, $crate::vendors::VendorError>
            {
                read rates(billing) -> u32 = $crate::vendors::Vendor::rates
                    fallback() { Ok(1) }

                #[retry(3, 20ms..200ms)] #[idempotent] #[after(rates)]
                step authorization(billing, key) -> $crate::vendors::Booking = $hold
                    #[retry(5, 50ms..2s)]
                    compensate(billing, authorization) = $release;

                concurrent {
                    #[savepoint(1, 10ms..100ms)]
                    step hotel(hotels, key) -> $crate::vendors::Booking = $crate::vendors::Vendor::book
                        #[by_key]
                        compensate(hotels, key) = $cancel_hotel;

                    #[late($late)]
                    #[retry(3, 10ms..100ms)]
                    step car(cars, key) -> $crate::vendors::Booking = $book_car
                        resolve(cars, key) = $find_car
                        compensate(cars, car) = $cancel_car;
                }

                #[retry(3, 10ms..100ms)] #[idempotent]
                pivot charge(charges, authorization, key) -> $crate::vendors::Booking {
                    let _ = authorization;
                    charges.book(key).await
                }

                #[retry(forever, 10ms..500ms)] #[idempotent]
                step confirmation(mails, hotel, car, charge, key) -> $crate::vendors::Booking {
                    let _ = (hotel, car, charge);
                    mails.book(key).await
                }

                format!("{} at {rates}", confirmation.reference)
            }
        }

        impl $name {
            pub(crate) fn prepare(world: &$crate::vendors::World) -> saga::runtime::Prepared<impl saga::runtime::Machine<Error = $crate::vendors::VendorError> + use<>> {
                let $crate::vendors::World { billing, hotels, cars, charges, mails, .. } = world;
                $name {}
                    .with(billing.clone(), hotels.clone(), cars.clone(), charges.clone(), mails.clone())
                    .id("trip-1")
            }
        }
    };
}
pub(crate) use trip;
