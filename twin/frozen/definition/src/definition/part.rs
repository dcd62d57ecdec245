//! The parts of a definition, each described once: [`parts!`] creates a struct from a list of
//! fields, its plain constant, and the methods that visit its fields.

use std::marker::PhantomData;

/// How a field is represented in JSON.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key. `None`: the code that writes and reads the part as JSON handles the field itself.
    pub name: Option<&'static str>,
    /// Whether the field is written even if it is plain, and must be present when it is read,
    /// unless it is a position in the source.
    pub always: bool,
    /// Whether fingerprints depend on it.
    pub essential: bool,
    /// Whether the field may change while runs of a version are in flight, so that `sagas.released`
    /// can omit it.
    pub free: bool,
    /// The field after which JSON has it, if it is among the fields of another part.
    pub after: Option<&'static str>,
}

impl Key {
    /// For a field that the code for JSON handles itself.
    pub(crate) const OWN: Self = Self {
        name: None,
        always: false,
        essential: true,
        free: false,
        after: None,
    };

    pub(crate) const fn always(self) -> Self {
        let always = true;
        Self { always, ..self }
    }

    pub(crate) const fn inessential(self) -> Self {
        let (essential, free) = (false, true);
        Self {
            essential,
            free,
            ..self
        }
    }

    pub(crate) const fn free(self) -> Self {
        let free = true;
        Self { free, ..self }
    }

    pub(crate) const fn after(self, field: &'static str) -> Self {
        let after = Some(field);
        Self { after, ..self }
    }

    /// Whether the field is a position in the source: a file, a line.
    #[cfg(feature = "json")]
    pub(crate) const fn is_place(self) -> bool {
        self.always && !self.essential
    }
}

/// A field with this key, which is omitted if it is plain.
pub(crate) const fn key(name: &'static str) -> Key {
    Key {
        name: Some(name),
        ..Key::OWN
    }
}

/// Visits the fields of a part. A visitor implements this for the type of each field, and requires
/// of a type what the visitor needs: a form in JSON, or an expression in the program.
pub trait Visit<T> {
    /// Visits one field; `plain` is its value in the plain constant.
    fn field(&mut self, name: &'static str, key: Key, value: &T, plain: &T);
}

/// Visits the fields of a part, and may replace their values.
pub trait VisitMut<T> {
    /// Visits one field.
    fn field(&mut self, key: Key, value: &mut T);
}

/// The functions that return a part with another field, for constants: rustc checks the call of a function in
/// half the time that it takes for the fields of a struct. What the field was before is not dropped.
#[derive(Debug)]
pub struct With<Part>(PhantomData<Part>);

/// Creates parts. Each has a name, the name of its plain constant, and fields:
///
/// ```text
/// label: Option<Text> = None => key("label").inessential();
/// ^ field  ^ type       ^ plain ^ how JSON has it
/// ```
///
/// Code that writes parts is a [`Visit`], and code that reads them is a [`VisitMut`]: so a new
/// field is one line for all of them.
macro_rules! parts {
    ($(
        $(#[$about:meta])*
        pub struct $Part:ident;
        $(#[$about_plain:meta])*
        const $PLAIN:ident {
            $(
                $(#[$doc:meta])*
                $field:ident: $Type:ty = $plain:expr => $key:expr;
            )*
        }
    )*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Part {
            $($(#[$doc])* pub $field: $Type,)*
        }

        impl $crate::With<$Part> {
            $(
                #[doc(hidden)]
                #[must_use]
                pub const fn $field(mut part: $Part, $field: $Type) -> $Part {
                    let before = ::core::mem::replace(&mut part.$field, $field);
                    // A constant cannot drop it.
                    let _ = ::core::mem::ManuallyDrop::new(before);
                    part
                }
            )*
        }

        impl $Part {
            $(#[$about_plain])*
            pub const $PLAIN: Self = Self { $($field: $plain,)* };

            /// Visits all fields, in order.
            #[doc(hidden)]
            pub fn fields<V>(&self, visitor: &mut V)
            where
                V: $(Visit<$Type> +)*
            {
                let plain = Self::$PLAIN;
                $(visitor.field(stringify!($field), $key, &self.$field, &plain.$field);)*
            }

            /// Visits all fields, in order, mutably.
            #[doc(hidden)]
            pub fn fields_mut<V>(&mut self, visitor: &mut V)
            where
                V: $(VisitMut<$Type> +)*
            {
                $(visitor.field($key, &mut self.$field);)*
            }
        }
    )*};
}
pub(super) use parts;
