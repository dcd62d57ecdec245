//! Whoever runs the tests is told what was left out, and why.

use std::io::{self, Write};

/// What each call of `write` was given.
#[derive(Default)]
struct Pieces(Vec<Vec<u8>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Between two pieces, the test harness could write "ok" of another test.
#[test]
fn the_line_is_written_in_one_piece() {
    let mut pieces = Pieces::default();
    let told = saga_tests::tell_left_out(&mut pieces, "fleet::takes_over", "Postgres is missing");
    told.expect("it can be written");
    let line = b"left out: fleet::takes_over: Postgres is missing\n";
    assert_eq!(pieces.0, [line.to_vec()]);
}
