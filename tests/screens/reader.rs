//! The reader's access as fixtures: users and buckets as they are found, and the wizard on its way through steps 2 and 3.

use bucket_ready::{
    access::{
        AccessView, Inspected, Known, Need, Target, Truth, UserFacts, Wanted,
        evaluate::Unseen,
        plan,
        plan::{ChangeState, GrantEvent, InlinePolicy, Plan, Secret},
        policy::{Effect, Source},
        view::{
            AccessAction, AccessCell, AccessRow, ExplainedNeed, NearStatement, PolicyText, Seen,
            StatementPlace,
        },
    },
    report::{Problem, ProblemKind, Status, SurveyEvent},
    rule::{Code, Dataset, Next, Subject},
    wizard::{
        Event, Key, RunId, Step, Wizard,
        event::Lane,
        practice::{PracticeEvent, PracticeFacts},
    },
};

use super::fixture;

/// Found on no screen, in no `Debug`, in no export.
pub const CANARY: &str = "EXAMPLEcanary7secret7canary7secret7canary";

pub const DENY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "VpcOnly",
      "Effect": "Deny",
      "Principal": "*",
      "Action": "s3:*",
      "Resource": ["arn:aws:s3:::acme-export", "arn:aws:s3:::acme-export/*"],
      "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}
    }
  ]
}"#;

/// The text of [`DENY`]'s one statement, as a plan is asked to drop it.
pub fn deny_statement() -> String {
    let policy = bucket_ready::access::Policy::parse(DENY).unwrap();
    policy.text_of(&policy.statements[0]).to_owned()
}

pub const DEAD: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Old","Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLEEXAMPLEEXA"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-export/*"}]}"#;

/// An account in which all may be seen, and nobody reads yet.
pub fn nobody(bucket_policy: Option<&str>) -> Inspected {
    Inspected {
        target: Target::new("acme-export", "", "aws"),
        region: Some("us-west-2".into()),
        user_account: Known::Known("123456789012".into()),
        bucket_account: Known::Known("123456789012".into()),
        user: Known::Known(None),
        bucket_policy: Known::Known(bucket_policy.map(str::to_owned)),
        ..Inspected::default()
    }
}

pub fn wanted() -> Wanted {
    Wanted {
        user: "statsig-reader".into(),
        ..Wanted::default()
    }
}

pub fn planned(inspected: &Inspected) -> Plan {
    plan(inspected, &wanted())
}

/// A reader that has all it needs.
pub fn satisfied() -> Plan {
    let mut found = nobody(None);
    let policy = found.target.user_policy(&wanted().extras);
    let fresh = planned(&found);
    let bucket = fresh
        .changes
        .iter()
        .find(|c| c.call == "s3:PutBucketPolicy")
        .and_then(|c| c.after.clone());
    found.bucket_policy = Known::Known(bucket);
    found.user = Known::Known(Some(UserFacts {
        arn: "arn:aws:iam::123456789012:user/statsig-reader".into(),
        id: "AIDAEXAMPLE".into(),
        inline: Known::Known(vec![InlinePolicy {
            name: "bucket-ready-read".into(),
            document: Known::Known(policy),
        }]),
        attached: Known::Known(Vec::new()),
        groups: Known::Known(Vec::new()),
        boundary: Known::Known(None),
        keys: Known::Known(vec![bucket_ready::access::KeyFacts {
            id: "AKIAEXAMPLE7F3Q".into(),
            active: true,
            created: None,
            last_used: None,
        }]),
        tags: None,
    }));
    planned(&found)
}

/// An operator who may look at next to nothing.
pub fn without_rights() -> Plan {
    let why = |call: &str| format!("{call} was refused");
    planned(&Inspected {
        user: Known::Unknown(why("iam:GetUser")),
        bucket_policy: Known::Unknown(why("s3:GetBucketPolicy")),
        ..nobody(None)
    })
}

/// On step 2, with the plan being made.
pub fn planning() -> Wizard {
    let mut wizard = fixture::told(&fixture::typical());
    wizard.handle(Event::Key(Key::Char('2')));
    wizard
}

pub fn grant(wizard: &mut Wizard, event: GrantEvent) {
    let run = wizard.grant.run;
    wizard.handle(Event::Grant {
        run,
        event: Lane::Did(Box::new(event)),
    });
}

