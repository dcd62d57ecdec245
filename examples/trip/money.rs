//! Money as vendors count it: whole minor units (cents, yen) of one currency.

use std::fmt;
use std::ops::{Add, Mul};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The currencies that the site sells in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Currency {
    Eur,
    Usd,
    Gbp,
    Chf,
    Jpy,
}

impl Currency {
    pub(crate) const ALL: [Self; 5] = [Self::Eur, Self::Usd, Self::Gbp, Self::Chf, Self::Jpy];

    const fn code(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Usd => "USD",
            Self::Gbp => "GBP",
            Self::Chf => "CHF",
            Self::Jpy => "JPY",
        }
    }

    /// How many minor units one euro buys.
    pub(crate) const fn per_euro(self) -> u64 {
        match self {
            Self::Eur => 100,
            Self::Usd => 108,
            Self::Gbp => 85,
            Self::Chf => 95,
            Self::Jpy => 160,
        }
    }

    /// How many minor units make a major one.
    const fn minor_per_major(self) -> u64 {
        match self {
            Self::Jpy => 1,
            Self::Eur | Self::Usd | Self::Gbp | Self::Chf => 100,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The site does not sell in this currency.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a currency we sell in (those are {known})", known = Currency::ALL.map(Currency::code).join(", "))]
pub(crate) struct UnknownCurrency(String);

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.code() == code)
            .ok_or_else(|| UnknownCurrency(code.to_owned()))
    }
}

/// An amount, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Money {
    /// In minor units.
    pub(crate) minor: u64,
    pub(crate) currency: Currency,
}

impl Money {
    /// Converts `euros` to `currency`.
    pub(crate) const fn from_euros(euros: u64, currency: Currency) -> Self {
        Self {
            minor: euros * currency.per_euro(),
            currency,
        }
    }
}

impl Add for Money {
    type Output = Self;

    /// # Panics
    ///
    /// If the currencies differ, or on overflow: the site must never ask for a wrong price.
    fn add(self, other: Self) -> Self {
        assert_eq!(self.currency, other.currency, "sum of two currencies");
        let minor = self.minor.checked_add(other.minor);
        Self {
            minor: minor.expect("the sum of two amounts overflows"),
            ..self
        }
    }
}

impl Mul<u32> for Money {
    type Output = Self;

    /// # Panics
    ///
    /// On overflow: the site must never ask for a wrong price.
    fn mul(self, units: u32) -> Self {
        let minor = self.minor.checked_mul(u64::from(units));
        Self {
            minor: minor.expect("the multiple of an amount overflows"),
            ..self
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_major = self.currency.minor_per_major();
        write!(f, "{} {}", self.currency, self.minor / per_major)?;
        if per_major > 1 {
            write!(f, ".{:02}", self.minor % per_major)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_major_units() {
        let shown = |minor, currency| Money { minor, currency }.to_string();
        assert_eq!(shown(123_405, Currency::Eur), "EUR 1234.05");
        assert_eq!(shown(18_400, Currency::Jpy), "JPY 18400");
    }

    #[test]
    #[should_panic(expected = "sum of two currencies")]
    fn currencies_do_not_mix() {
        let _ = Money::from_euros(1, Currency::Eur) + Money::from_euros(1, Currency::Usd);
    }

    #[test]
    fn an_unknown_currency_names_the_known_ones() {
        let problem = "DOGE".parse::<Currency>().unwrap_err().to_string();
        assert_eq!(
            problem,
            "`DOGE` is not a currency we sell in (those are EUR, USD, GBP, CHF, JPY)"
        );
    }
}
