//! The sagas that are compared. Those with savepoints read no `key`: a walk knows no second round.
//! Nor does it try again what undoes the items of a loop, which is always done here.

shape! { chain,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            read a(desk, wants, key) -> usize { desk.go("a", format!("{wants} {key}")).await }
            step b(desk, a, key) -> usize { desk.go("b", format!("{a} {key}")).await }
            compensate(desk, a, b, key) { desk.undo("undo b", format!("{a} {b} {key}")).await }
            step c(desk, a, b) -> usize { desk.go("c", format!("{a} {b}")).await }
            compensate(desk, c, failure) { desk.undo("undo c", format!("{c} {failure:?}")).await }
            step d(desk, c, key) -> usize { desk.go("d", format!("{c} {key}")).await }
            compensate(desk, key) { desk.undo("undo d", format!("{key}")).await }
            format!("{a} {b} {c} {d}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(); c 1 0 undo_c(failure); d 1 0 undo_d(); }
}

shape! { optional,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, key) -> usize { desk.go("a", format!("{key}")).await }
            compensate(desk, key) { desk.undo("undo a", format!("{key}")).await }
            #[when(wants => wants % 2 == 0)]
            step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
            compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
            #[when(a, b => b.is_some_and(|b| b > *a))]
            read c(desk, b) -> usize { desk.go("c", format!("{b:?}")).await }
            #[when(wants => wants % 3 == 0)]
            step d(desk, c, key) -> usize { desk.go("d", format!("{c:?} {key}")).await }
            compensate(desk, d, b, failure) { desk.undo("undo d", format!("{d} {b:?} {failure:?}")).await }
            read e(desk) -> usize { desk.go("e", String::new()).await }
            format!("{a} {b:?} {c:?} {d:?} {e}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(); c 1 0 undo_c(); d 1 0 undo_d(failure); e 1 0 undo_e(); }
}

shape! { block,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            concurrent {
                step b(desk, a, key) -> usize { desk.go("b", format!("{a} {key}")).await }
                compensate(desk, b, key) { desk.undo("undo b", format!("{b} {key}")).await }
                step c(desk, key) -> usize { desk.go("c", format!("{key}")).await }
                compensate(desk, c, failure) { desk.undo("undo c", format!("{c} {failure:?}")).await }
                read d(desk, a) -> usize { desk.go("d", format!("{a}")).await }
            }
            step e(desk, b, c, d) -> usize { desk.go("e", format!("{b} {c} {d}")).await }
            compensate(desk, b, e) { desk.undo("undo e", format!("{b} {e}")).await }
            format!("{a} {b} {c} {d} {e}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(); c 1 0 undo_c(failure); d 1 0 undo_d(); join; e 1 0 undo_e(); }
}

shape! { block_with_edges,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            concurrent {
                step a(desk, key) -> usize { desk.go("a", format!("{key}")).await }
                compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
                #[when(wants, a => (usize::from(*wants) + a) % 2 == 0)]
                step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
                compensate(desk, a, b, failure) { desk.undo("undo b", format!("{a} {b} {failure:?}")).await }
                #[after(a)]
                read c(desk, b) -> usize { desk.go("c", format!("{b:?}")).await }
                fallback(desk, a, b, failure) { desk.go("cached c", format!("{a} {b:?} {failure:?}")).await }
                step d(desk, a, c, key) -> usize { desk.go("d", format!("{a} {c} {key}")).await }
                compensate(desk, a, key) { desk.undo("undo d", format!("{a} {key}")).await }
            }
            format!("{a} {b:?} {c} {d}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(failure); c 1 0 undo_c() or fall_back_c(failure); d 1 0 undo_d(); join; }
}

shape! { blocks_side_by_side,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            concurrent {
                step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
                compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
                step b(desk) -> usize { desk.go("b", String::new()).await }
                compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
            }
            concurrent {
                step c(desk, a) -> usize { desk.go("c", format!("{a}")).await }
                compensate(desk, c) { desk.undo("undo c", format!("{c}")).await }
                #[idempotent] #[retry(3, 1ms..1ms)]
                step d(desk, b, c, key) -> usize { desk.go("d", format!("{b} {c} {key}")).await }
                compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            }
            format!("{a} {b} {c} {d}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(); join; c 1 0 undo_c(); d 3 0 undo_d(); join; }
}

shape! { tried_again,
    saga {
        #[retry(2, 1ms..1ms)]
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            read a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            #[idempotent] #[retry(3, 1ms..1ms)]
            step b(desk, a, key) -> usize { desk.go("b", format!("{a} {key}")).await }
            compensate(desk, b, key) { desk.undo("undo b", format!("{b} {key}")).await }
            #[idempotent] #[retry(1)]
            step c(desk, key) -> usize { desk.go("c", format!("{key}")).await }
            compensate(desk, key, failure) { desk.undo("undo c", format!("{key} {failure:?}")).await }
            #[when(wants => *wants > 100)]
            read d(desk) -> usize { desk.go("d", String::new()).await }
            format!("{a} {b} {c} {d:?}")
        }
    }
    walk { a 2 0 undo_a(); b 3 0 undo_b(); c 1 0 undo_c(failure); d 2 0 undo_d(); }
}

shape! { falls_back,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            #[retry(2, 1ms..1ms)]
            read a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            fallback(desk, failure) { desk.go("cached a", format!("{failure:?}")).await }
            step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
            compensate none;
            fallback(a) { Ok(a + 100) }
            #[when(wants => wants % 2 == 1)]
            read c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
            fallback(desk, wants) { desk.go("cached c", format!("{wants}")).await }
            step d(desk, c) -> usize { desk.go("d", format!("{c:?}")).await }
            compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            read e(desk, d) -> usize { desk.go("e", format!("{d}")).await }
            format!("{a} {b} {c:?} {d} {e}")
        }
    }
    walk {
        a 2 0 undo_a() or fall_back_a(failure); b 1 0 undo_b() or fall_back_b(); c 1 0 undo_c() or fall_back_c();
        d 1 0 undo_d(); e 1 0 undo_e();
    }
}

shape! { turns,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            #[savepoint(2, 1ms..1ms)]
            step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
            compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
            step c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
            compensate(desk, c, failure) { desk.undo("undo c", format!("{c} {failure:?}")).await }
            #[idempotent] #[retry(2, 1ms..1ms)]
            step d(desk, c, _key) -> usize { desk.go("d", format!("{c}")).await }
            compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            format!("{a} {b} {c} {d}")
        }
    }
    walk { a 1 0 undo_a(); b 1 2 undo_b(); c 1 0 undo_c(failure); d 2 0 undo_d(); }
}

