//! A saga that is a step of the failing ones, and what both of them talk about: gifts that are
//! wrapped and sent.
#![allow(dead_code)]

use typed_saga::{Key, Verdict};

pub type Result<T> = std::result::Result<T, GiftError>;

#[derive(Clone, Debug)]
pub struct GiftError;

impl GiftError {
    pub fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

#[derive(Clone, Debug)]
pub struct Paper;

/// Has paper.
#[derive(Clone)]
pub struct Stock;

impl Stock {
    pub async fn take(&self, _: &Key) -> Result<Paper> {
        Ok(Paper)
    }
    pub async fn put_back(&self, _: &Paper) -> Result<()> {
        Ok(())
    }
}

/// Takes money.
#[derive(Clone)]
pub struct Bank;

impl Bank {
    pub async fn charge(&self, _: &Key) -> Result<()> {
        Ok(())
    }
    /// Right whether or not there is such a charge, and refuses it if it arrives later.
    pub async fn annul(&self, _: &Key) -> Result<()> {
        Ok(())
    }
}

typed_saga::saga! {
    /// Wraps a gift.
    #[classify(GiftError::verdict)]
    pub saga WrapGift(note: String) with (stock: Stock) -> Result<Paper, GiftError> {
        #[idempotent]
        step paper(stock, key) -> Paper = Stock::take
            compensate(stock, paper) = Stock::put_back;

        let _ = note;
        paper
    }
}
