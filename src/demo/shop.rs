//! The shop whose data it is: customers, their days, and the rows that come of them. No files, no faults.
//!
//! Everything follows from a seed, so that a day is the same whenever and wherever it is made. Addresses are those that
//! are reserved for examples.

use std::{collections::BTreeMap, fmt::Write as _};

use bytes::Bytes;
use fastrand::Rng;

use crate::calendar::{DayOffset, PstDay};

const SEED: u64 = 0x5348_4f50;
const CUSTOMERS: usize = 900;

/// A customer of the shop.
#[derive(Clone, Debug)]
pub struct Customer {
    /// `u_48213`
    pub user_id: Bytes,
    /// A UUID: the device's.
    pub stable_id: Bytes,
    /// `co_112`, of those who buy for a company.
    pub company_id: Option<Bytes>,
    /// The user object as events carry it.
    pub user: Bytes,
}

/// When an event happened, as its row says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stamp {
    /// Microseconds since the epoch; written as the file's column wants it.
    At(i64),
    /// The column's own number, as it stands.
    Raw(i64),
    /// Not a number: NaN in a column of doubles, words in one of text, else null.
    Broken,
    /// Null.
    Null,
}

/// A row of `events/`.
#[derive(Clone, Debug)]
pub struct Event {
    /// `timestamp`
    pub at: Stamp,
    /// `event_name`
    pub name: Option<Bytes>,
    /// `event_value`
    pub value: Option<Bytes>,
    /// `event_metadata`
    pub metadata: Option<Bytes>,
    /// `user`
    pub user: Option<Bytes>,
    /// `timeuuid`
    pub timeuuid: Option<Bytes>,
    /// Whose it is, as an index into [`Shop::customers`].
    pub customer: usize,
}

/// A row of `metrics/`.
#[derive(Clone, Debug)]
pub struct Metric {
    /// `unit_id`
    pub unit_id: Option<Bytes>,
    /// `id_type`
    pub id_type: Option<Bytes>,
    /// `date`
    pub date: Option<Bytes>,
    /// `metric_name`
    pub name: Option<Bytes>,
    /// `metric_value`
    pub value: Option<f64>,
    /// `numerator`
    pub numerator: Option<f64>,
    /// `denominator`
    pub denominator: Option<f64>,
}

/// What happened on a PST day.
#[derive(Clone, Debug)]
pub struct ShopDay {
    /// The day.
    pub day: PstDay,
    /// By time.
    pub events: Vec<Event>,
    /// By unit and name.
    pub metrics: Vec<Metric>,
}

/// The shop.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Everyone who ever came.
    pub customers: Vec<Customer>,
}

const COUNTRIES: &[(&str, &str)] = &[
    ("US", "en_US"),
    ("US", "en_US"),
    ("CA", "fr_CA"),
    ("DE", "de_DE"),
    ("JP", "ja_JP"),
    ("BR", "pt_BR"),
];
const AGENTS: &[(&str, &str, &str)] = &[
    (
        "iOS",
        "17.5",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1",
    ),
    (
        "Android",
        "15.0",
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/126.0 Mobile",
    ),
    (
        "Mac OS X",
        "14.5",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Chrome/126.0",
    ),
    (
        "Windows",
        "11",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/127.0",
    ),
];
const GIVEN: &[&str] = &[
    "ada", "bo", "chidi", "dana", "emil", "fay", "goro", "hana", "ines", "jun", "kofi", "lena",
];
const PRODUCTS: &[(&str, u32)] = &[
    ("espresso-cup", 1290),
    ("moka-pot", 3450),
    ("hand-grinder", 8900),
    ("filter-papers", 490),
    ("gooseneck-kettle", 6900),
    ("ceramic-dripper", 2450),
    ("single-origin-1kg", 2890),
    ("milk-frother", 1990),
];
const REFERRERS: &[&str] = &["search", "newsletter", "direct", "social", "partner"];

fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> Option<&'a T> {
    from.get(rng.usize(..from.len().max(1)))
}

/// A random UUID of version 4, in lower case.
pub fn uuid(rng: &mut Rng) -> Bytes {
    let n = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{n:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Bytes::from(format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    ))
}

