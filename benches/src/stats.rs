//! Medians, and exponents fitted over sizes.

/// The median of the values; for an even number of them, the mean of the two in the middle. `None`
/// without values.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(values[middle - 1], upper))
}

/// The exponent of the power of `x` by which `y` grows: the slope of the least-squares line through
/// the logarithms. Points that are not positive have no logarithm and are left out; `None` if fewer
/// than two remain.
#[must_use]
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<_> = points
        .iter()
        .filter(|(x, y)| *x > 0.0 && *y > 0.0)
        .map(|(x, y)| (x.ln(), y.ln()))
        .collect();
    let count = float(logs.len());
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (logs.len() > 1 && variance > 0.0).then(|| covariance / variance)
}

/// A count as a floating-point number.
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    reason = "counts here are far below 2^52, from where on they would be rounded"
)]
pub fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{exponent, median};

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn a_square_grows_with_exponent_two() {
        let squares: Vec<_> = [8.0, 16.0, 32.0_f64]
            .iter()
            .map(|x| (*x, 5.0 * x * x))
            .collect();
        assert!((exponent(&squares).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(exponent(&squares[..1]), None);
        assert_eq!(exponent(&[(8.0, 0.0), (16.0, 1.0)]), None);
    }
}
