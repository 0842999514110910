//! Sixteen bytes at a time: where a string's plain run ends. Written so that the compiler makes vector code of it.

/// Bytes in a block.
const WIDTH: usize = 16;

/// The first byte from `at` on that a string can't simply hold: a quote, a backslash or a control character. `None` when
/// there is none up to the end.
#[inline(always)]
pub(super) fn next_special(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<WIDTH>) {
        let mut hits = [0u8; WIDTH];
        for (hit, &byte) in hits.iter_mut().zip(block) {
            *hit = if is_special(byte) { 0xff } else { 0 };
        }
        let hits = u128::from_le_bytes(hits);
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += WIDTH;
    }
    let rest = text.get(at..)?;
    Some(at + rest.iter().position(|&byte| is_special(byte))?)
}

#[inline(always)]
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}
