//! A list of steps as one would write it by hand: boxed closures that return boxed futures, each
//! with its compensation.

use super::shop::{Refused, Shop};
use std::{future::Future, pin::Pin};

type Called<T> = Pin<Box<dyn Future<Output = Result<T, Refused>> + Send>>;
type Action<T> = Box<dyn Fn(u64) -> Called<T> + Send + Sync>;

/// Steps with their compensations, made once and run often.
#[derive(Default)]
pub struct List(Vec<(Action<u64>, Action<()>)>);

impl List {
    /// This many steps at the shop.
    #[must_use]
    pub fn of(steps: usize, shop: Shop) -> Self {
        let mut list = Self::default();
        for _ in 0..steps {
            list.step(
                move |n| async move { shop.act(n).await },
                move |n| async move { shop.undo(n).await },
            );
        }
        list
    }

    /// Appends a step.
    pub fn step<A, C>(
        &mut self,
        action: impl Fn(u64) -> A + Send + Sync + 'static,
        compensation: impl Fn(u64) -> C + Send + Sync + 'static,
    ) where
        A: Future<Output = Result<u64, Refused>> + Send + 'static,
        C: Future<Output = Result<(), Refused>> + Send + 'static,
    {
        self.0.push((
            Box::new(move |n| Box::pin(action(n))),
            Box::new(move |n| Box::pin(compensation(n))),
        ));
    }

    /// Runs them one after the other.
    ///
    /// # Errors
    /// If the shop refuses a step; the steps before it are undone.
    pub async fn run(&self, n: u64) -> Result<u64, Refused> {
        let mut last = n;
        let mut done = Vec::with_capacity(self.0.len());
        for (action, compensation) in &self.0 {
            match action(last).await {
                Ok(effect) => {
                    done.push((compensation, effect));
                    last = effect;
                }
                Err(error) => {
                    for (compensation, effect) in done.into_iter().rev() {
                        let _ = compensation(effect).await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(last)
    }
}
