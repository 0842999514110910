//! The wizard and its hands together, on the practice account: what a newcomer does, key by key, with the real engine,
//! the real survey and the account's own HTTP API. No terminal; what a person waits for is waited for by events.

mod signalling;

use tokio::sync::mpsc::Receiver;

use super::*;
use crate::{
    report::Status,
    rule::Code,
    wizard::{
        Key, Notice, Overlay, RunState, Step,
        access::AccessItem,
        grant::{GrantItem, Verified},
        practice::{PracticeEdit, PracticeRow},
        rows::Item,
    },
};

/// Somebody at the keys.
struct Person {
    wizard: Wizard,
    driver: Driver,
    messages: Receiver<Message>,
    /// All that was put on the clipboard as a secret.
    copied: Vec<String>,
}

impl Person {
    fn at(target: &str) -> Self {
        Self::with(target, &StatsigArgs::default())
    }

    fn with(target: &str, statsig: &StatsigArgs) -> Self {
        let place = Place::parse(target).unwrap();
        let global = GlobalArgs::default();
        let (sender, messages) = mpsc::channel(256);
        let Place::Demo(scenario) = &place else {
            panic!("{target} is no practice account");
        };
        let now = scenario.now();
        let mut person = Self {
            wizard: Wizard::new(connection(&global, Some(&place))),
            driver: Driver::new(&global, statsig, sender, Some(now)),
            messages,
            copied: Vec::new(),
        };
        person.tell(Event::Tick { now });
        let begun = person.wizard.begin();
        person.perform(begun);
        person
    }

    fn tell(&mut self, event: Event) {
        let effects = self.wizard.handle(event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::CopySecret { secret } => self.copied.push(secret.expose().to_owned()),
                other => self.driver.perform(other),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.tell(Event::Key(match c {
                '\n' => Key::Enter,
                '\t' => Key::Tab,
                '\u{1b}' => Key::Esc,
                c => Key::Char(c),
            }));
        }
    }

    /// Until something is so.
    async fn until(&mut self, is_so: impl Fn(&Wizard) -> bool) {
        let told = async {
            while !is_so(&self.wizard) {
                match self.messages.recv().await {
                    Some(Message::Event(event)) => self.tell(event),
                    _ => panic!("nobody tells anything any more"),
                }
            }
        };
        let bound = std::time::Duration::from_secs(60);
        tokio::time::timeout(bound, told).await.expect("it never came");
    }

    /// Until nothing is under way any more.
    async fn rest(&mut self) {
        let is_busy = |w: &Wizard| {
            w.is_working()
                || w.grant.doing.is_some()
                || w.practice.busy.is_some()
                || w.run.state == RunState::Idle
        };
        while is_busy(&self.wizard) {
            match self.messages.recv().await {
                Some(Message::Event(event)) => self.tell(event),
                _ => panic!("nobody tells anything any more"),
            }
        }
    }

    /// Moves the cursor to a line that is there.
    fn go_to(&mut self, wanted: &Item) {
        self.tell(Event::Key(Key::Home));
        for _ in 0..200 {
            if self.wizard.item_here().as_ref() == Some(wanted) {
                return;
            }
            self.tell(Event::Key(Key::Down));
        }
        panic!("{wanted:?} is not among {:?}", self.wizard.rows());
    }

    /// Opens the practice account's panel and makes an edit.
    async fn edit(&mut self, edit: PracticeEdit) {
        self.press("D");
        self.rest().await;
        let at = self
            .wizard
            .practice_rows()
            .iter()
            .position(|r| *r == PracticeRow::Edit(edit));
        self.tell(Event::Key(Key::Home));
        for _ in 0..at.unwrap() {
            self.tell(Event::Key(Key::Down));
        }
        self.press("\n");
        self.rest().await;
        let answer = self.wizard.practice.answer.as_ref().unwrap();
        assert!(answer.said.is_ok(), "{answer:?}");
    }

    /// `u`, whatever is offered, and the bucket's name.
    async fn undo(&mut self) {
        self.press("2u");
        self.rest().await;
        let undo = &self.wizard.grant.undo;
        assert!(undo.plan.as_ref().is_some_and(|p| !p.acts.is_empty()), "{undo:?}");
        let bucket = undo.file.as_ref().unwrap().target.bucket.clone();
        self.press(&format!("\n\n{bucket}\n"));
        self.rest().await;
        let undo = &self.wizard.grant.undo;
        assert!(undo.done && undo.problem.is_none(), "{undo:?}");
    }