fn customer(number: usize, rng: &mut Rng) -> Customer {
    let user_id = format!("u_{}", 48_000 + number);
    let stable_id = uuid(rng);
    let company_id = rng.bool().then(|| format!("co_{}", 100 + rng.u32(0..60)));
    let (country, locale) = pick(rng, COUNTRIES).copied().unwrap_or_default();
    let (system, version, agent) = pick(rng, AGENTS).copied().unwrap_or_default();
    let given = pick(rng, GIVEN).copied().unwrap_or_default();
    let plan = pick(rng, &["free", "silver", "gold"])
        .copied()
        .unwrap_or_default();
    let company = company_id
        .as_ref()
        .map(|id| format!(",\"companyID\":\"{id}\""))
        .unwrap_or_default();
    let user = format!(
        "{{\"userID\":\"{user_id}\",\"customIDs\":{{\"stableID\":\"{}\"{company}}},\"email\":\"{given}.{number}@example.com\",\
         \"ip\":\"203.0.113.{}\",\"userAgent\":\"{agent}\",\"country\":\"{country}\",\"locale\":\"{locale}\",\
         \"appVersion\":\"4.{}.0\",\"systemName\":\"{system}\",\"systemVersion\":\"{version}\",\
         \"custom\":{{\"plan\":\"{plan}\",\"new_user\":\"{}\"}}}}",
        String::from_utf8_lossy(&stable_id),
        rng.u8(1..255),
        rng.u8(8..13),
        rng.u8(..) < 60,
    );
    Customer {
        user_id: Bytes::from(user_id),
        stable_id,
        company_id: company_id.map(Bytes::from),
        user: Bytes::from(user),
    }
}

impl Shop {
    /// Opens it, with all its customers.
    pub fn open() -> Self {
        let mut rng = Rng::with_seed(SEED);
        Self {
            customers: (0..CUSTOMERS).map(|n| customer(n, &mut rng)).collect(),
        }
    }

    /// A customer; of an index beyond the last, one of the others.
    pub fn customer(&self, index: usize) -> Option<&Customer> {
        self.customers.get(index % self.customers.len().max(1))
    }

    /// What happened on a day: about 1,500 events, fewer in the middle of the week, and the metrics of that day.
    pub fn day(&self, day: PstDay) -> ShopDay {
        let mut rng = day_rng(day, 0);
        let start = day.start_second(DayOffset::default()) * 1_000_000;
        let weekend = matches!(day.epoch_day().rem_euclid(7), 1..=3);
        let sessions = if weekend { 250 } else { 210 } + rng.usize(0..30);
        let mut tally = Tally::default();
        let mut events = Vec::with_capacity(sessions * 8);
        for number in 0..sessions {
            let who = rng.usize(..self.customers.len().max(1));
            let Some(customer) = self.customer(who) else {
                continue;
            };
            let at = match number {
                // Someone is always awake: the day's first and last seconds have events.
                0 => 2,
                1 => 86_398,
                _ => second_of_day(&mut rng),
            };
            let from = events.len();
            session(
                &mut events,
                &mut rng,
                who,
                customer,
                start + at * 1_000_000,
                tally.of(who),
            );
            // A session that would run past midnight ends before it.
            let end = start + 86_398_900_000;
            for event in events.iter_mut().skip(from) {
                if let Stamp::At(at) = &mut event.at {
                    *at = (*at).min(end);
                }
            }
        }
        events.sort_by_key(|event| match event.at {
            Stamp::At(at) | Stamp::Raw(at) => at,
            Stamp::Broken | Stamp::Null => i64::MAX,
        });
        ShopDay {
            metrics: self.metrics(day, &tally),
            day,
            events,
        }
    }

    fn metrics(&self, day: PstDay, tally: &Tally) -> Vec<Metric> {
        let date = Bytes::from(day.to_string());
        let row = |unit: &Bytes, kind: &'static str, name: &'static str| Metric {
            unit_id: Some(unit.clone()),
            id_type: Some(Bytes::from_static(kind.as_bytes())),
            date: Some(date.clone()),
            name: Some(Bytes::from_static(name.as_bytes())),
            value: None,
            numerator: None,
            denominator: None,
        };
        let mut rows = Vec::with_capacity(tally.customers.len() * 5);
        for (who, counts) in &tally.customers {
            let Some(customer) = self.customer(*who) else {
                continue;
            };
            let valued = |name, value: f64| Metric {
                value: Some(value),
                ..row(&customer.user_id, "user_id", name)
            };
            if counts.orders > 0 {
                rows.push(valued("daily_revenue", f64::from(counts.cents) / 100.0));
                rows.push(valued("orders", f64::from(counts.orders)));
            }
            rows.push(valued("pages_viewed", f64::from(counts.pages)));
            rows.push(Metric {
                numerator: Some(f64::from(counts.orders)),
                denominator: Some(f64::from(counts.sessions)),
                ..row(&customer.user_id, "user_id", "conversion_rate")
            });
            rows.push(Metric {
                value: Some(f64::from(counts.sessions)),
                ..row(&customer.stable_id, "stable_id", "sessions")
            });
        }
        rows
    }
}

