//! The library under other names, in packages that cargo builds: nothing but their manifests says
//! where it is.

use crate::package::{Package, said};

/// Sagas that use the library as `LIBRARY`, with something of each part of generated code.
const SAGAS: &str = r#"
pub struct Order(u8);

impl LIBRARY::Lock for Order {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

LIBRARY::saga! {
    #[classify(LIBRARY::transient)]
    pub saga Inner(n: u8, #[cfg(any())] missing: Missing) -> Result<u8, String> {
        #[retry(2)]
        step held(n) -> u8 { Ok(*n) }
            compensate(held) { let _ = held; Ok(()) }

        #[cfg(any())]
        read never() -> Missing = missing;

        held
    }

    pub saga Outer(n: u8) -> Result<u8, String> emit u8 {
        concurrent {
            step inner(n) -> u8 = saga Inner { n: *n };
            read beside(n) -> u8 { Ok(*n) }
        }

        emit(inner => [*inner]);
        publish(event) { let _ = event; Ok(()) }

        inner + beside
    }

    #[classify(LIBRARY::classify::transient)]
    #[timeout(1s)]
    pub durable saga Kept(n: u8) -> Result<_, String> {
        #[timeout(10m)]
        lock order(n => Order(*n)) -> Order;

        for part: u8 in (n => 0..*n)
        read parts(part) -> u8 { Ok(*part) }

        #[timeout(1m)]
        signal paid -> u8;

        #[idempotent]
        step sent(paid, _key) -> u8 { Ok(*paid) }
            compensate none
    }
}

pub mod used {
    use LIBRARY::{saga, transient};

    saga! {
        #[classify(transient)]
        pub saga Used(n: u8) -> Result<u8, String> {
            step held(n) -> u8 { Ok(*n) }
                compensate(held) { let _ = held; Ok(()) }

            held
        }
    }
}

/// ```
/// LIBRARY::saga! {
///     #[classify(LIBRARY::transient)]
///     pub saga Shown(n: u8) -> Result<u8, String> {
///         step held(n) -> u8 { Ok(*n) }
///             compensate(held) { let _ = held; Ok(()) }
///
///         held
///     }
/// }
/// ```
pub fn documented() {}
"#;

/// Names that are keywords in edition 2024.
const EARLIER: &str = r#"
pub mod earlier {
    use LIBRARY::saga;

    saga! {
        pub saga Seed(gen: u8) -> Result<u8, String> {
            read doubled(gen) -> u8 { Ok(*gen * 2) }
            doubled
        }

        pub saga Draw(n: u8) with (gen: u8) -> Result<u8, String> {
            step drawn(n, gen) -> u8 { Ok(*n + *gen) }
                compensate(drawn) { let _ = drawn; Ok(()) }
            drawn
        }

        pub saga Breed(n: u8) -> Result<u8, String> {
            step gen(n) -> u8 { Ok(*n) }
                compensate(gen) { let _ = gen; Ok(()) }
            for gen2: u8 in (gen => 0..*gen)
            read each(gen2) -> u8 { Ok(*gen2) }
            gen + each.len() as u8
        }
    }

    pub fn begun() -> Seed {
        Seed { gen: 2 }
    }
}
"#;

/// Writes a package of the workspace, whose code names the library as `library`.
fn write(workspace: &Package, name: &str, edition: &str, dependencies: &str, library: &str) {
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\n\
         [dependencies]\n{dependencies}\n"
    );
    workspace.write(&format!("{name}/Cargo.toml"), &manifest);
    let earlier = if edition == "2024" { "" } else { EARLIER };
    let source = format!("{SAGAS}{earlier}").replace("LIBRARY", library);
    workspace.write(&format!("{name}/src/lib.rs"), &source);
}

#[test]
fn the_library_is_found_under_any_name() {
    let workspace = Package::new("named");
    let library = format!(
        "{{ package = \"typed-saga\", path = '{}', features = [\"durable\"] }}",
        Package::library().display()
    );
    workspace.write(
        "Cargo.toml",
        &format!(
            "[workspace]\nmembers = [\"named-*\"]\nresolver = \"3\"\n\n\
             [workspace.dependencies]\nflow = {library}\n"
        ),
    );
    for edition in ["2018", "2021", "2024"] {
        let name = format!("named-in-{edition}");
        write(
            &workspace,
            &name,
            edition,
            &format!("flow = {library}"),
            "flow",
        );
    }
    write(
        &workspace,
        "named-inherited",
        "2024",
        "flow.workspace = true",
        "::flow",
    );
    let (base, platform) = ("named-base", "named-platform");
    write(
        &workspace,
        base,
        "2021",
        &format!("sagas = {library}"),
        "sagas",
    );
    write(
        &workspace,
        platform,
        "2024",
        "named-base.path = \"../named-base\"",
        "named_base::all",
    );
    let again = |package: &str, reexports: &str| {
        let file = format!("{package}/src/lib.rs");
        let sagas = std::fs::read_to_string(workspace.folder().join(&file));
        let sagas = sagas.expect("the package is written");
        workspace.write(&file, &format!("{reexports}\n{sagas}"));
    };
    again(base, "pub use sagas as all;");
    again(
        platform,
        "pub use named_base::all::{self as flows};\npub mod prelude { pub use named_base::all::*; }",
    );
    let through = "named-platform.path = \"../named-platform\"";
    write(
        &workspace,
        "named-through",
        "2024",
        through,
        "named_platform::flows",
    );
    write(
        &workspace,
        "named-by-glob",
        "2018",
        through,
        "named_platform::prelude",
    );
    assert_eq!(said(&mut workspace.cargo(&["check", "--workspace"])), "");
    let documented = ["named-in-2021", "named-in-2024", "named-through"];
    let documented: Vec<_> = documented
        .iter()
        .flat_map(|name| ["--package", name])
        .collect();
    let tests = [&["test", "--doc"], &documented[..]].concat();
    assert_eq!(said(&mut workspace.cargo(&tests)), "");
}
