//! The parts of a definition, each described once: [`parts!`] makes a struct of a list of fields,
//! its plain constant, and the methods that lead through its fields.

/// How JSON has a field.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its key. `None`: the code that writes and reads the part as JSON handles the field itself.
    pub name: Option<&'static str>,
    /// Whether it is written even where it is plain, and must be there, unless it says where in the source
    /// something stands.
    pub always: bool,
    /// Whether fingerprints depend on it.
    pub essential: bool,
    /// Whether it may change while runs of a version are in flight, so that `sagas.released` can do
    /// without it.
    pub free: bool,
}

impl Key {
    /// Of a field that the code for JSON handles itself.
    pub(crate) const OWN: Self = Self {
        name: None,
        always: false,
        essential: true,
        free: false,
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

    /// Whether it says where in the source something stands: a file, a line.
    #[cfg(feature = "json")]
    pub(crate) const fn is_place(self) -> bool {
        self.always && !self.essential
    }
}

/// A field of this key, which is left out where it is plain.
pub(crate) const fn key(name: &'static str) -> Key {
    Key {
        name: Some(name),
        ..Key::OWN
    }
}

/// Visits the fields of a part; a visitor needs an implementation for the type of each. Each visitor
/// asks of a type what the visitor needs: a form in JSON, an expression in the program.
pub trait Visit<T> {
    /// One field; `plain` is what the plain constant has in its place.
    fn field(&mut self, name: &'static str, key: Key, value: &T, plain: &T);
}

/// What may replace the values of all fields of a part.
pub trait VisitMut<T> {
    /// One field.
    fn field(&mut self, key: Key, value: &mut T);
}

/// Makes parts. Each has a name, the name of its plain constant, and fields:
///
/// ```text
/// label: Option<Text> = None => key("label").inessential();
/// ^ field  ^ type       ^ plain ^ how JSON has it
/// ```
///
/// What writes parts is a [`Visit`], and what reads them is a [`VisitMut`]: so a new field is one line
/// for all of them.
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

        impl $Part {
            $(#[$about_plain])*
            pub const $PLAIN: Self = Self { $($field: $plain,)* };

            /// Shows all fields, in order.
            #[doc(hidden)]
            pub fn fields<V>(&self, visitor: &mut V)
            where
                V: $(Visit<$Type> +)*
            {
                let plain = Self::$PLAIN;
                $(visitor.field(stringify!($field), $key, &self.$field, &plain.$field);)*
            }

            /// Offers all fields for a change, in order.
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