/// On step 2, with a plan.
pub fn with(plan: Plan) -> Wizard {
    let mut wizard = planning();
    grant(&mut wizard, GrantEvent::Planned(Box::new(plan)));
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

pub fn keys(wizard: &mut Wizard, keys: &str) {
    for c in keys.chars() {
        let key = match c {
            '\n' => Key::Enter,
            '\t' => Key::Tab,
            c => Key::Char(c),
        };
        wizard.handle(Event::Key(key));
    }
}

/// Confirmed, and under way: the undo file is named.
pub fn applying() -> Wizard {
    let mut wizard = with(planned(&nobody(Some(DENY))));
    keys(&mut wizard, "a\nacme-export\n");
    grant(
        &mut wizard,
        GrantEvent::UndoFile {
            path: "bucket-ready-undo-acme-export-20260624T0514Z.json".into(),
        },
    );
    wizard
}

pub fn change(wizard: &mut Wizard, index: usize, state: ChangeState) {
    grant(wizard, GrantEvent::Change { index, state });
}

/// All changes made, and the key told.
pub fn made() -> Wizard {
    let mut wizard = applying();
    for index in 0..4 {
        change(&mut wizard, index, ChangeState::Making);
        change(&mut wizard, index, ChangeState::Made);
    }
    grant(
        &mut wizard,
        GrantEvent::Key {
            id: "AKIAEXAMPLENEWKEYW4X5".into(),
            secret: Secret::new(CANARY.to_owned().into()),
        },
    );
    wizard
}

pub fn waiting() -> Wizard {
    let mut wizard = made();
    grant(
        &mut wizard,
        GrantEvent::Waiting {
            elapsed: 12,
            deadline: 60,
            in_a_row: 1,
            last_error: Some("listing events/ was refused: InvalidAccessKeyId".into()),
        },
    );
    wizard
}

pub fn applied() -> Wizard {
    let mut wizard = waiting();
    grant(
        &mut wizard,
        GrantEvent::Verified {
            works: true,
            say: "it lists and reads events/, metrics/, signals/".into(),
        },
    );
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

pub fn refusal() -> Problem {
    let mut problem = Problem::new(
        ProblemKind::Refused,
        "creating the user statsig-reader was refused",
        "the operator's policies do not allow iam:CreateUser",
        Next::say("Ask for iam:CreateUser, or print the plan (p) for somebody who has it."),
    );
    problem.call = Some("iam:CreateUser");
    problem.action = Some("iam:CreateUser");
    problem.status = Some(403);
    problem.error_code = Some("AccessDenied".into());
    problem
}

fn cell(place: &str, needed: bool, predicted: Truth, seen: Seen) -> AccessCell {
    AccessCell {
        place: place.into(),
        needed,
        predicted,
        seen,
    }
}

const PLACES: [&str; 4] = ["events/", "metrics/", "signals/", "elsewhere"];

fn row(action: AccessAction, cells: [(Truth, Seen); 4]) -> AccessRow {
    let needs = action != AccessAction::Write;
    AccessRow {
        action,
        cells: PLACES
            .iter()
            .zip(cells)
            .map(|(place, (predicted, seen))| cell(place, needs && *place != "elsewhere", predicted, seen))
            .collect(),
    }
}

fn user_policy() -> PolicyText {
    PolicyText {
        source: Source::UserInline {
            name: "bucket-ready-read".into(),
        },
        text: Target::new("acme-export", "", "aws").user_policy(&wanted().extras),
    }
}

/// All as it should be.
pub fn good() -> AccessView {
    let seen = |objects| Seen::Allowed { objects };
    let refused = Seen::Refused { refused: 1, of: 1 };
    let no = (Truth::No, Seen::NotTried);
    AccessView {
        rows: vec![
            row(
                AccessAction::List,
                [
                    (Truth::Yes, seen(212)),
                    (Truth::Yes, seen(24)),
                    (Truth::Yes, seen(3)),
                    (Truth::No, refused),
                ],
            ),
            row(
                AccessAction::Read,
                [
                    (Truth::Yes, seen(4)),
                    (Truth::Yes, seen(2)),
                    (Truth::Yes, seen(1)),
                    (Truth::No, refused),
                ],
            ),
            row(AccessAction::Write, [no, no, no, no]),
        ],
        policies: vec![user_policy()],
        ..AccessView::default()
    }
}

/// Lists work and reads of metrics are refused, by KMS; a Deny of the bucket's policy stands beside it.
pub fn bad() -> AccessView {
    let mut view = good();
    view.rows[1].cells[1].seen = Seen::Refused { refused: 3, of: 31 };
    view.rows[0].cells[2] = cell("signals/", true, Truth::No, Seen::Refused { refused: 1, of: 1 });
    view.rows[1].cells[2] = cell("signals/", true, Truth::No, Seen::NotTried);
    view.rows[2].cells[3] = cell("elsewhere", false, Truth::Yes, Seen::NotTried);
    view.policies.push(PolicyText {
        source: Source::Bucket,
        text: DENY.into(),
    });
    view.explanations = vec![
        ExplainedNeed {
            code: Code::new("A209"),
            need: Need::List(Dataset::Signals),
            say: "bucket policy, statement VpcOnly (line 4) denies s3:ListBucket on arn:aws:s3:::acme-export (prefix \
                  \"signals/\"): aws:SourceVpc should be vpc-0a1b2c3d, and the request has none."
                .into(),
            place: Some(StatementPlace {
                source: Source::Bucket,
                index: 0,
                name: "VpcOnly".into(),
                line: 4,
            }),
            near: vec![NearStatement {
                place: "user policy bucket-ready-read, statement BucketReadyList (line 4)".into(),
                effect: Effect::Allow,
                kept_by: vec!["a Deny wins over it".into()],
            }],
            next: Next::say(
                "A Deny wins over every Allow. Change this statement so that it spares the reader, for example by \
                 ArnNotEquals on aws:PrincipalArn.",
            ),
        },
        ExplainedNeed {
            code: Code::new("A208"),
            need: Need::Read(Dataset::Metrics),
            say: "arn:aws:s3:::acme-export/metrics/2026-06-22/0000_part_00.parquet is encrypted with the KMS key \
                  arn:aws:kms:us-west-2:123456789012:key/9c1e, and the reader has no kms:Decrypt on it (3 objects)."
                .into(),
            place: None,
            near: Vec::new(),
            next: Next::say(
                "Allow kms:Decrypt on that key in the user policy, and let the key's policy allow it too.",
            ),
        },
        ExplainedNeed {
            code: Code::new("A209"),
            need: Need::Read(Dataset::Signals),
            say: "s3:GetObject on arn:aws:s3:::acme-export/signals/* is refused with an explicit deny in a service \
                  control policy, in AWS' own words. That policy could not be seen here."
                .into(),
            place: None,
            near: Vec::new(),
            next: Next::say("Ask who runs your organisation in AWS Organizations to spare the reader there."),
        },
    ];
    view.unseen = vec![Unseen {
        what: "managed policies of the group analysts".into(),
        why: "iam:ListAttachedGroupPolicies was refused".into(),
    }];
    view
}

/// Nothing could be seen of the policies, and nothing was tried.
pub fn unknown() -> AccessView {
    let mut view = good();
    for row in &mut view.rows {
        for cell in &mut row.cells {
            cell.predicted = Truth::Unknown;
            cell.seen = Seen::NotTried;
        }
    }
    view.policies.clear();
    view.unseen = vec![Unseen {
        what: "the user's policies".into(),
        why: "iam:GetUser was refused".into(),
    }];
    view
}

/// On step 3, with what was found out about access, and the checks that say the same.
pub fn at_access(view: Option<AccessView>) -> Wizard {
    let mut findings = fixture::findings();
    let has_causes = view.as_ref().is_some_and(|v| !v.explanations.is_empty());
    if has_causes {
        let mut a201 = fixture::found("A201", Subject::Signals, Status::Fail, 1);
        a201.cause = Some("listing signals/ was refused by the bucket policy's VpcOnly".into());
        let mut a202 = fixture::found("A202", Subject::Metrics, Status::Fail, 3);
        a202.cause = Some("3 of 31 objects were refused: kms:Decrypt".into());
        findings.extend([a201, a202]);
    }
    let mut events = fixture::typical();
    events.retain(|e| !matches!(e, SurveyEvent::Check { .. }));
    let end = events.len() - 2;
    let mut middle: Vec<SurveyEvent> = fixture::checks(findings)
        .into_iter()
        .map(fixture::check)
        .collect();
    middle.extend(view.map(|view| SurveyEvent::Access {
        access: Box::new(view),
    }));
    events.splice(end..end, middle);
    let mut wizard = fixture::told(&events);
    wizard.step = Step::Access;
    wizard
}

/// The practice account's panel, with what it told.
pub fn practising() -> Wizard {
    let mut wizard = Wizard::new(bucket_ready::wizard::connect::Connection {
        target: "demo:no-access".into(),
        ..Default::default()
    });
    wizard.handle(Event::Tick {
        now: fixture::NOW.parse().unwrap(),
    });
    wizard.begin();
    for event in fixture::typical() {
        wizard.handle(Event::Survey {
            run: RunId(1),
            event: Box::new(event),
        });
    }
    wizard.step = Step::Access;
    keys(&mut wizard, "D");
    wizard
}

pub fn facts() -> PracticeEvent {
    PracticeEvent::Facts(Box::new(PracticeFacts {
        endpoint: "http://127.0.0.1:41234".into(),
        region: "us-west-2".into(),
        keys: vec![
            ("operator".into(), "AKIAEXAMPLEOPERATOR0".into(), CANARY.into()),
            (
                "reader".into(),
                "AKIAEXAMPLEREADER000".into(),
                format!("{CANARY}2"),
            ),
        ],
        command: format!(
            "AWS_ACCESS_KEY_ID=AKIAEXAMPLEOPERATOR0 AWS_SECRET_ACCESS_KEY={CANARY} aws s3 ls s3://acme-export \
             --endpoint-url http://127.0.0.1:41234"
        ),
    }))
}
