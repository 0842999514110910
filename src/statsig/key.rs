//! Which kind of key a text is. Statsig tells its keys apart by how they begin.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The kinds of keys. Source: "API keys" of Statsig's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `secret-…`: a server secret, which `mark_data_ready` takes.
    Server,
    /// `client-…`: for apps and browsers.
    Client,
    /// `console-…`: for the console API.
    Console,
    /// None of these.
    Other,
}

impl KeyKind {
    fn of(text: &str) -> Self {
        let begins = |start: &str| {
            text.get(..start.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(start))
        };
        if begins("secret-") {
            Self::Server
        } else if begins("client-") {
            Self::Client
        } else if begins("console-") {
            Self::Console
        } else {
            Self::Other
        }
    }
}

/// A key that may be sent. Its text is in no `Debug`.
#[derive(Clone)]
pub struct ServerKey {
    secret: SecretString,
    kind: KeyKind,
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKey({:?})", self.kind)
    }
}

impl ServerKey {
    /// Takes a key as it was read or typed; white space around it is left out.
    ///
    /// # Errors
    /// A sentence that never quotes the key: it is empty, of a kind that the API does not take, or no key at all.
    pub fn new(text: &SecretString) -> Result<Self, &'static str> {
        let text = text.expose_secret().trim();
        if text.is_empty() {
            return Err("the key is empty");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the key holds spaces, line ends or other characters that no key has");
        }
        if text.starts_with(['"', '\'', '`']) || text.ends_with(['"', '\'', '`']) {
            return Err("the key stands in quotation marks: leave them out");
        }
        match KeyKind::of(text) {
            KeyKind::Client => Err(
                "this is a client key (client-…), which is for apps: mark_data_ready takes a server secret (secret-…)",
            ),
            KeyKind::Console => {
                Err("this is a console key (console-…): mark_data_ready takes a server secret (secret-…)")
            }
            kind => Ok(Self {
                secret: SecretString::from(text),
                kind,
            }),
        }
    }

    /// Whether it begins as server secrets do. Others are sent too, with a word about it.
    pub fn is_usual(&self) -> bool {
        self.kind == KeyKind::Server
    }

    /// The key.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<ServerKey, &'static str> {
        ServerKey::new(&SecretString::from(text))
    }

    #[test]
    fn a_key_of_the_wrong_kind_is_named_and_never_sent() {
        assert!(key("secret-EXAMPLE").unwrap().is_usual());
        assert!(key(" secret-EXAMPLE\r\n").unwrap().secret().expose_secret() == "secret-EXAMPLE");
        assert!(!key("EXAMPLE").unwrap().is_usual());
        for (text, word) in [
            ("client-EXAMPLE", "client key"),
            ("CLIENT-EXAMPLE", "client key"),
            ("console-EXAMPLE", "console key"),
            ("", "empty"),
            (" \n", "empty"),
            ("secret-EX AMPLE", "spaces"),
            ("secret-EXAMPLE\nsecret-EXAMPLE", "line ends"),
            ("secret-EXÄMPLE", "characters"),
            ("\"secret-EXAMPLE\"", "quotation marks"),
        ] {
            let said = key(text).unwrap_err();
            assert!(said.contains(word), "{text:?}: {said}");
            assert!(!said.contains("EXAMPLE"));
        }
    }

    #[test]
    fn a_key_is_in_no_debug_output() {
        assert!(!format!("{:?}", key("secret-EXAMPLE").unwrap()).contains("EXAMPLE"));
    }
}
