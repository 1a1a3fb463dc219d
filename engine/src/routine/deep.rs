//! Futures that are polled with room on the stack: procedures that call each other, with plans
//! being made at the innermost, need more than a worker thread has.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use blueshift_sql::limits::on_deep_stack;
use futures::future::BoxFuture;

/// A future whose every step has a deep stack.
pub struct Deep<'a, T>(pub BoxFuture<'a, T>);

impl<T> Future for Deep<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        on_deep_stack(|| self.0.as_mut().poll(context))
    }
}