shape! { turns_in_turns,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            #[savepoint(3, 1ms..1ms)]
            read a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
            compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
            #[savepoint(2, 1ms..1ms)] #[when(wants => wants % 3 > 0)]
            step c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
            compensate(desk, c) { desk.undo("undo c", format!("{c}")).await }
            #[idempotent]
            step left(desk, _key) -> usize { desk.go("left", String::new()).await } compensate none again
            #[savepoint(4, 1ms..1ms)]
            step d(desk, c, left) -> usize { desk.go("d", format!("{c:?} {left}")).await }
            compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            read e(desk) -> usize { desk.go("e", String::new()).await }
            format!("{a} {b} {c:?} {left} {d} {e}")
        }
    }
    walk { a 1 3 undo_a(); b 1 0 undo_b(); c 1 2 undo_c(); left 1 0 undo_left(); d 1 4 undo_d(); e 1 0 undo_e(); }
}

shape! { undone_with_another,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            #[savepoint(2, 1ms..1ms)]
            step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            step b(desk, a) -> usize { desk.go("b", format!("{a}")).await } compensate with a
            step c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
            compensate(desk, b, c) { desk.undo("undo c", format!("{b} {c}")).await }
            step d(desk) -> usize { desk.go("d", String::new()).await } compensate with c;
            read e(desk, b, d) -> usize { desk.go("e", format!("{b} {d}")).await }
            format!("{a} {b} {c} {d} {e}")
        }
    }
    walk { a 1 2 undo_a(); b 1 0 undo_b(); c 1 0 undo_c(); d 1 0 undo_d(); e 1 0 undo_e(); }
}

