//! Loops whose step is a saga, and the same sagas written out as steps.

use super::world::{Error, World};
use typed_saga::saga;

saga! {
    /// What is done with an item: two steps, of which each may fail.
    #[classify(Error::verdict)]
    pub(crate) saga Pair(item: u32) with (world: World) -> Result<String, Error> {
        #[idempotent]
        step half(world, item, key) -> String = World::make
            #[retry(1)]
            compensate(world, half) = World::undo;

        #[idempotent]
        step rest(world, item, key) -> String { world.make(&(item + 10), key).await }
            #[retry(1)]
            compensate(world, rest) = World::undo;

        [half, rest].concat()
    }

    /// The same, of which one step stays.
    #[classify(Error::verdict)]
    pub(crate) saga Kept(item: u32) with (world: World) -> Result<String, Error> {
        #[idempotent]
        step half(world, item, key) -> String = World::make
            compensate none again

        #[idempotent]
        step rest(world, item, key) -> String { world.make(&(item + 10), key).await }
            #[retry(1)]
            compensate(world, rest) = World::undo;

        [half, rest].concat()
    }
}

saga! {
    #[classify(Error::verdict)]
    pub(crate) saga Pairs(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Pair { item: *item } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsBeside(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[concurrent(2)]
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Pair { item: *item } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsRepeated(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[retry(2, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Pair { item: *item } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsTurned(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[savepoint(1, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Pair { item: *item } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsKept(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[savepoint(1, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Kept { item: *item } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsLeft(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Pair { item: *item } with (world)
            compensate none

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        made.len()
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsBehind(items: Vec<u32>) with (world: World) -> Result<usize, Error> {
        #[idempotent]
        pivot first(world, key) = World::last;

        #[retry(2, 1ms..1ms)]
        for item: u32 in (items => items.clone())
        step made(item) -> String = saga Pair { item: *item } with (world);

        made.len()
    }
}

saga! {
    #[classify(Error::verdict)]
    pub(crate) saga PairsWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        step made_0(one) -> String = saga Pair { item: *one } with (world);

        step made_1(two) -> String = saga Pair { item: *two } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsRepeatedWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[retry(2, 1ms..1ms)]
        step made_0(one) -> String = saga Pair { item: *one } with (world);

        #[retry(2, 1ms..1ms)]
        step made_1(two) -> String = saga Pair { item: *two } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsTurnedWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[savepoint(1, 1ms..1ms)]
        step made_0(one) -> String = saga Pair { item: *one } with (world);

        step made_1(two) -> String = saga Pair { item: *two } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsKeptWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        #[savepoint(1, 1ms..1ms)]
        step made_0(one) -> String = saga Kept { item: *one } with (world);

        step made_1(two) -> String = saga Kept { item: *two } with (world);

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }

    #[classify(Error::verdict)]
    pub(crate) saga PairsLeftWrittenOut(one: u32, two: u32)
    with (world: World)
    -> Result<usize, Error>
    {
        step made_0(one) -> String = saga Pair { item: *one } with (world)
            compensate none

        step made_1(two) -> String = saga Pair { item: *two } with (world)
            compensate none

        #[idempotent]
        step last(world, key) = World::last
            compensate none

        {
            drop((made_0, made_1));
            2
        }
    }
}