/// A day's own chance, for one purpose.
pub fn day_rng(day: PstDay, purpose: u64) -> Rng {
    Rng::with_seed(SEED ^ (day.epoch_day().unsigned_abs() << 20) ^ purpose.wrapping_mul(0x9e37_79b9))
}

/// Quiet nights, a hump at noon and a higher one in the evening.
fn second_of_day(rng: &mut Rng) -> i64 {
    let hour = match rng.u8(0..100) {
        0..12 => rng.i64(0..7),
        12..55 => 7 + rng.i64(0..9),
        _ => 16 + rng.i64(0..8),
    };
    hour * 3600 + rng.i64(0..3600)
}

#[derive(Default)]
struct Counts {
    sessions: u32,
    pages: u32,
    orders: u32,
    cents: u32,
}

#[derive(Default)]
struct Tally {
    customers: BTreeMap<usize, Counts>,
}

impl Tally {
    fn of(&mut self, customer: usize) -> &mut Counts {
        self.customers.entry(customer).or_default()
    }
}

/// One visit: pages, products, and sometimes an order.
fn session(
    events: &mut Vec<Event>,
    rng: &mut Rng,
    who: usize,
    customer: &Customer,
    start: i64,
    counts: &mut Counts,
) {
    let mut at = start;
    let mut note = |rng: &mut Rng, name: &'static str, value: Option<String>, metadata: String| {
        events.push(Event {
            at: Stamp::At(at),
            name: Some(Bytes::from_static(name.as_bytes())),
            value: value.map(Bytes::from),
            metadata: Some(Bytes::from(metadata)),
            user: Some(customer.user.clone()),
            timeuuid: Some(uuid(rng)),
            customer: who,
        });
        at += rng.i64(4_000_000..140_000_000);
    };
    counts.sessions += 1;
    let referrer = pick(rng, REFERRERS).copied().unwrap_or_default();
    for n in 0..1 + rng.u32(0..4) {
        let page = if n == 0 { "/" } else { "/shop" };
        note(
            rng,
            "page_view",
            None,
            format!("{{\"page\":\"{page}\",\"referrer\":\"{referrer}\"}}"),
        );
        counts.pages += 1;
    }
    let mut basket = 0;
    for _ in 0..rng.u32(0..4) {
        let (product, cents) = pick(rng, PRODUCTS).copied().unwrap_or_default();
        note(
            rng,
            "product_view",
            Some(product.to_owned()),
            format!("{{\"page\":\"/p/{product}\",\"price\":\"{}\"}}", money(cents)),
        );
        counts.pages += 1;
        if rng.u8(0..10) < 4 {
            note(
                rng,
                "add_to_cart",
                Some(product.to_owned()),
                format!("{{\"quantity\":\"1\",\"price\":\"{}\"}}", money(cents)),
            );
            basket += cents;
        }
    }
    if basket > 0 && rng.u8(0..10) < 7 {
        note(
            rng,
            "checkout_started",
            Some(money(basket)),
            "{\"step\":\"address\"}".to_owned(),
        );
        if rng.u8(0..10) < 7 {
            let mut metadata = String::new();
            let _ = write!(
                metadata,
                "{{\"order\":\"A-{}\",\"currency\":\"USD\",\"payment\":\"card\"}}",
                rng.u32(100_000..999_999)
            );
            note(rng, "purchase", Some(money(basket)), metadata);
            counts.orders += 1;
            counts.cents += basket;
        }
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_same_each_time_and_lies_within_its_pst_window() {
        let day = PstDay::parse("2026-06-20").unwrap();
        let (one, two) = (Shop::open().day(day), Shop::open().day(day));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert!((1000..2500).contains(&one.events.len()), "{}", one.events.len());
        assert!((500..2000).contains(&one.metrics.len()), "{}", one.metrics.len());
        let window = day.start_second(DayOffset::default())..day.end_second(DayOffset::default());
        for event in &one.events {
            let Stamp::At(micros) = event.at else {
                panic!("{event:?}")
            };
            assert!(window.contains(&micros.div_euclid(1_000_000)));
        }
    }

    #[test]
    fn uuids_have_the_shape_of_version_four() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..100 {
            let id = uuid(&mut rng);
            let text = std::str::from_utf8(&id).unwrap();
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12]);
            assert_eq!(text.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&text.as_bytes()[19]), "{text}");
        }
    }
}
