//! Signatures of the services that `s3s` does not verify: IAM and STS, by Signature Version 4.

use std::{collections::BTreeMap, time::SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use hyper::HeaderMap;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use s3s::crypto::{Checksum, Sha256};

/// What a request says of its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `AKIA…`
    pub key_id: String,
    /// The region that it is signed for.
    pub region: String,
    /// The service that it is signed for: `s3`, `iam`, `sts`.
    pub service: String,
    date: String,
    headers: Vec<String>,
    signature: String,
}

impl Signed {
    /// Reads the `Authorization` header, or what a presigned address has in its query (without the signature then).
    pub fn of(headers: &HeaderMap, query: &BTreeMap<String, String>) -> Option<Self> {
        let header = headers.get("authorization").and_then(|v| v.to_str().ok());
        let part = |name: &str| {
            let text = header?;
            let rest = text.split(name).nth(1)?;
            Some(rest.split([',', ' ']).next().unwrap_or_default().to_owned())
        };
        let credential = match header {
            Some(_) => part("Credential=")?,
            None => query.get("X-Amz-Credential")?.clone(),
        };
        let mut parts = credential.split('/').map(str::to_owned);
        let (key_id, date) = (parts.next()?, parts.next()?);
        let (region, service) = (parts.next()?, parts.next()?);
        Some(Self {
            key_id,
            region,
            service,
            date,
            headers: part("SignedHeaders=")
                .map(|names| names.split(';').map(str::to_owned).collect())
                .unwrap_or_default(),
            signature: part("Signature=").unwrap_or_default(),
        })
    }

    /// Whether this is the signature that a request with these parts has under a secret.
    pub fn fits(&self, request: &Parts<'_>, secret: &str) -> bool {
        let Some(at) = signed_at(request.headers) else {
            return false;
        };
        let stamp = header(request.headers, "x-amz-date");
        if !stamp.starts_with(&self.date) {
            return false;
        }
        let mut canonical = format!(
            "{}\n{}\n{}\n",
            request.method,
            request.path,
            sorted_query(request.query)
        );
        for name in &self.headers {
            let value = header(request.headers, name);
            let value: Vec<&str> = value.split_whitespace().collect();
            canonical.push_str(&format!("{name}:{}\n", value.join(" ")));
        }
        canonical.push_str(&format!("\n{}\n{}", self.headers.join(";"), sha256(request.body)));
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{stamp}\n{}/{}/{}/aws4_request\n{}",
            self.date,
            self.region,
            self.service,
            sha256(canonical.as_bytes())
        );
        let Ok(time) = SystemTime::try_from(at) else {
            return false;
        };
        let key = generate_signing_key(secret, time, &self.region, &self.service);
        calculate_signature(key, to_sign.as_bytes()) == self.signature
    }
}

/// The parts of a request that are signed.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// `POST`
    pub method: &'a str,
    /// The path as it stood on the wire.
    pub path: &'a str,
    /// The query as it stood on the wire.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

/// When a request says that it was signed.
pub fn signed_at(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get("x-amz-date")?.to_str().ok()?;
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let all = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    all.collect::<Vec<_>>().join(",")
}

fn sorted_query(query: &str) -> String {
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            if pair.contains('=') {
                pair.to_owned()
            } else {
                format!("{pair}=")
            }
        })
        .collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn sha256(data: &[u8]) -> String {
    let digest = Sha256::checksum(data);
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
