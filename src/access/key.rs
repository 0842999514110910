//! What an access key tells by its shape alone, before anything is asked with it.
//!
//! Source: IAM User Guide, "IAM identifiers" (prefixes of unique ids) and "AWS STS: GetAccessKeyInfo"; that newer key
//! ids encode their account is not documented and so always called *inferred*.

/// The length of a secret as AWS makes them.
const SECRET_LENGTH: usize = 40;
/// The alphabet of key ids: base 32.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Whether a key is temporary by its id: it stops working within hours or days, and is unfit to hand over.
pub fn is_temporary(id: &str) -> bool {
    id.starts_with("ASIA")
}

/// The account that a key id encodes, twelve digits; `None` for ids of another shape, and for those of the time before
/// ids told it (they go on with `I` or `J`). An inference: it is not documented.
pub fn inferred_account(id: &str) -> Option<String> {
    let rest = id.strip_prefix("AKIA").or_else(|| id.strip_prefix("ASIA"))?;
    if rest.len() != 16 || rest.starts_with(['I', 'J']) {
        return None;
    }
    // The account's number is the 40 bits after the first.
    let mut bits: u64 = 0;
    for byte in rest.bytes().take(9) {
        let value = ALPHABET.iter().position(|a| *a == byte)?;
        bits = (bits << 5) | u64::try_from(value).ok()?;
    }
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let number = (bits >> 4) & 0xff_ffff_ffff;
    (number <= 999_999_999_999).then(|| format!("{number:012}"))
}

/// What is odd about a secret, in words that do not hold it; `None` where nothing is. No finding by itself: other
/// servers than AWS' have secrets of other shapes. It explains a signature that does not match.
pub fn secret_oddity(secret: &str) -> Option<String> {
    let length = secret.chars().count();
    let holds = |what: &[char]| secret.contains(what);
    let oddity = if secret.trim_end_matches(['\n', '\r']).len() != secret.len() {
        "ends in a line end"
    } else if holds(&['\n', '\r']) {
        "holds a line end"
    } else if holds(&['"', '\'', '\u{201c}', '\u{201d}', '`']) {
        "holds a quotation mark"
    } else if secret.chars().any(char::is_whitespace) {
        "holds white space"
    } else if length != SECRET_LENGTH {
        return Some(format!(
            "the secret has {length} characters, and AWS makes them of {SECRET_LENGTH}"
        ));
    } else {
        return None;
    };
    Some(format!("the secret {oddity}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_id_tells_its_account_and_an_old_one_does_not() {
        // Made up: what stands before EXAMP says a made-up account.
        assert_eq!(
            inferred_account("AKIARZPUZDIKLEXAMP7Q").as_deref(),
            Some("123456789012")
        );
        assert_eq!(
            inferred_account("AKIATCH6YDSYZEXAMP3T").as_deref(),
            Some("210987654321")
        );
        assert_eq!(inferred_account("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(inferred_account("minioadmin"), None);
        assert!(is_temporary("ASIARZPUZDIKLEXAMP7Q") && !is_temporary("AKIARZPUZDIKLEXAMP7Q"));
    }

    #[test]
    fn what_is_odd_about_a_secret_is_told_without_the_secret() {
        let good = "EXAMPLEsecret/of+the/practice+reader/222";
        assert_eq!(secret_oddity(good), None);
        for (secret, said) in [
            (format!("{good}\n"), "ends in a line end"),
            (format!("\"{good}\""), "quotation mark"),
            (format!(" {good}"), "white space"),
            (good[1..].to_owned(), "has 39 characters"),
        ] {
            let told = secret_oddity(&secret).unwrap();
            assert!(told.contains(said) && !told.contains("practice"), "{told}");
        }
    }

    proptest! {
        #[test]
        fn no_key_id_breaks_the_inference(id in any::<String>(), rest in "[A-Z2-7]{16}") {
            let _ = (inferred_account(&id), secret_oddity(&id));
            if let Some(account) = inferred_account(&format!("AKIA{rest}")) {
                prop_assert_eq!(account.len(), 12);
            }
        }
    }
}
