//! Cutting lines and rings to a square. Coordinates are those of a tile, y downward.

pub(super) type At = [f64; 2];

/// The parts of a line inside the square from `low` to `high` (Liang and Barsky, 1984, per piece).
pub(super) fn line(points: &[At], low: f64, high: f64) -> Vec<Vec<At>> {
    let mut parts: Vec<Vec<At>> = Vec::new();
    let mut open: Vec<At> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = piece(pair[0], pair[1], low, high) else {
            close(&mut parts, &mut open);
            continue;
        };
        if open.last() != Some(&from) {
            close(&mut parts, &mut open);
            open.push(from);
        }
        open.push(to);
    }
    close(&mut parts, &mut open);
    parts
}

fn close(parts: &mut Vec<Vec<At>>, open: &mut Vec<At>) {
    if open.len() > 1 {
        parts.push(std::mem::take(open));
    }
    open.clear();
}

fn piece(a: At, b: At, low: f64, high: f64) -> Option<(At, At)> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let run = b[axis] - a[axis];
        let (to_low, to_high) = (low - a[axis], high - a[axis]);
        if run == 0.0 {
            if to_low > 0.0 || to_high < 0.0 {
                return None;
            }
            continue;
        }
        let (first, last) = (to_low / run, to_high / run);
        enter = enter.max(first.min(last));
        leave = leave.min(first.max(last));
    }
    if enter > leave {
        return None;
    }
    let at = |share: f64| match share {
        0.0 => a,
        1.0 => b,
        _ => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share],
    };
    Some((at(enter), at(leave)))
}

/// The part of a ring inside the square (Sutherland and Hodgman, 1974). The ring is open: its end joins its beginning.
pub(super) fn ring(points: &[At], low: f64, high: f64) -> Vec<At> {
    let mut ring = points.to_vec();
    for (axis, bound, below) in [(0, low, false), (0, high, true), (1, low, false), (1, high, true)]
    {
        let inside = |at: &At| if below { at[axis] <= bound } else { at[axis] >= bound };
        let mut kept = Vec::with_capacity(ring.len() + 4);
        for (index, to) in ring.iter().enumerate() {
            let from = &ring[(index + ring.len() - 1) % ring.len()];
            if inside(from) != inside(to) {
                let share = (bound - from[axis]) / (to[axis] - from[axis]);
                let mut at =
                    [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
                at[axis] = bound;
                kept.push(at);
            }
            if inside(to) {
                kept.push(*to);
            }
        }
        ring = kept;
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_leaves_and_returns_is_two() {
        let parts = line(&[[1.0, 1.0], [1.0, 12.0], [5.0, 12.0], [5.0, 5.0]], 0.0, 10.0);
        assert_eq!(parts, vec![vec![[1.0, 1.0], [1.0, 10.0]], vec![[5.0, 10.0], [5.0, 5.0]]]);
        assert!(line(&[[-5.0, -1.0], [20.0, -1.0]], 0.0, 10.0).is_empty());
        assert_eq!(
            line(&[[-5.0, 5.0], [20.0, 5.0]], 0.0, 10.0),
            vec![vec![[0.0, 5.0], [10.0, 5.0]]]
        );
    }

    #[test]
    fn a_ring_larger_than_the_square_becomes_the_square() {
        let square = ring(&[[-5.0, -5.0], [15.0, -5.0], [15.0, 15.0], [-5.0, 15.0]], 0.0, 10.0);
        assert_eq!(square.len(), 4);
        assert!(square.iter().flatten().all(|number| *number == 0.0 || *number == 10.0));
        assert!(ring(&[[20.0, 20.0], [30.0, 20.0], [30.0, 30.0]], 0.0, 10.0).is_empty());
    }
}
