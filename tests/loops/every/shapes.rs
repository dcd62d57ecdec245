//! Loops of all kinds, and the same steps written out.

use super::world::{Error, World};
use typed_saga::saga;

saga! {
    #[classify(Error::verdict)]
    pub(crate) saga Repeated(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[idempotent] #[retry(2, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[retry(2, 1ms..1ms)]
            compensate(world, made) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga Beside(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[idempotent] #[concurrent(2)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[retry(1)]
            compensate(world, made) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga Found(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[concurrent(2)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[retry(1)]
            resolve(world, item, key) = World::find
            #[retry(1)]
            compensate(world, made) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga Stopped(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[concurrent(2)] #[retry(2, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[by_key] #[retry(1)]
            compensate(world, item, key) = World::stop;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga Turned(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[savepoint(1, 1ms..1ms)] #[idempotent] #[concurrent(2)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[retry(1)]
            compensate(world, made) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga Abandoned(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[idempotent] #[concurrent(2)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            compensate none

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga Behind(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[idempotent]
        pivot first(world, key) = World::last;

        #[idempotent] #[retry(2, 1ms..1ms)] #[concurrent(2)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make;

        made.len()
    }
}

saga! {
    #[classify(Error::verdict)]
    pub(crate) saga RepeatedWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[idempotent] #[retry(2, 1ms..1ms)]
        step made_0(world, one, key) -> String = World::make
            #[retry(2, 1ms..1ms)]
            compensate(world, made_0) = World::undo;

        #[idempotent] #[retry(2, 1ms..1ms)]
        step made_1(world, two, key) -> String = World::make
            #[retry(2, 1ms..1ms)]
            compensate(world, made_1) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga FoundWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        step made_0(world, one, key) -> String = World::make
            #[retry(1)]
            resolve(world, one, key) = World::find
            #[retry(1)]
            compensate(world, made_0) = World::undo;

        step made_1(world, two, key) -> String = World::make
            #[retry(1)]
            resolve(world, two, key) = World::find
            #[retry(1)]
            compensate(world, made_1) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga StoppedWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[retry(2, 1ms..1ms)]
        step made_0(world, one, key) -> String = World::make
            #[by_key] #[retry(1)]
            compensate(world, one, key) = World::stop;

        #[retry(2, 1ms..1ms)]
        step made_1(world, two, key) -> String = World::make
            #[by_key] #[retry(1)]
            compensate(world, two, key) = World::stop;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga TurnedWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[savepoint(1, 1ms..1ms)] #[idempotent]
        step made_0(world, one, key) -> String = World::make
            #[retry(1)]
            compensate(world, made_0) = World::undo;

        #[idempotent]
        step made_1(world, two, key) -> String = World::make
            #[retry(1)]
            compensate(world, made_1) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga AbandonedWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[idempotent]
        step made_0(world, one, key) -> String = World::make
            compensate none

        #[idempotent]
        step made_1(world, two, key) -> String = World::make
            compensate none

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga BehindWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[idempotent]
        pivot first(world, key) = World::last;

        concurrent {
            #[idempotent] #[retry(2, 1ms..1ms)]
            step made_0(world, one, key) -> String = World::make;

            #[idempotent] #[retry(2, 1ms..1ms)]
            step made_1(world, two, key) -> String = World::make;
        }

        {
            drop((made_0, made_1));
            2
        }
    }
}

saga! {
    #[classify(Error::verdict)]
    pub(crate) saga FoundInOrder(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[retry(1)]
            resolve(world, item, key) = World::find
            #[retry(1)]
            compensate(world, made) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga StoppedInOrder(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[retry(2, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[by_key] #[retry(1)]
            compensate(world, item, key) = World::stop;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga TurnedInOrder(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[savepoint(1, 1ms..1ms)] #[idempotent]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            #[retry(1)]
            compensate(world, made) = World::undo;

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga AbandonedInOrder(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[idempotent]
        for item: u32 in (items => items.clone())
        step made(world, item, key) -> String = World::make
            compensate none

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }
}
