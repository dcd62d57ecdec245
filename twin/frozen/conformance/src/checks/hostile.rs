//! Texts that a user may have, and that break what is careless with them.

/// No two of them are equal.
pub(super) fn texts() -> Vec<String> {
    // A random one: no store can make it shorter.
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + u8::try_from((state >> 24) % 90).unwrap_or_default())
    };
    let noise: String = (0..1 << 20).map(|_| noise()).collect();
    // Of all of Unicode.
    let unicode = (1..=u32::from(char::MAX)).step_by(3);
    let unicode: String = unicode.filter_map(char::from_u32).collect();
    let short = [
        "",
        " ",
        "..",
        "../../etc/passwd",
        "'; DROP TABLE saga; --",
        "\"quoted\" \\ %_*?[a]",
        "{\"key\":[1,null]}",
        "\0",
        "\0\0",
        "a",
        "a\0",
        "a\0b",
        "\u{feff}e\u{301} é \u{202e} 東京 🏨",
    ];
    let mut texts: Vec<_> = short.map(str::to_owned).into();
    for size in [1 << 10, 4 << 10, noise.len()] {
        texts.extend(["x".repeat(size), noise[..size].to_owned()]);
        texts.push(noise[..size - 1].to_owned() + "\0");
    }
    texts.push(unicode);
    texts
}
