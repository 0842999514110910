//! Step 3: from findings to plans, and policies on paper.

use super::{fix::fix, *};
use crate::{
    access::{
        Need,
        policy::Source,
        view::{AccessView, ExplainedNeed, PolicyText},
    },
    report::{Report, SurveyEvent, Target, Tool},
    rule::{Dataset, Next},
    wizard::{Effect, Event, Key, RunId, Step, connect::Connection, grant::GrantTask, keys::Action},
};

const DENY: &str =
    r#"{"Sid": "VpcOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#;

fn bucket_policy() -> String {
    format!(
        "{{\n  \"Statement\": [\n    {{\"Sid\": \"Mine\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \
         \"s3:GetObject\", \"Resource\": \"*\"}},\n    {DENY}\n  ]\n}}"
    )
}

fn place(source: Source) -> StatementPlace {
    StatementPlace {
        source,
        index: 1,
        name: "VpcOnly".into(),
        line: 4,
    }
}

fn explained(code: &str, say: &str, place: Option<StatementPlace>) -> ExplainedNeed {
    ExplainedNeed {
        code: Code::new(match code {
            "A208" => "A208",
            "A209" => "A209",
            _ => "A202",
        }),
        need: Need::Read(Dataset::Metrics),
        say: say.into(),
        place,
        near: Vec::new(),
        next: Next::default(),
    }
}

/// On step 3, with these explanations.
fn at_access(explanations: Vec<ExplainedNeed>) -> Wizard {
    let mut wizard = Wizard::new(Connection {
        target: "s3://acme".into(),
        ..Connection::default()
    });
    wizard.begin();
    let target = Target::S3 {
        bucket: "acme".into(),
        prefix: String::new(),
        region: None,
    };
    for event in [
        SurveyEvent::Started {
            tool: Tool::this(),
            created_at: "2026-06-24T05:14:00Z".into(),
            target,
            mode: crate::report::Mode::default(),
            today: "2026-06-23".into(),
        },
        SurveyEvent::Access {
            access: Box::new(AccessView {
                explanations,
                policies: vec![PolicyText {
                    source: Source::Bucket,
                    text: bucket_policy(),
                }],
                ..AccessView::default()
            }),
        },
    ] {
        wizard.handle(Event::Survey {
            run: RunId(1),
            event: Box::new(event),
        });
    }
    wizard.handle(Event::Key(Key::Char('3')));
    wizard
}

fn f(wizard: &mut Wizard) -> Vec<Effect> {
    wizard.handle(Event::Key(Key::Char('f')))
}

