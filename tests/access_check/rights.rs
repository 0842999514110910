//! What a check still does, and says, with fewer rights, fewer rules and other settings.

use std::sync::Arc;

use bucket_ready::{
    access::{Truth, view::Seen},
    contract::SignalVia,
    demo::{
        PracticeAccount,
        stage::{FOREIGN_ACCOUNT, OPERATOR, READER},
    },
    report::{Mode, Report, Status, Verdict},
    rule::Subject,
};

use crate::harness::*;

/// Puts an inline policy on a user of the bucket's account.
fn put_policy(account: &PracticeAccount, user: &str, name: &str, document: &str) {
    account.world().change(account.account_id(), |a| {
        let user = a.user_mut(user).unwrap();
        user.inline.insert(name.to_owned(), document.to_owned());
    });
}

fn deny(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{action}","Resource":"*"}}]}}"#
    )
}

fn unseen(report: &Report) -> String {
    let unseen = &report.access.as_ref().unwrap().unseen;
    let lines: Vec<String> = unseen.iter().map(|u| format!("{}: {}", u.what, u.why)).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refused_api_costs_what_it_shows_and_nothing_else() {
    // The action, and the rules that can't pass without it.
    let table: [(&str, &[&'static str]); 12] = [
        ("iam:GetUser", &["A203", "A216", "A218"]),
        ("iam:ListUserPolicies", &["A203", "A218"]),
        ("iam:GetUserPolicy", &["A203", "A218"]),
        ("iam:ListAttachedUserPolicies", &["A203", "A218"]),
        ("iam:ListGroupsForUser", &["A203", "A218"]),
        ("iam:ListAccessKeys", &["A216"]),
        ("s3:GetBucketPolicy", &["A203", "A218"]),
        ("s3:GetBucketOwnershipControls", &[]),
        ("s3:GetBucketPublicAccessBlock", &[]),
        ("s3:GetBucketRequestPayment", &["A215"]),
        ("s3:GetEncryptionConfiguration", &[]),
        ("iam:*", &["A203", "A216", "A218"]),
    ];
    for (action, lost) in table {
        let account = good_account().await;
        put_policy(&account, OPERATOR, "less", &deny(action));
        let report = check(&account, Asked::default()).await;
        println!("{action:<32} {}", unseen(&report).replace('\n', "; "));
        assert!(report.complete, "{action}");
        for subject in [Subject::Events, Subject::Metrics, Subject::Signals] {
            assert_eq!(status(&report, "A201", subject), Status::Pass, "{action}");
            assert_eq!(status(&report, "A202", subject), Status::Pass, "{action}");
        }
        for code in ["A203", "A215", "A216", "A218"] {
            let expected = if lost.contains(&code) {
                Status::Unknown
            } else {
                Status::Pass
            };
            let check = of(&report, code, Subject::Bucket);
            assert_eq!(check.status, expected, "{action} {code}: {:?}", check.cause);
        }
        // Everything was seen to work, so what would explain a refusal has nothing to explain.
        for code in ["A206", "A207", "A208", "A209", "A210", "A211", "A212", "A213"] {
            assert_eq!(
                status(&report, code, Subject::Bucket),
                Status::Pass,
                "{action} {code}"
            );
        }
        assert_eq!(
            report.verdict,
            Verdict::Ready,
            "{action}: {:?}",
            findings(&report)
        );
        if !lost.is_empty() {
            let name = action.trim_end_matches('*');
            assert!(
                unseen(&report).contains(name) || lost == ["A216"] || lost == ["A215"],
                "{action} is not named: {}",
                unseen(&report)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sight_of_any_policy_a_refusal_is_still_told_in_awss_words() {
    let account = PracticeAccount::start("the-pages-own-policy").await.unwrap();
    let asked = Asked {
        with_operator: false,
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert_eq!(status(&report, "A202", Subject::Events), Status::Fail);
    let told = cause(&report, "A202", Subject::Events);
    assert!(
        told.contains("no identity-based policy allows the s3:GetObject action"),
        "{told}"
    );
    // What can't be seen explains nothing, and fails nothing.
    for code in ["A203", "A206", "A209", "A212", "A214", "A218"] {
        assert_eq!(status(&report, code, Subject::Bucket), Status::Unknown, "{code}");
    }
    // The root was listed, by the reader itself.
    assert_eq!(status(&report, "A205", Subject::Bucket), Status::Warn);
    assert!(
        unseen(&report).contains("the bucket policy"),
        "{}",
        unseen(&report)
    );
    assert_eq!(report.verdict, Verdict::NotReady);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sight_what_is_open_elsewhere_is_what_the_root_showed() {
    let account = good_account().await;
    let asked = Asked {
        with_operator: false,
        inspects: false,
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert_eq!(
        status(&report, "A205", Subject::Bucket),
        Status::Pass,
        "its root was refused"
    );
    assert_eq!(
        status(&report, "A204", Subject::Bucket),
        Status::Unknown,
        "no key outside is known"
    );
    assert_eq!(report.verdict, Verdict::Ready);
    let account = PracticeAccount::start("too-open").await.unwrap();
    account.buckets().change(account.bucket(), |bucket| {
        let object = Arc::clone(bucket.objects.values().next().unwrap());
        bucket.objects.insert("payroll/2026.csv".into(), object);
    });
    let asked = Asked {
        with_operator: false,
        inspects: false,
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert_eq!(status(&report, "A204", Subject::Bucket), Status::Warn);
    assert!(cause(&report, "A204", Subject::Bucket).contains("payroll/2026.csv could be read"));
    assert!(cause(&report, "A205", Subject::Bucket).contains("payroll/"));
    assert_eq!(
        status(&report, "A203", Subject::Bucket),
        Status::Unknown,
        "nothing is written to find out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn iams_own_simulator_is_heard_where_it_may_be_asked_and_not_missed_where_not() {
    let account = good_account().await;
    let heard = check(&account, Asked::default()).await;
    let says = &heard.access.as_ref().unwrap().simulator;
    assert!(
        matches!(says.as_slice(), [one] if !one.differs && one.say.contains("the same of all 6")),
        "{says:?}"
    );
    put_policy(&account, OPERATOR, "less", &deny("iam:SimulatePrincipalPolicy"));
    let unheard = check(&account, Asked::default()).await;
    assert_eq!(unheard.access.as_ref().unwrap().simulator, []);
    let said = |report: &Report| {
        let checks = report.checks.iter().filter(|c| c.code.as_str().starts_with('A'));
        checks
            .map(|c| (c.code, c.status, c.cause.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&heard), said(&unheard));
    assert_eq!(
        unseen(&unheard),
        unseen(&heard),
        "nothing is missed that a prediction needs"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_may_read_its_own_policies_needs_no_operator() {
    let account = good_account().await;
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"arn:aws:iam::{}:user/{READER}"}},
            {{"Effect":"Allow","Action":["s3:GetBucketPolicy","s3:GetBucketPublicAccessBlock"],"Resource":"arn:aws:s3:::{}"}}]}}"#,
        account.account_id(),
        account.bucket()
    );
    put_policy(&account, READER, "see-itself", &document);
    let asked = Asked {
        with_operator: false,
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert!(report.operator.is_none());
    for code in ["A203", "A204", "A205", "A214", "A216", "A218"] {
        let check = of(&report, code, Subject::Bucket);
        assert_eq!(check.status, Status::Pass, "{code}: {:?}", check.cause);
    }
    assert_eq!(status(&report, "A215", Subject::Bucket), Status::Unknown);
    assert_eq!(report.verdict, Verdict::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_reader_may_not_list_is_listed_by_the_operator_and_said_so() {
    let report = check_of("list-on-objects-only").await;
    assert!(cause(&report, "A201", Subject::Events).contains("the operator's key listed it instead"));
    // The keys are known by the operator's list, so the reader's reads are tried.
    assert_eq!(status(&report, "A202", Subject::Events), Status::Pass);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Pass);
    let report = check_of("the-pages-own-policy").await;
    assert_eq!(status(&report, "A202", Subject::Events), Status::Fail);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Pass);
    assert_eq!(report.datasets[&bucket_ready::rule::Dataset::Events].files, 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_days_signalled_by_the_api_signals_need_not_be_readable() {
    let account = good_account().await;
    let bucket = account.bucket();
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::{bucket}","Condition":{{"StringLike":{{"s3:prefix":["events","events/*","metrics","metrics/*"]}}}}}},
            {{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::{bucket}/events/*","arn:aws:s3:::{bucket}/metrics/*"]}}]}}"#
    );
    account.world().change(account.account_id(), |a| {
        let user = a.user_mut(READER).unwrap();
        user.inline.clear();
        user.inline.insert("two-folders".into(), document);
    });
    for with_operator in [true, false] {
        let asked = |signal_via| Asked {
            signal_via,
            with_operator,
            ..Asked::default()
        };
        let by_files = check(&account, asked(None)).await;
        assert_eq!(status(&by_files, "A201", Subject::Signals), Status::Fail);
        let by_api = check(&account, asked(Some(SignalVia::Api))).await;
        let check = of(&by_api, "A201", Subject::Signals);
        assert_eq!(
            (check.status, check.blocked_by.unwrap().as_str()),
            (Status::Skipped, "G701")
        );
        assert_eq!(of(&by_api, "A202", Subject::Signals).status, Status::Skipped);
        let failed: Vec<_> = findings(&by_api)
            .into_iter()
            .filter(|line| line.contains(" fail "))
            .collect();
        assert!(failed.is_empty(), "{failed:?}");
        assert!(by_api.access.as_ref().unwrap().explanations.is_empty());
        if !with_operator {
            assert_eq!(
                by_api.verdict,
                Verdict::Ready,
                "{:?}",
                by_api.open_questions().collect::<Vec<_>>()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_not_wanted_cost_no_requests_and_a_healthy_bucket_few() {
    let account = good_account().await;
    let key = account.reader_key().id;
    let asked = |mode| Asked {
        mode,
        ..Asked::default()
    };
    let before = account.faults().seen().len();
    let without = check(&account, asked(only(&["E511", "L301", "S402"]))).await;
    let seen = account.faults().seen().split_off(before);
    let calls = |path: &str| {
        seen.iter()
            .filter(|seen| seen.path == path && seen.method == "POST")
            .count()
    };
    // STS alone, once for each key.
    assert_eq!(calls("/"), 2, "{seen:#?}");
    let by_operator = |seen: &&bucket_ready::demo::Seen| seen.key_id.as_deref() != Some(key.as_str());
    let lists = seen
        .iter()
        .filter(|seen| seen.query.contains("list-type=2") && !by_operator(seen));
    assert_eq!(lists.count(), 4, "the three folders and the root");
    assert!(
        !seen.iter().any(|seen| seen.query.contains("max-keys=1")),
        "{seen:#?}"
    );
    assert!(without.access.is_none());

    let plain = check(&account, asked(Asked::default().mode)).await;
    let skipping = Mode {
        skip: (201..=218)
            .map(|n| bucket_ready::rule::Code::parse(&format!("A{n}")).unwrap())
            .collect(),
        ..Asked::default().mode
    };
    let skipping = check(&account, asked(skipping)).await;
    let more = plain.usage.requests - skipping.usage.requests;
    println!(
        "access costs {more} requests beside the {} of the rest",
        skipping.usage.requests
    );
    assert!(more <= 30, "{more} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_check_is_of_nobody_and_predicts_from_the_bucket_policy_alone() {
    let account = good_account().await;
    let asked = Asked {
        change: |settings| {
            settings.no_sign_request = true;
            settings.credentials = None;
        },
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert!(report.identity.is_none());
    assert_eq!(status(&report, "C103", Subject::Account), Status::Pass);
    assert_eq!(status(&report, "A201", Subject::Events), Status::Fail);
    let access = report.access.as_ref().unwrap();
    let predicted: Vec<Truth> = access
        .rows
        .iter()
        .flat_map(|row| &row.cells)
        .map(|cell| cell.predicted)
        .collect();
    assert!(predicted.iter().all(|truth| truth.is_no()), "{predicted:?}");
    assert_eq!(status(&report, "A218", Subject::Bucket), Status::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_addresses_are_those_that_must_get_in() {
    let account = good_account().await;
    let bucket = account.bucket();
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Offices","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*","Condition":{{"NotIpAddress":{{"aws:SourceIp":["203.0.113.0/24","192.0.2.0/28"]}},"StringLike":{{"aws:PrincipalArn":"*statsig-reader"}}}}}}]}}"#
    );
    account.buckets().change(bucket, |b| b.policy = Some(document));
    let asked = |addresses: &[&str]| Asked {
        addresses: addresses.iter().map(|a| (*a).to_owned()).collect(),
        ..Asked::default()
    };
    // Our own requests come from within, so all of them work.
    let theirs = check(&account, asked(&[])).await;
    assert_eq!(status(&theirs, "A202", Subject::Events), Status::Pass);
    assert_eq!(status(&theirs, "A214", Subject::Bucket), Status::Warn);
    let told = cause(&theirs, "A214", Subject::Bucket);
    assert!(
        told.contains("statement Offices") && told.contains("aws:SourceIp"),
        "{told}"
    );
    let covered = check(&account, asked(&["192.0.2.7", "203.0.113.9"])).await;
    assert_eq!(status(&covered, "A214", Subject::Bucket), Status::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_another_account_are_told_apart_by_their_owner() {
    let account = good_account().await;
    let (bucket, reader) = (account.bucket(), account.reader_arn());
    account.world().change(account.account_id(), |a| {
        a.user_mut(READER).unwrap().inline.clear()
    });
    let statement = |sid: &str, action: &str, resource: &str| {
        format!(
            r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"AWS":"{reader}"}},"Action":"{action}","Resource":"arn:aws:s3:::{bucket}{resource}"}}"#
        )
    };
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{},{}]}}"#,
        statement("List", "s3:ListBucket", ""),
        statement("Read", "s3:GetObject", "/*")
    );
    let mut foreign = 0;
    account.buckets().change(bucket, |b| {
        b.policy = Some(document);
        b.ownership = "ObjectWriter".into();
        for (key, object) in &mut b.objects {
            if key.starts_with("metrics/") {
                Arc::make_mut(object).account = FOREIGN_ACCOUNT.into();
                foreign += 1;
            }
        }
    });
    let report = check(&account, Asked::default()).await;
    assert_eq!(status(&report, "A202", Subject::Events), Status::Pass);
    let refused = of(&report, "A202", Subject::Metrics);
    assert_eq!((refused.status, refused.count), (Status::Fail, Some(foreign)));
    let told = refused.cause.as_deref().unwrap();
    assert!(told.contains("(A210)"), "{told}");
    assert!(
        refused.samples[0].value.as_deref().unwrap().contains("owned by"),
        "{refused:?}"
    );
    assert_eq!(status(&report, "A210", Subject::Bucket), Status::Fail);
    assert_eq!(status(&report, "A218", Subject::Bucket), Status::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_below_a_prefix_are_judged_there_and_the_root_apart() {
    let account = good_account().await;
    let bucket = account.bucket();
    account.buckets().change(bucket, |b| {
        let objects = std::mem::take(&mut b.objects);
        b.objects = objects
            .into_iter()
            .map(|(key, object)| (format!("exports/{key}"), object))
            .collect();
    });
    let policy = bucket_ready::access::Target::new(bucket, "exports/", "aws")
        .user_policy(&bucket_ready::access::Extras::default());
    account.world().change(account.account_id(), |a| {
        let user = a.user_mut(READER).unwrap();
        user.inline.clear();
        user.inline.insert("bucket-ready-read".into(), policy);
    });
    let asked = Asked {
        prefix: "exports/".into(),
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert_eq!(of(&report, "A201", Subject::Events).subject, "exports/events/");
    let checks = report
        .checks
        .iter()
        .filter(|check| check.code.as_str().starts_with('A'));
    let not_passed: Vec<_> = checks.filter(|check| check.status != Status::Pass).collect();
    assert!(not_passed.is_empty(), "{not_passed:#?}");
    let access = report.access.unwrap();
    assert_eq!(access.rows[0].cells[0].place, "exports/events/");
    // The prefix itself and the bucket's root: both refused.
    assert_eq!(access.rows[0].cells[3].seen, Seen::Refused { refused: 2, of: 2 });
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_groups_are_samples_and_a_part_that_is_refused_fails() {
    let account = PracticeAccount::start("kms").await.unwrap();
    // Two metrics files stay under S3's own key.
    let mut plain = 0;
    account.buckets().change(account.bucket(), |b| {
        let metrics = b
            .objects
            .iter_mut()
            .filter(|(key, _)| key.starts_with("metrics/"));
        for (_, object) in metrics.take(2) {
            Arc::make_mut(object).kms_key = None;
            plain += 1;
        }
    });
    let report = check(&account, Asked::default()).await;
    let refused = of(&report, "A202", Subject::Metrics);
    assert_eq!((refused.count, refused.checked), (Some(12), Some(12 + plain)));
    let group = refused.samples[0].value.as_deref().unwrap();
    assert!(
        group.contains("12 objects") && group.contains("under the KMS key arn:aws:kms"),
        "{group}"
    );
    let access = report.access.as_ref().unwrap();
    assert_eq!(
        access.rows[1].cells[1].seen,
        Seen::Refused { refused: 12, of: 14 }
    );
    assert!(access.differences.is_empty());
}
