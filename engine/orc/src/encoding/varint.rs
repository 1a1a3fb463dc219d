//! Base-128 varints (least significant group first) and zigzag, as protobuf and ORC use them.

/// Maps a signed number to an unsigned one, small magnitudes to small numbers.
#[inline]
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Appends `value` as an unsigned varint.
#[inline]
pub(crate) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    let mut bytes = [0u8; 10];
    let mut len = 0;
    while value >= 0x80 {
        bytes[len] = value as u8 | 0x80;
        value >>= 7;
        len += 1;
    }
    bytes[len] = value as u8;
    out.extend_from_slice(&bytes[..=len]);
}

/// Appends `value` as a zigzag varint.
#[inline]
pub(crate) fn write_signed(out: &mut Vec<u8>, value: i64) {
    write_unsigned(out, zigzag(value));
}

/// Appends a decimal's unscaled value as a zigzag varint of unbounded length.
#[inline]
pub(crate) fn write_signed_i128(out: &mut Vec<u8>, value: i128) {
    if let Ok(small) = i64::try_from(value) {
        return write_signed(out, small);
    }
    let mut rest = ((value << 1) ^ (value >> 127)) as u128;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
