//! Ways to spoil bytes: flipped bits, wrong lengths, pieces cut, doubled, swapped and grafted from elsewhere. Pure.

use crate::dice::Dice;

/// Changes made to one input.
const STEPS_MAX: usize = 4;
/// Inputs do not grow beyond what a reader takes anyway.
const INPUT_BYTES_MAX: usize = 64 * 1024;
/// Lengths and numbers that readers stumble over.
const EDGES: [u64; 8] =
    [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// Spoils `sound`; `other` lends pieces.
pub(crate) fn spoil(sound: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..=dice.below(STEPS_MAX) {
        step(&mut bytes, other, dice);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn step(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(8) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = dice.roll().to_le_bytes()[0];
            }
        }
        3 => {
            let edge = EDGES[dice.below(EDGES.len())];
            let wide = [1, 2, 4, 8][dice.below(4)];
            let value = if dice.below(2) == 0 { edge.to_be_bytes() } else { edge.to_le_bytes() };
            let value = if dice.below(2) == 0 { &value[..wide] } else { &value[8 - wide..] };
            for (place, byte) in bytes.iter_mut().skip(at).zip(value) {
                *place = *byte;
            }
        }
        4 => bytes.truncate(at),
        5 => {
            let end = (at + 1 + dice.below(16)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        6 => {
            let end = (at + 1 + dice.below(64)).min(bytes.len());
            let piece = bytes[at.min(end)..end].to_vec();
            let place = dice.below(bytes.len());
            bytes.splice(place..place, piece);
        }
        _ => {
            let from = dice.below(other.len());
            let end = (from + 1 + dice.below(64)).min(other.len());
            bytes.splice(at..at, other[from.min(end)..end].iter().copied());
        }
    }
}

/// What a generator of bytes would send: nothing that anybody wrote.
pub(crate) fn noise(dice: &mut Dice) -> Vec<u8> {
    (0..dice.below(300)).map(|_| dice.roll().to_le_bytes()[0]).collect()
}
