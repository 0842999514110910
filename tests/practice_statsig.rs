//! The practice account's Statsig over HTTP: the call that marks a timestamp, its failures on request, and what is
//! ingested and lost as the account's clock is moved on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bucket_ready::{
    calendar::PstDay,
    demo::{
        PracticeAccount, StatsigFault,
        edits::Editor,
        export::{signal, usual_signal},
        objects::Object,
        shop::Shop,
    },
    wizard::practice::PracticeEdit,
};
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn day(text: &str) -> PstDay {
    PstDay::parse(text).unwrap()
}

/// Sends a request as it stands and reads to the end. Empty where the connection was closed without an answer.
async fn raw(account: &PracticeAccount, request: &str) -> String {
    let url = account.endpoint_url();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn mark(account: &PracticeAccount, key: &str, body: &str) -> String {
    raw(
        account,
        &format!(
            "POST /v1/mark_data_ready HTTP/1.1\r\nhost: x\r\nstatsig-api-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
    )
    .await
}

/// Marks all before an instant.
async fn mark_second(account: &PracticeAccount, second: i64) -> String {
    let secret = account.statsig_secret();
    let body = format!("{{\"timestamp\": {second}, \"type\": \"metrics\"}}");
    mark(account, secret.expose_secret(), &body).await
}

fn status(answer: &str) -> Option<u16> {
    answer.split(' ').nth(1)?.parse().ok()
}

async fn pass(account: &PracticeAccount, edit: PracticeEdit) -> Vec<String> {
    Editor::of(account).make(edit).await.unwrap()
}

/// Puts a signal as an operator's job would, at the account's time.
fn put_signal(account: &PracticeAccount, of: &str) {
    let made = signal(day(of), usual_signal(day(of))).unwrap();
    let object = Object::new(made.body, account.now(), "STANDARD", account.account_id());
    account.buckets().put(account.bucket(), &made.key, object, false);
}

fn loaded(account: &PracticeAccount, of: &str) -> Option<u64> {
    let loaded = account.passing().ingestion();
    loaded.loaded().get(&day(of).epoch_day()).copied()
}

fn rows_of(of: &str) -> u64 {
    let made = Shop::open().day(day(of));
    (made.events.len() + made.metrics.len()) as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_in_which_a_call_can_fail_comes_when_asked_for() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    let second = day("2026-06-23").start_second(bucket_ready::calendar::DayOffset::default());
    let faults = account.faults();
    faults.statsig(StatsigFault::Unauthorized, 1);
    faults.statsig(StatsigFault::TooMany { retry_after: None }, 1);
    faults.statsig(StatsigFault::TooMany { retry_after: Some(7) }, 1);
    faults.statsig(StatsigFault::Broken, 1);
    faults.statsig(StatsigFault::Earlier, 1);
    faults.statsig(StatsigFault::RequestLost, 1);
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(mark_second(&account, second).await);
    }
    let statuses: Vec<Option<u16>> = answers.iter().map(|a| status(a)).collect();
    assert_eq!(
        statuses,
        [Some(401), Some(429), Some(429), Some(500), Some(400), None]
    );
    let waits: Vec<bool> = answers
        .iter()
        .map(|a| a.to_lowercase().contains("retry-after: 7"))
        .collect();
    assert_eq!(waits, [false, false, true, false, false, false]);
    assert_eq!(account.statsig().marked(), None, "nothing of that was taken");

    faults.statsig(StatsigFault::AnswerLost, 1);
    assert_eq!(mark_second(&account, second).await, "");
    assert_eq!(
        account.statsig().marked(),
        Some(second),
        "taken, though nobody was told"
    );
    faults.statsig(StatsigFault::AnswerCut, 1);
    let cut = mark_second(&account, second + 1).await;
    let body = cut.split("\r\n\r\n").nth(1).unwrap();
    assert!(status(&cut) == Some(200) && !body.ends_with('}'), "{cut}");
    assert_eq!(account.statsig().marked(), Some(second + 1));

    assert_eq!(
        status(&mark_second(&account, second).await),
        Some(400),
        "it only moves forward"
    );
    assert_eq!(status(&mark(&account, "client-EXAMPLE", "{}").await), Some(401));
    assert_eq!(account.statsig().received().len(), 10);
    assert_eq!(account.statsig_url(), account.endpoint_url());
    let secret = account.statsig_secret();
    assert!(secret.expose_secret().starts_with("secret-") && secret.expose_secret().contains("EXAMPLE"));
    let get = raw(
        &account,
        "GET /v1/mark_data_ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(status(&get), Some(405));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_signal_ingests_its_day_at_the_next_full_hour_and_loses_nothing() {
    for by_api in [false, true] {
        let account = PracticeAccount::start("healthy").await.unwrap();
        assert_eq!(loaded(&account, "2026-06-21"), Some(rows_of("2026-06-21")));
        assert_eq!(loaded(&account, "2026-06-22"), None);
        let idle = pass(&account, PracticeEdit::Hour).await;
        assert!(idle[0].contains("no new signal"), "{idle:?}");
        assert!(idle[1].contains("not signalled: 2026-06-22."), "{idle:?}");
        if by_api {
            let second = day("2026-06-23").start_second(bucket_ready::calendar::DayOffset::default());
            assert_eq!(status(&mark_second(&account, second).await), Some(200));
        } else {
            put_signal(&account, "2026-06-22");
        }
        let said = pass(&account, PracticeEdit::Hour).await;
        assert!(
            said[0].starts_with("Tue 23 Jun 23:00 PST: Statsig polled and ingested 2026-06-22: "),
            "{said:?}"
        );
        assert!(!said.concat().contains("Lost"), "{said:?}");
        assert_eq!(loaded(&account, "2026-06-22"), Some(rows_of("2026-06-22")));

        // The night's export lands, and waits.
        let said = pass(&account, PracticeEdit::Day).await;
        assert!(
            said[0].starts_with("Wed 24 Jun 03:05 PST: the shop's export of 2026-06-23 landed"),
            "{said:?}"
        );
        assert!(
            said.last().unwrap().contains("not signalled: 2026-06-23."),
            "{said:?}"
        );
        assert_eq!(loaded(&account, "2026-06-23"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_closes_days_from_now_on_and_not_as_if_it_had_always_been_there() {
    let account = PracticeAccount::start("healthy").await.unwrap();
    let second = day("2026-06-23").start_second(bucket_ready::calendar::DayOffset::default());
    assert_eq!(status(&mark_second(&account, second).await), Some(200));
    // Nobody had looked before: what was loaded in the six weeks before was loaded all the same.
    let said = pass(&account, PracticeEdit::Hour).await.join("\n");
    assert!(said.contains("polled and ingested 2026-06-22: "), "{said}");
    assert!(
        said.contains("Ingested so far: 42 days, the last 2026-06-22."),
        "{said}"
    );
    assert!(!said.contains("Lost"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_of_a_day_that_is_not_over_loses_all_that_comes_after() {
    let account = PracticeAccount::start("healthy").await.unwrap();
    put_signal(&account, "2026-06-23");
    let said = pass(&account, PracticeEdit::Hour).await.join("\n");
    assert!(
        said.contains("ingested 2026-06-22:"),
        "the day before is closed with it: {said}"
    );
    assert!(said.contains("closed without data: 2026-06-23."), "{said}");
    let said = pass(&account, PracticeEdit::Day).await.join("\n");
    let rows = bucket_ready::report::words::grouped(rows_of("2026-06-23"));
    assert!(
        said.contains(&format!(
            "Lost: {rows} rows of 2026-06-23 came after that day was loaded."
        )),
        "{said}"
    );
    assert_eq!(loaded(&account, "2026-06-23"), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typing_error_in_the_year_closes_every_day_up_to_it() {
    let account = PracticeAccount::start("healthy").await.unwrap();
    put_signal(&account, "2062-06-22");
    let said = pass(&account, PracticeEdit::Hour).await.join("\n");
    // 24 June 2026 to 22 June 2062, both included: 36 years of 365 days, nine leap days, less one day.
    assert!(
        said.contains("Lost: 13,148 days counted as loaded before they had begun, up to 2062-06-22."),
        "{said}"
    );
    let said = pass(&account, PracticeEdit::Day).await.join("\n");
    assert!(
        said.contains("rows of 2026-06-23 came after that day was loaded"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_scenarios_lost_before_was_lost_by_the_model_too() {
    let account = PracticeAccount::start("gaps-and-late-data").await.unwrap();
    for gap in ["2026-05-23", "2026-05-24", "2026-06-06"] {
        assert_eq!(loaded(&account, gap), Some(0), "{gap}");
    }
    // Signalled at 22:00 of the day, hours before its data landed.
    assert_eq!(loaded(&account, "2026-06-02"), Some(0));
    assert_eq!(loaded(&account, "2026-06-03"), Some(rows_of("2026-06-03")));

    // Folders by UTC date, signalled in the evening: the last hours are in the next folder, which lands a day later.
    let account = PracticeAccount::start("utc-folders").await.unwrap();
    let found = loaded(&account, "2026-06-20").unwrap();
    assert!((1..rows_of("2026-06-20")).contains(&found), "{found}");
    let said = pass(&account, PracticeEdit::Day).await.join("\n");
    assert!(said.contains("rows of 2026-06-23 came after"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_moved_by_whoever_knows_the_account_and_by_no_web_page() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    let call = |path: &str, header: &str| {
        let request = format!(
            "POST /-practice/{path} HTTP/1.1\r\nhost: x\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n"
        );
        let account = &account;
        async move { status(&raw(account, &request).await) }
    };
    let known = "x-practice-account: 123456789012\r\n";
    assert_eq!(call("clock?seconds=60", "").await, Some(403));
    assert_eq!(call("restore", "").await, Some(403));
    for bad in [
        "clock",
        "clock?seconds=0",
        "clock?seconds=-1",
        "clock?seconds=99999999",
    ] {
        assert_eq!(call(bad, known).await, Some(400), "{bad}");
    }
    assert_eq!(call("nothing", known).await, Some(404));
    let before = account.now();
    assert_eq!(call("clock?seconds=60", known).await, Some(200));
    assert_eq!(account.now().as_second() - before.as_second(), 60);
}
