//! Where requests with a secret in them may go: over TLS, or to this machine itself.

use std::net::IpAddr;

use hyper::Uri;

/// Statsig's own address. Source: Statsig's documentation of `mark_data_ready`.
pub const DEFAULT: &str = "https://api.statsig.com";

/// A base address, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
    loopback: bool,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            base: DEFAULT.to_owned(),
            loopback: false,
        }
    }
}

impl Address {
    /// Reads a base address: `https://…`, or `http://` to this machine itself.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text
            .trim_end_matches('/')
            .parse()
            .map_err(|_| "it is not a URL; write it as in https://api.statsig.com")?;
        let host = uri
            .host()
            .filter(|host| !host.is_empty())
            .ok_or("it names no host; write it as in https://api.statsig.com")?;
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err("it holds a name or password, which have no place in it");
        }
        if uri.query().is_some() {
            return Err("it holds a query; give the part before it");
        }
        if uri.path().contains("mark_data_ready") {
            return Err("give the part before /v1/mark_data_ready");
        }
        let loopback = is_loopback(host);
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if loopback => {}
            Some("http") => {
                return Err(
                    "over http the key could be read on its way; only this machine itself may be http",
                );
            }
            _ => return Err("it must begin with https://"),
        }
        Ok(Self {
            base: text.trim_end_matches('/').to_owned(),
            loopback,
        })
    }

    /// Whether it is this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The whole URL of the call.
    pub fn mark_data_ready(&self) -> String {
        format!("{}/v1/mark_data_ready", self.base)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_over_tls_or_not_off_this_machine() {
        for (text, url) in [
            (DEFAULT, "https://api.statsig.com/v1/mark_data_ready"),
            (
                "https://proxy.example/statsig/",
                "https://proxy.example/statsig/v1/mark_data_ready",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080/v1/mark_data_ready",
            ),
            ("http://localhost:1/", "http://localhost:1/v1/mark_data_ready"),
            ("http://[::1]:1", "http://[::1]:1/v1/mark_data_ready"),
        ] {
            assert_eq!(Address::parse(text).unwrap().mark_data_ready(), url);
        }
        for text in [
            "http://api.statsig.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "https://user:secret@api.statsig.com",
            "http://localhost@evil.example",
            "https://api.statsig.com?x=1",
            "https://api.statsig.com/v1/mark_data_ready",
            "ftp://api.statsig.com",
            "api.statsig.com",
            "https://",
            "",
            "/x",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
