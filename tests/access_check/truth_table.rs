//! The truth table of one and two accounts, by whole checks with real requests.

use bucket_ready::{
    demo::{
        PracticeAccount,
        iam::{Account, User},
        stage::{FOREIGN_ACCOUNT, FOREIGN_READER_KEY, READER, READER_KEY, reader_policy},
    },
    report::Status,
    rule::Subject,
};
use jiff::Timestamp;

use crate::harness::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Has {
    Nothing,
    Pages,
    Ours,
}

/// The page's policies, as the page prints them.
fn page(bucket: &str, principal: Option<&str>) -> String {
    match principal {
        None => format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"VisualEditor0","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::{bucket}"}}]}}"#
        ),
        Some(who) => format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"statement1","Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::{bucket}"}},{{"Sid":"statement2","Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*"}}]}}"#
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_truth_table_holds_by_check() {
    use Has::{Nothing, Ours, Pages};
    // Accounts, user policy, bucket policy; then whether a list and a read work, and the code that says why not.
    let table = [
        (true, Pages, Nothing, true, false, "A206"),
        (true, Pages, Pages, true, true, ""),
        (true, Ours, Nothing, true, true, ""),
        (true, Ours, Pages, true, true, ""),
        (true, Nothing, Nothing, false, false, ""),
        (true, Nothing, Pages, true, true, ""),
        (false, Pages, Nothing, false, false, "A207"),
        (false, Pages, Pages, true, false, "A207"),
        (false, Ours, Pages, true, true, ""),
        (false, Ours, Nothing, false, false, "A207"),
        (false, Nothing, Nothing, false, false, "A207"),
        (false, Nothing, Pages, false, false, "A207"),
    ];
    let account = PracticeAccount::start("no-access").await.unwrap();
    let bucket = account.bucket();
    for (same, user_policy, bucket_policy, lists, reads, code) in table {
        // The account's reader key is the foreign one's as soon as there is a foreign reader.
        account.world().add(Account::new(FOREIGN_ACCOUNT));
        let (number, key) = if same {
            (account.account_id(), READER_KEY)
        } else {
            (FOREIGN_ACCOUNT, FOREIGN_READER_KEY)
        };
        let made = Timestamp::UNIX_EPOCH;
        let user = User::new(READER, "AIDARZPUZDIKLEXAMPLE", made).with_key(key.0, key.1, account.now());
        let user = match user_policy {
            Nothing => user,
            Pages => user.with_policy("reader", page(bucket, None)),
            Ours => user.with_policy("reader", reader_policy(bucket)),
        };
        account.world().change(number, |a| a.add(user));
        let arn = format!("arn:aws:iam::{number}:user/{READER}");
        account.buckets().change(bucket, |b| {
            b.policy = (bucket_policy == Pages).then(|| page(bucket, Some(&arn)));
        });
        let report = check(&account, Asked::default()).await;
        let row = (same, user_policy, bucket_policy);
        let as_expected = |works: bool| if works { Status::Pass } else { Status::Fail };
        for subject in [Subject::Events, Subject::Metrics, Subject::Signals] {
            assert_eq!(status(&report, "A201", subject), as_expected(lists), "{row:?}");
            assert_eq!(status(&report, "A202", subject), as_expected(reads), "{row:?}");
        }
        let because: Vec<_> = report
            .checks
            .iter()
            .filter(|c| ("A206"..="A213").contains(&c.code.as_str()) && c.status == Status::Fail)
            .map(|c| c.code.as_str())
            .collect();
        let expected: Vec<&str> = [code].into_iter().filter(|code| !code.is_empty()).collect();
        assert_eq!(because, expected, "{row:?}: {:?}", findings(&report));
        // Of two accounts, the operator of one sees half of the policies: no difference is made up.
        assert_ne!(status(&report, "A218", Subject::Bucket), Status::Warn, "{row:?}");
    }
}
