//! An assertion on the order in which things happened.

/// Asserts that each of `expected` occurs in a line of its own, in this order. There may be other
/// lines before, between and after them. The lines are those of a [`Recording`](crate::Recording)
/// or the [`calls`](super::Report::calls) of a path.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// typed_saga::saga! {
///     saga Move(box_: u32) -> Result<(), String> {
///         step packed(box_) -> u32 { Ok(*box_) }
///             compensate(packed) { let _ = packed; Ok(()) }
///         step carried(packed) { Err(format!("box {packed} is too heavy")) }
///             compensate none
///     }
/// }
///
/// let recording = typed_saga::Recording::default();
/// let moved = Move { box_: 7 }.run().observe(recording.clone()).await;
/// assert!(moved.is_err());
/// let expected = ["`packed` is applied", "too heavy", "`packed` is undone"];
/// typed_saga::testing::assert_order(&recording.lines(), expected);
/// # }
/// ```
///
/// # Panics
/// If one is missing; the message names it and shows all lines.
#[track_caller]
pub fn assert_order<T: AsRef<str>>(lines: &[String], expected: impl IntoIterator<Item = T>) {
    let mut rest = lines.iter();
    for part in expected {
        let part = part.as_ref();
        let happened = rest.any(|line| line.contains(part));
        assert!(
            happened,
            "`{part}` did not happen there:\n  {}",
            lines.join("\n  ")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::assert_order;

    fn lines() -> Vec<String> {
        ["a begins", "b begins", "a ends", "b ends"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn what_happened_in_this_order_may_have_other_things_between() {
        assert_order(&lines(), ["a begins", "a ends", "b ends"]);
        assert_order(&lines(), ["begins", "begins", "ends"]);
    }

    #[test]
    #[should_panic(expected = "`b begins` did not happen there:\n  a begins\n  b begins")]
    fn what_happened_before_is_missing() {
        assert_order(&lines(), ["a ends", "b begins"]);
    }

    #[test]
    #[should_panic(expected = "`begins` did not happen there")]
    fn a_line_counts_once() {
        assert_order(&lines(), ["begins", "begins", "begins"]);
    }
}
