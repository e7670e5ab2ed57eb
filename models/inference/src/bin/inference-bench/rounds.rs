//! Alternating rounds of calls on fresh rows.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::candidates::Candidate;

const ROUNDS: usize = 15;
/// Of processor time, for each runtime in each round.
const ROUND_S: f64 = 0.04;

/// Seconds that this thread has computed.
fn thread_s() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// Microseconds a call of both runtimes, and how they compare.
pub(crate) fn measure(
    candidate: &mut Candidate,
    batch: usize,
    check: bool,
) -> anyhow::Result<Value> {
    let (first_ours, first_theirs) =
        (ours(candidate, batch, 3, 0)?, theirs(candidate, batch, 3, 0)?);
    let slower = first_ours.max(first_theirs).max(1e-7);
    let calls = if check { 2 } else { ((ROUND_S / slower) as usize).clamp(4, 30_000) };
    let rounds = if check { 1 } else { ROUNDS };
    let (mut our_s, mut their_s, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let offset = round * calls;
        let (a, b) = if round % 2 == 0 {
            let a = ours(candidate, batch, calls, offset)?;
            (a, theirs(candidate, batch, calls, offset)?)
        } else {
            let b = theirs(candidate, batch, calls, offset)?;
            (ours(candidate, batch, calls, offset)?, b)
        };
        our_s.push(a);
        their_s.push(b);
        ratios.push(a / b);
    }
    let ours_us = median(&mut our_s) * 1e6;
    Ok(json!({
        "batch": batch,
        "calls_a_round": calls,
        "ours_us": rounded(ours_us),
        "onnxruntime_us": rounded(median(&mut their_s) * 1e6),
        "ours_us_a_row": rounded(ours_us / batch as f64),
        "ratio": rounded(median(&mut ratios)),
        "ratio_least": rounded(ratios.first().copied().unwrap_or(f64::NAN)),
        "ratio_most": rounded(ratios.last().copied().unwrap_or(f64::NAN)),
    }))
}

/// The rows of one call; calls go on where the last one stopped, and start over at the end.
fn place(rows: usize, batch: usize, call: usize) -> usize {
    call * batch % (rows - batch + 1)
}

fn ours(candidate: &Candidate, batch: usize, calls: usize, offset: usize) -> anyhow::Result<f64> {
    let columns = candidate.columns;
    let rows = candidate.raw.len() / columns;
    let started = thread_s();
    for call in offset..offset + calls {
        let from = place(rows, batch, call) * columns;
        let answer = candidate.engine.predict(&candidate.raw[from..from + batch * columns])?;
        black_box(answer);
    }
    Ok((thread_s() - started) / calls as f64)
}

fn theirs(
    candidate: &mut Candidate,
    batch: usize,
    calls: usize,
    offset: usize,
) -> anyhow::Result<f64> {
    let columns = candidate.columns;
    let rows = candidate.input.len() / columns;
    let started = thread_s();
    for call in offset..offset + calls {
        let from = place(rows, batch, call) * columns;
        let input = &candidate.input[from..from + batch * columns];
        black_box(candidate.peer.run(input, columns, |values| values[0])?);
    }
    Ok((thread_s() - started) / calls as f64)
}

/// Sorts, and takes the middle; the lower one of two.
pub(crate) fn median(measured: &mut [f64]) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured.get(measured.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// Three places are more than a shared machine can hold.
pub(crate) fn rounded(figure: f64) -> f64 {
    format!("{figure:.2e}").parse().unwrap_or(figure)
}