shape! { under_one_condition,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            #[savepoint(1, 1ms..1ms)]
            step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            when (wants, a => (usize::from(*wants) + a) % 3 > 0) {
                step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
                compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
                concurrent {
                    step c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
                    compensate(desk, b, c) { desk.undo("undo c", format!("{b} {c}")).await }
                    #[savepoint(3, 1ms..1ms)] #[when(b, wants => (*b + usize::from(*wants)) % 2 > 0)]
                    step d(desk, b, c) -> usize { desk.go("d", format!("{b} {c}")).await }
                    compensate(desk, d, failure) { desk.undo("undo d", format!("{d} {failure:?}")).await }
                }
                step e(desk, c, d) -> usize { desk.go("e", format!("{c} {d:?}")).await } compensate none again;
            }
            when (b, e => b.is_some() || e.is_none()) {
                #[savepoint(2, 1ms..1ms)]
                step f(desk, d, e) -> usize { desk.go("f", format!("{d:?} {e:?}")).await }
                compensate(desk, b, f) { desk.undo("undo f", format!("{b:?} {f}")).await }
            }
            read g(desk, b, f) -> usize { desk.go("g", format!("{b:?} {f:?}")).await }
            format!("{a} {b:?} {c:?} {d:?} {e:?} {f:?} {g}")
        }
    }
    walk {
        a 1 1 undo_a();
        enter { b 1 0 undo_b(); c 1 0 undo_c(); d 1 3 undo_d(failure); join; e 1 0 undo_e(); }
        enter { f 1 2 undo_f(); }
        g 1 0 undo_g();
    }
}

shape! { one_condition_around_a_block,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            when (wants => wants % 4 > 0) {
                concurrent {
                    step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
                    compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
                    #[savepoint(2, 1ms..1ms)]
                    step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
                    compensate(desk, a, b) { desk.undo("undo b", format!("{a} {b}")).await }
                }
            }
            step c(desk, a, b) -> usize { desk.go("c", format!("{a:?} {b:?}")).await }
            compensate(desk, c) { desk.undo("undo c", format!("{c}")).await }
            step d(desk, b) -> usize { desk.go("d", format!("{b:?}")).await }
            compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            format!("{a:?} {b:?} {c} {d}")
        }
    }
    walk {
        enter { a 1 0 undo_a(); b 1 2 undo_b(); join; }
        c 1 0 undo_c(); d 1 0 undo_d();
    }
}