    /// `a`, and the bucket's name.
    async fn apply(&mut self) {
        let bucket = self.wizard.grant.plan.as_ref().unwrap().target.bucket.clone();
        self.press(&format!("a\n{bucket}\n"));
        self.rest().await;
        assert!(self.wizard.grant.is_applied(), "{:?}", self.wizard.grant.problem);
    }

    /// The bucket policy, to the byte, from behind the protocol.
    async fn bucket_policy(&self) -> Option<String> {
        let kept = self.driver.practice.lock().await;
        let account = kept.as_ref().unwrap().1.practice().unwrap();
        account
            .buckets()
            .with(account.bucket(), |b| b.policy.clone())
            .unwrap()
    }

    async fn reader_is_there(&self) -> bool {
        let kept = self.driver.practice.lock().await;
        kept.as_ref().unwrap().1.practice().unwrap().has_reader()
    }

    /// The statuses of a rule's checks.
    fn status(&self, code: &str) -> Vec<Status> {
        let code = Code::parse(code).unwrap();
        let report = self.wizard.report.as_ref().unwrap();
        report
            .checks
            .iter()
            .filter(|c| c.code == code)
            .map(|c| c.status)
            .collect()
    }

    fn reads_all(&self) -> bool {
        self.status("A202").iter().all(|s| *s == Status::Pass)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_goes_from_no_access_to_a_proven_reader_is_told_what_broke_it_mends_it_and_undoes_all() {
    let mut person = Person::at("demo:no-access");
    person.rest().await;
    let policy_at_first = person.bucket_policy().await;
    assert!(!person.reader_is_there().await);

    // Granted, and proven by the engine.
    person.press("2");
    person.rest().await;
    person.apply().await;
    let applied = person.wizard.grant.applied.clone().unwrap();
    assert_eq!(
        applied.verified.as_ref().unwrap().0,
        Verified::Works,
        "{applied:?}"
    );
    let policy_granted = person.bucket_policy().await;

    // The secret: under the cursor, copied, and only then somewhere else than in this process.
    assert_eq!(person.wizard.item_here(), Some(Item::Grant(GrantItem::Secret)));
    assert!(!person.wizard.is_revealed());
    person.press("vy");
    assert!(person.wizard.is_revealed());
    let secret = person.copied.first().cloned().unwrap();
    assert_eq!(secret, person.wizard.grant.key.as_ref().unwrap().secret.expose());

    // Proven by every check, with this key.
    person.go_to(&Item::Grant(GrantItem::UseKey));
    person.press("\n");
    person.rest().await;
    assert_eq!(person.wizard.step, Step::Access);
    assert!(person.wizard.judges_new_key() && person.reads_all());
    assert_eq!(person.wizard.status(Step::Access).word, "pass");

    // Broken, and the statement is named.
    person.edit(PracticeEdit::AddDeny).await;
    let policy_broken = person.bucket_policy().await;
    person.tell(Event::Key(Key::Home));
    assert_eq!(person.wizard.practice_row(), Some(PracticeRow::Check));
    person.press("\n");
    person.rest().await;
    assert!(person.status("A202").contains(&Status::Fail));
    let told = person.wizard.explanation(0).unwrap();
    assert_eq!(told.place.as_ref().unwrap().name, "PracticeDeny", "{told:?}");

    // Mended by a plan that makes no key, proven with the key of this session, and the checks know it by themselves.
    person.go_to(&Item::Access(AccessItem::Explanation(0)));
    person.press("f");
    person.rest().await;
    assert_eq!(person.wizard.step, Step::Grant);
    person.apply().await;
    let applied = person.wizard.grant.applied.clone().unwrap();
    assert_eq!(
        applied.verified.as_ref().unwrap().0,
        Verified::Works,
        "{applied:?}"
    );
    assert!(person.reads_all() && person.wizard.judges_new_key());
    assert_eq!(person.wizard.status(Step::Access).word, "pass");
    assert_eq!(person.wizard.grant.undo_files.len(), 2);

    // Undone, the newest first. The fix's undo brings back what the fix took out, and leaves the key.
    person.undo().await;
    assert_eq!(person.bucket_policy().await, policy_broken);
    assert!(person.wizard.grant.key.is_some() && person.reader_is_there().await);
    assert!(
        person.status("A202").contains(&Status::Fail),
        "the checks know it"
    );

    // Then the grant: of ours nothing is left.
    person.undo().await;
    assert!(!person.reader_is_there().await && person.wizard.grant.key.is_none());
    assert_eq!(person.bucket_policy().await, with_the_deny_alone().await);

    // What was tried in the practice panel is taken back there; byte for byte, all is as it was.
    person.edit(PracticeEdit::Restore).await;
    assert_eq!(person.bucket_policy().await, policy_at_first);
    assert_ne!(policy_granted, policy_at_first);

    assert_eq!(person.copied.len(), 1, "the secret was copied once");
    assert!(!format!("{:?}", person.wizard).contains(&secret));
}

/// The policy of an account on which nobody ever granted anything, with the Deny of the practice panel.
async fn with_the_deny_alone() -> Option<String> {
    let mut person = Person::at("demo:no-access");
    person.rest().await;
    person.edit(PracticeEdit::AddDeny).await;
    person.bucket_policy().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_nobody_touched_is_undone_byte_for_byte_and_every_undo_file_can_be_reached() {
    for scenario in ["no-access", "foreign-statements"] {
        let mut person = Person::at(&format!("demo:{scenario}"));
        person.rest().await;
        let at_first = person.bucket_policy().await;
        person.press("2");
        person.rest().await;
        person.apply().await;
        assert_ne!(person.bucket_policy().await, at_first, "{scenario}");
        person.undo().await;
        assert_eq!(person.bucket_policy().await, at_first, "{scenario}");
        assert!(person.wizard.grant.undo_files.is_empty(), "{scenario}");
        // Nothing is left: the panel says so, and there is no file here that could be named.
        person.press("u\t\n");
        assert!(person.wizard.editing.is_none() && person.wizard.grant.doing.is_none());
        person.press("\u{1b}");
        // What is not there is told, and not called done.
        person.wizard.grant.undo_files = vec!["nowhere.json".into()];
        person.press("u");
        person.rest().await;
        assert!(person.wizard.grant.undo.problem.is_some());
        assert_eq!(person.wizard.overlay, Some(Overlay::Undo));
        assert!(!matches!(person.wizard.notice, Some(Notice::Done(_))));
    }
}

/// The practice account's newest ready day, confirmed to be signalled by the API, and what came of it.
async fn signalled_by_the_api(kind: &str) -> (Person, crate::calendar::PstDay) {
    let statsig = StatsigArgs {
        kind: kind.into(),
        ..StatsigArgs::default()
    };
    let mut person = Person::with("demo:healthy", &statsig);
    person.rest().await;
    person.press("6");
    let day = person.wizard.day().unwrap();
    let knows = |w: &Wizard| w.signal.api.is_some();
    person.until(knows).await;
    assert_eq!(person.wizard.mark_of(day), None);
    person.press("s\t");
    person.until(knows).await;
    let facts = person.wizard.signal.api.clone().unwrap();
    assert!(facts.url.ends_with("/v1/mark_data_ready"), "{}", facts.url);
    assert_eq!(facts.kind.as_deref(), (kind != "metrics").then_some(kind));
    person.press(&format!("\n{day}\n"));
    assert!(person.wizard.is_signalling());
    person.until(|w| w.signal.is_told()).await;
    person.rest().await;
    (person, day)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_marked_by_the_api_is_seen_in_the_calendar_though_the_bucket_shows_nothing_of_it() {
    let (mut person, day) = signalled_by_the_api("metrics").await;
    person.until(|w| w.mark_of(day).is_some()).await;
    let mark = person.wizard.mark_of(day).unwrap();
    assert!(mark.taken && mark.up_to(person.wizard.offset()) == Some(day));
    assert_eq!((mark.kind.as_str(), mark.status), ("metrics", Some(200)));
    assert_eq!((&mark.key, &mark.url), (&None, &None));
    let found = person.wizard.calendar_day(day).unwrap();
    assert_eq!(
        found.state,
        crate::report::DayState::Ready,
        "the report is of the bucket"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_type_is_sent_as_it_was_given() {
    let (person, day) = signalled_by_the_api("events").await;
    let sheet = person.wizard.signal.sheet.as_deref().unwrap();
    let crate::wizard::signal::Stage::Failed(problem) = &sheet.stage else {
        panic!("{sheet:?}");
    };
    // The practice account knows the documented type alone, and says so of what it was sent.
    assert!(problem.to_string().contains("type must be metrics"), "{problem}");
    assert_eq!(person.wizard.mark_of(day), None, "it was refused");
}
