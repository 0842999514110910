//! Percent-encoded text: keys as listings spell them with `encoding-type=url`, the only way to list keys that XML cannot
//! hold; and policy documents as IAM hands them out.

/// Decodes a key or prefix: `+` is a space, `%XX` a byte. What does not decode to UTF-8 stays as it is.
pub(super) fn decode(spelled: &str) -> String {
    percent_decoded(spelled, true)
}

/// Decodes `%XX`, and `+` as a space where it stands for one (in forms and listings, not in RFC 3986). What does not
/// decode to UTF-8 stays as it is.
pub(crate) fn percent_decoded(spelled: &str, plus_is_space: bool) -> String {
    let bytes = spelled.as_bytes();
    if !bytes.iter().any(|b| matches!(b, b'%' | b'+')) {
        return spelled.to_owned();
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match rest {
            [] => break,
            [b'%', high, low, after @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => {
                    decoded.push(b'%');
                    rest = rest.get(1..).unwrap_or_default();
                }
            },
            [b'+', after @ ..] if plus_is_space => {
                decoded.push(b' ');
                rest = after;
            }
            [other, after @ ..] => {
                decoded.push(*other);
                rest = after;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| spelled.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::decode;

    /// What S3 does to a key.
    fn encode(key: &str) -> String {
        key.bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                    char::from(b).to_string()
                }
                b' ' => "+".into(),
                _ => format!("%{b:02X}"),
            })
            .collect()
    }

    #[test]
    fn a_key_with_a_line_feed_and_a_plus_is_read_under_its_own_name() {
        assert_eq!(decode("events/a%0Ab%2Bc+d.parquet"), "events/a\nb+c d.parquet");
        assert_eq!(decode("events/100%25.parquet"), "events/100%.parquet");
    }

    #[test]
    fn a_server_that_encodes_badly_loses_no_key() {
        assert_eq!(decode("a%zz%4"), "a%zz%4");
        assert_eq!(decode("a%ff"), "a%ff");
    }

    #[test]
    fn a_plus_in_a_policy_stays_a_plus() {
        assert_eq!(super::percent_decoded("a+b%2Bc%20d", false), "a+b+c d");
    }

    proptest! {
        #[test]
        fn every_key_survives_a_listing(key in "\\PC*|[ -~\n\r\t]*") {
            prop_assert_eq!(decode(&encode(&key)), key);
        }
    }
}