shape! { turns_in_a_block,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            concurrent {
                step b(desk, a) -> usize { desk.go("b", format!("{a}")).await }
                compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
                #[savepoint(2, 1ms..1ms)]
                step c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
                compensate(desk, c, failure) { desk.undo("undo c", format!("{c} {failure:?}")).await }
                step d(desk) -> usize { desk.go("d", String::new()).await }
                compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            }
            read e(desk, b, c) -> usize { desk.go("e", format!("{b} {c}")).await }
            format!("{a} {b} {c} {d} {e}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(); c 1 2 undo_c(failure); d 1 0 undo_d(); join; e 1 0 undo_e(); }
}

shape! { over_the_pivot,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, wants, key) -> usize { desk.go("a", format!("{wants} {key}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            #[idempotent]
            pivot b(desk, a, key) -> usize { desk.go("b", format!("{a} {key}")).await }
            #[idempotent] #[retry(2, 1ms..1ms)]
            step c(desk, b, key) -> usize { desk.go("c", format!("{b} {key}")).await }
            #[idempotent]
            step d(desk, key) -> usize { desk.go("d", format!("{key}")).await }
            #[when(wants => wants % 2 == 0)] #[retry(1)]
            read e(desk, d) -> usize { desk.go("e", format!("{d}")).await }
            format!("{a} {b} {c} {d} {e:?}")
        }
    }
    walk { a 1 0 undo_a(); pivot b; after c 2; after d 5; after e 1; }
}

shape! { everything,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            #[retry(2, 1ms..1ms)]
            read a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            fallback(desk, failure) { desk.go("cached a", format!("{failure:?}")).await }
            #[savepoint(1, 1ms..1ms)] #[idempotent] #[retry(2, 1ms..1ms)]
            step b(desk, a, _key) -> usize { desk.go("b", format!("{a}")).await }
            compensate(desk, b) { desk.undo("undo b", format!("{b}")).await }
            concurrent {
                step c(desk, b) -> usize { desk.go("c", format!("{b}")).await }
                compensate(desk, c, failure) { desk.undo("undo c", format!("{c} {failure:?}")).await }
                #[when(wants, c => c % 2 == usize::from(wants % 2))]
                step d(desk, c) -> usize { desk.go("d", format!("{c}")).await }
                compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
                #[savepoint(2, 1ms..1ms)]
                read e(desk, a) -> usize { desk.go("e", format!("{a}")).await }
                fallback(a) { Ok(a + 100) }
            }
            step left(desk, d) -> usize { desk.go("left", format!("{d:?}")).await } compensate none again;
            #[idempotent]
            pivot f(desk, e, left, _key) -> usize { desk.go("f", format!("{e} {left}")).await }
            #[idempotent] #[retry(3, 1ms..1ms)]
            step g(desk, f, _key) -> usize { desk.go("g", format!("{f}")).await }
            format!("{a} {b} {c} {d:?} {e} {left} {f} {g}")
        }
    }
    walk {
        a 2 0 undo_a() or fall_back_a(failure); b 2 1 undo_b(); c 1 0 undo_c(failure); d 1 0 undo_d();
        e 1 2 undo_e() or fall_back_e(); join; left 1 0 undo_left(); pivot f; after g 3;
    }
}

shape! { loops,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, wants) -> usize { desk.go("a", format!("{wants}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            for item: usize in (wants => 0..usize::from(wants % 4))
            step b(desk, item, a, key) -> usize { desk.go("b", format!("{item} {a} {key}")).await }
            compensate(desk, item, b) { desk.ask("undo b", &format!("{item} {b}")); Ok(()) }
            #[when(item => item % 2 == 0)]
            for item: usize in (b => b.clone())
            step c(desk, item, key) -> usize { desk.go("c", format!("{item} {key}")).await }
            compensate(desk, c) { desk.ask("undo c", &format!("{c}")); Ok(()) }
            step d(desk, c) -> usize { desk.go("d", format!("{c:?}")).await }
            compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            format!("{a} {b:?} {c:?} {d}")
        }
    }
    walk { a 1 0 undo_a(); b 1 0 undo_b(); c 1 0 undo_c(); d 1 0 undo_d(); }
}

shape! { waits,
    saga {
        saga Shape(wants: u8) with (desk: Desk) -> Result<String, Refused> {
            step a(desk, wants, key) -> usize { desk.go("a", format!("{wants} {key}")).await }
            compensate(desk, a) { desk.undo("undo a", format!("{a}")).await }
            #[timeout(1h)]
            signal told -> usize;
            for item: usize in (wants, told => 0..usize::from(wants % 4) + told)
            step b(desk, item, told) -> usize { desk.go("b", format!("{item} {told}")).await }
            compensate(desk, b, told) { desk.ask("undo b", &format!("{b} {told}")); Ok(()) }
            step c(desk, a, b) -> usize { desk.go("c", format!("{a} {b:?}")).await }
            compensate(desk, c, failure) { desk.undo("undo c", format!("{c} {failure:?}")).await }
            step d(desk, c) -> usize { desk.go("d", format!("{c:?}")).await }
            compensate(desk, d) { desk.undo("undo d", format!("{d}")).await }
            format!("{a} {told} {b:?} {c} {d}")
        }
    }
    says { ShapeSignal::Told(2) }
    walk { a 1 0 undo_a(); take told 2 undo_told(); b 1 0 undo_b(); c 1 0 undo_c(failure); d 1 0 undo_d(); }
}