#[test]
fn from_a_deny_in_the_bucket_policy_to_the_plan_that_drops_exactly_it() {
    let mut wizard = at_access(vec![explained("A209", "denied", Some(place(Source::Bucket)))]);
    let effects = f(&mut wizard);
    let [Effect::Grant(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let GrantTask::Plan(wanted) = &start.task else {
        panic!("{:?}", start.task);
    };
    assert_eq!(wanted.drop, [DENY]);
    assert_eq!(wizard.step, Step::Grant);
    assert_eq!(wizard.grant.form.fixes.len(), 1, "the step says what it is for");
}

#[test]
fn from_a_kms_refusal_to_the_plan_that_grants_the_key() {
    let say = "it is encrypted with the KMS key arn:aws:kms:eu-west-1:1:key/9c1e, and the reader has no kms:Decrypt on it.";
    let mut wizard = at_access(vec![explained("A208", say, None)]);
    let effects = f(&mut wizard);
    assert!(
        matches!(&effects[..], [Effect::Grant(s)] if matches!(&s.task, GrantTask::Plan(w)
            if w.extras.kms_keys == ["arn:aws:kms:eu-west-1:1:key/9c1e"])),
        "{effects:?}"
    );
}

#[test]
fn where_no_plan_mends_it_the_panel_says_who_must_act() {
    let scp = "s3:GetObject is refused with an explicit deny in a service control policy, in AWS' own words.";
    let boundary = "s3:GetObject is refused because no permissions boundary allows it, in AWS' own words.";
    for (code, say, who) in [
        ("A209", scp, "AWS Organizations"),
        ("A202", boundary, "boundary"),
        (
            "A208",
            "encrypted with the account's own key aws/s3",
            "bucket's owner",
        ),
    ] {
        let mut wizard = at_access(vec![explained(code, say, None)]);
        assert_eq!(f(&mut wizard), [], "{say}");
        assert_eq!(wizard.overlay, Some(Overlay::NoFix));
        assert_eq!(wizard.step, Step::Access);
        let Some(Fix::Others { who: said, .. }) = wizard.fix_here() else {
            panic!("{say}");
        };
        assert!(said.contains(who), "{said}");
    }
}

#[test]
fn a_deny_elsewhere_is_never_dropped_from_the_bucket_policy() {
    for source in [
        Source::UserInline { name: "x".into() },
        Source::Boundary {
            name: "x".into(),
            version: "v1".into(),
        },
        Source::ServiceControl { name: "x".into() },
        Source::Key,
    ] {
        let found = fix(
            Code::new("A209"),
            Some(&place(source.clone())),
            Some(DENY.into()),
            "",
        );
        assert!(
            matches!(&found, Fix::Others { who, .. } if !who.is_empty()),
            "{source:?}: {found:?}"
        );
    }
}

#[test]
fn a_missing_grant_is_mended_by_the_usual_plan() {
    let mut wizard = at_access(vec![explained("A202", "nothing allows it", None)]);
    assert!(matches!(&f(&mut wizard)[..], [Effect::Grant(_)]));
    assert!(wizard.grant.form.fixes.is_empty());
}

#[test]
fn without_an_operator_f_says_so_and_stays() {
    let report = Report {
        ..at_access(vec![explained("A202", "nothing allows it", None)])
            .report
            .unwrap()
    };
    let mut wizard = Wizard::saved(report, "r.json");
    wizard.handle(Event::Key(Key::Char('3')));
    assert_eq!(f(&mut wizard), []);
    assert_eq!(wizard.step, Step::Access);
    assert!(wizard.notice.is_some());
}

#[test]
fn enter_leads_from_an_explanation_to_the_statement_in_its_policy() {
    let mut wizard = at_access(vec![explained("A209", "denied", Some(place(Source::Bucket)))]);
    wizard.handle(Event::Key(Key::Enter));
    wizard.handle(Event::Act(Action::Open));
    assert_eq!(
        wizard.overlay,
        Some(Overlay::Policy {
            index: 0,
            statement: Some(1)
        })
    );
    let paper = Paper::of(&bucket_policy(), Some(1));
    assert_eq!(paper.marked, Some(3..4));
    assert_eq!(paper.name.as_deref(), Some("VpcOnly"));
}

#[test]
fn a_policy_in_one_long_line_is_laid_out_and_its_statement_still_found() {
    let long = format!(
        r#"{{"Statement":[{DENY},{{"Sid":"B","Effect":"Allow","Action":"s3:GetObject","Resource":["{}"]}}]}}"#,
        "x".repeat(200)
    );
    let paper = Paper::of(&long, Some(1));
    assert!(paper.laid_out);
    let marked = paper.marked.unwrap();
    let lines = &paper.lines[marked];
    assert_eq!(lines[0].trim(), "{");
    assert!(lines[1].contains("\"B\""), "{lines:?}");
    assert_eq!(lines.last().unwrap().trim(), "}");
}

#[test]
fn what_is_no_policy_is_shown_as_it_is() {
    let paper = Paper::of("not a policy\n{", Some(3));
    assert_eq!(paper.lines, ["not a policy", "{"]);
    assert_eq!((paper.marked, paper.laid_out), (None, false));
    assert_eq!(Paper::of("", None).lines, Vec::<String>::new());
    let _ = Paper::of(&"[".repeat(100_000), Some(0));
}

#[test]
fn only_a_kms_key_is_taken_for_one() {
    assert_eq!(
        kms_key_in("see (arn:aws-cn:kms:cn-north-1:1:key/2)."),
        Some("arn:aws-cn:kms:cn-north-1:1:key/2".into())
    );
    assert_eq!(kms_key_in("arn:aws:s3:::kms and kms:Decrypt"), None);
}

#[test]
fn checks_that_all_wait_for_a_reader_take_one_line() {
    use crate::report::{Identity, Status};
    let mut wizard = at_access(Vec::new());
    let report = wizard.report.as_mut().unwrap();
    report.access = None;
    report.operator = Some(Identity::default());
    use crate::access::rules::{ACCESS_RULES, POLICY_RULES};
    for rule in ACCESS_RULES.iter().chain(POLICY_RULES) {
        report.checks.push(Check {
            code: rule.code,
            slug: rule.slug.into(),
            title: rule.title.into(),
            category: rule.category,
            status: Status::Unknown,
            required: true,
            subject: "bucket".into(),
            count: None,
            unit: rule.unit,
            checked: None,
            of: None,
            share_below: None,
            samples: Vec::new(),
            cause: Some("there is no reader yet".into()),
            next: None,
            blocked_by: None,
            basis: rule.basis,
        });
    }
    let items: Vec<Row> = wizard
        .rows()
        .into_iter()
        .filter(|r| matches!(r, Row::Item(_)))
        .collect();
    assert_eq!(items, [Row::Item(Item::Access(AccessItem::NoReader))]);
    assert!(
        wizard
            .access_text(AccessItem::NoReader)
            .starts_with("A201 to A218 unknown")
    );
    assert!(wizard.item_is_finding(&Item::Access(AccessItem::NoReader)));
}
