//! Steps that run side by side: what each did is said in the order in which it did it. Which of two did
//! something first differs from run to run, and is not compared.

/// A step, and the names of the calls that it makes.
type Sibling = (&'static str, &'static [&'static str]);

/// The steps of the sagas' blocks, by the name of the saga.
const SIBLINGS: [(&str, &[Sibling]); 2] = [
    (
        "Convoy",
        &[
            ("loaded", &["loaded"]),
            ("wrapped", &["paper", "bow"]),
            ("driver", &["driver"]),
        ],
    ),
    ("Trip", &[("van", &["van"]), ("seat", &["seat"])]),
];

/// A text with the lines of siblings, where they stand among each other, sibling by sibling.
pub(crate) fn by_sibling(text: &str) -> String {
    let mut siblings: &[Sibling] = &[];
    let placed = text.lines().map(|line| {
        if !line.starts_with(' ') {
            let saga = line.split('/').next();
            let found = SIBLINGS.iter().find(|(of, _)| Some(*of) == saga);
            siblings = found.map_or(&[], |(_, siblings)| siblings);
        }
        (place(siblings, line), line)
    });
    let mut placed: Vec<_> = placed.collect();
    for run in placed.chunk_by_mut(|(one, _), (other, _)| one.is_some() && other.is_some()) {
        run.sort_by_key(|(place, _)| *place);
    }
    placed.iter().map(|(_, line)| format!("{line}\n")).collect()
}

/// The number of the sibling that a line is of.
fn place(siblings: &[Sibling], line: &str) -> Option<usize> {
    let line = line.strip_prefix("    ")?;
    if let Some((call, _)) = line.split_once(", attempt ") {
        let of = call.strip_prefix("undo ").unwrap_or(call);
        let of = of.strip_prefix("resolve ").unwrap_or(of);
        return siblings.iter().position(|(_, calls)| calls.contains(&of));
    }
    let path = line.split(' ').nth(1)?;
    let step = path.split(['/', '[']).next();
    siblings.iter().position(|(name, _)| Some(*name) == step)
}

#[test]
fn siblings_are_told_apart_and_nothing_else_moves() {
    let one = "Trip/a: running\n    started value=1\n    attempting van\n    attempting seat\n    \
               applied van\n    cancel_requested by=\"ada\"\n    applied seat\n  compensated: no\n    \
               seat, attempt 1, s1\n    resolve van, attempt 0, s2\n    charge, attempt 1, s3\n";
    let other = "Trip/a: running\n    started value=1\n    attempting van\n    applied van\n    \
                 attempting seat\n    cancel_requested by=\"ada\"\n    applied seat\n  compensated: no\n    \
                 resolve van, attempt 0, s2\n    seat, attempt 1, s1\n    charge, attempt 1, s3\n";
    assert_eq!(by_sibling(one), other);
    assert_eq!(by_sibling(other), other);
    let elsewhere = one.replace("Trip", "Tour");
    assert_eq!(by_sibling(&elsewhere), elsewhere);
}

#[test]
fn what_one_sibling_did_keeps_its_order() {
    let one = "Convoy/a: running\n    applied loaded[0]\n    applied wrapped/paper\n    attempting loaded[1]\n";
    let other = "Convoy/a: running\n    attempting loaded[1]\n    applied wrapped/paper\n    applied loaded[0]\n";
    assert_ne!(by_sibling(one), by_sibling(other));
}
