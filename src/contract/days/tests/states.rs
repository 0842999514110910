//! Every state of a day, and why a day with data is not safe to signal.

use super::*;
use crate::calendar::DayState;

fn states(ctx: &Context, evidence: &Evidence) -> Vec<(String, DayState)> {
    let found = calendar(ctx, evidence);
    assert_eq!(found.today.as_deref(), Some("2026-06-23"));
    found.days.into_iter().map(|day| (day.day, day.state)).collect()
}

fn state_of(evidence: &Evidence, day: PstDay) -> (DayState, Vec<String>, String) {
    let found = calendar(&ctx(), evidence);
    let found = found.days.iter().find(|d| d.day == day.to_string()).unwrap();
    (
        found.state,
        found.codes.iter().map(ToString::to_string).collect(),
        found.reason.clone().unwrap_or_default(),
    )
}

#[test]
fn a_healthy_calendar_runs_from_the_first_data_day_to_today() {
    let found = calendar(&ctx(), &healthy());
    assert_eq!(found.days.len(), 23);
    for (n, day) in found.days.iter().enumerate() {
        let expected = match n + 1 {
            23 => DayState::Partial,
            21 | 22 => DayState::Ready,
            _ => DayState::Signalled,
        };
        assert_eq!(
            (day.state, day.codes.len(), &day.reason),
            (expected, 0, &None),
            "{}",
            day.day
        );
    }
    assert_eq!(found.days[21].safe_from, "2026-06-23T08:00:00Z");
    assert_eq!(found.days[21].events_rows, Some(100));
    assert_eq!(found.days[22].metrics_rows, Some(0));
    assert_eq!(found.usual_landing_seconds, Some(3 * 3600 + 300));
    assert_eq!(found.late_landing_seconds, Some(3 * 3600 + 300));
    let mut no_metrics = healthy();
    no_metrics.metrics = DatasetDays::default();
    assert_eq!(calendar(&ctx(), &no_metrics).days[0].metrics_rows, None);
    assert!(calendar(&ctx(), &Evidence::default()).days.is_empty());
}

#[test]
fn every_state_has_a_day_that_is_in_it() {
    let mut evidence = healthy();
    evidence.events.days.remove(&june(5));
    evidence.metrics.days.remove(&june(5));
    evidence.events.days.get_mut(&june(7)).unwrap().files[0].modified = Some(at("2026-06-20T00:00:00Z"));
    evidence
        .signals
        .files
        .push(signal("2026-06-01T00:00:00Z", &[day("2026-05-30")]));
    evidence.events.days.insert(june(24), data(3, &[]));
    evidence
        .findings
        .insert(june(6), vec![finding("E511", Severity::Fail, Unit::Rows)]);
    assert_eq!(state_of(&evidence, day("2026-05-30")).0, DayState::ClosedEmpty);
    assert_eq!(state_of(&evidence, day("2026-05-31")).1, Vec::<String>::new());
    assert_eq!(state_of(&evidence, june(4)).0, DayState::Signalled);
    let (state, codes, _) = state_of(&evidence, june(5));
    assert_eq!((state, codes), (DayState::ClosedEmpty, vec!["G706".to_owned()]));
    let (state, codes, _) = state_of(&evidence, june(6));
    assert_eq!(
        (state, codes),
        (DayState::Signalled, vec!["E511".into(), "G711".into()])
    );
    let (state, codes, reason) = state_of(&evidence, june(7));
    assert_eq!((state, codes), (DayState::Late, vec!["G707".to_owned()]));
    assert!(
        reason.starts_with("1 object came after the signal of 2026-06-08T12:00:00Z"),
        "{reason}"
    );
    assert_eq!(state_of(&evidence, june(21)).0, DayState::Ready);
    assert_eq!(state_of(&evidence, june(23)).0, DayState::Partial);
    assert_eq!(state_of(&evidence, june(24)).0, DayState::Future);
    evidence.events.days.remove(&june(22));
    evidence.metrics.days.remove(&june(22));
    assert_eq!(state_of(&evidence, june(22)).0, DayState::Empty);
}

#[test]
fn a_landed_day_says_why_it_is_not_safe_and_so_do_the_days_after_it() {
    let mut failing = healthy();
    failing
        .findings
        .insert(june(21), vec![finding("E511", Severity::Fail, Unit::Rows)]);
    let (state, codes, reason) = state_of(&failing, june(21));
    assert_eq!((state, codes), (DayState::Landed, vec!["E511".to_owned()]));
    assert_eq!(reason, "findings that fail: E511 2 rows");
    let (state, _, reason) = state_of(&failing, june(22));
    assert_eq!(state, DayState::Landed);
    assert_eq!(
        reason,
        "a signal would also close 2026-06-21, which is not safe to signal"
    );

    let mut warned = healthy();
    warned
        .findings
        .insert(june(21), vec![finding("E505", Severity::Warn, Unit::Rows)]);
    let (state, codes, reason) = state_of(&warned, june(21));
    assert_eq!(
        (state, codes, reason),
        (DayState::Ready, vec!["E505".to_owned()], String::new())
    );

    let mut half = healthy();
    half.metrics.days.remove(&june(22));
    let (state, codes, reason) = state_of(&half, june(22));
    assert_eq!((state, codes), (DayState::Landed, vec!["G710".to_owned()]));
    assert_eq!(reason, "metrics/ has no data of this day");

    let mut gap = healthy();
    gap.events.days.remove(&june(21));
    gap.metrics.days.remove(&june(21));
    assert_eq!(state_of(&gap, june(21)).0, DayState::Empty);
    let (state, _, reason) = state_of(&gap, june(22));
    assert_eq!(state, DayState::Landed);
    assert!(reason.contains("2026-06-21, which has no data"), "{reason}");

    let mut refused = healthy();
    refused.metrics.unknown = Some("listing metrics/ was refused".into());
    assert_eq!(state_of(&refused, june(22)).0, DayState::Landed);
    assert_eq!(state_of(&refused, june(20)).0, DayState::Signalled);
}

#[test]
fn with_folders_by_utc_date_a_day_waits_for_the_next_folder() {
    let mut evidence = healthy();
    evidence.events.folder_dates = FolderDates {
        rows: 1000,
        outside: 330,
        utc: 1000,
    };
    assert_eq!(state_of(&evidence, june(21)).0, DayState::Ready);
    let (state, _, reason) = state_of(&evidence, june(22));
    assert_eq!(state, DayState::Landed);
    assert!(reason.contains("2026-06-23"), "{reason}");
    evidence.events.days.insert(june(23), data(3, &[]));
    assert_eq!(state_of(&evidence, june(22)).0, DayState::Ready);
    // Stray rows in PST folders, or folders by PST date, are no such evidence.
    for (rows, outside, utc) in [(1000, 330, 900), (1000, 0, 1000), (0, 0, 0), (1000, 10, 660)] {
        assert!(!FolderDates { rows, outside, utc }.by_utc());
    }
}

#[test]
fn with_folders_by_utc_date_a_day_has_landed_when_the_next_folder_has() {
    let mut evidence = healthy();
    let usual = |evidence: &Evidence| calendar(&ctx(), evidence).usual_landing_seconds;
    assert_eq!(usual(&evidence), Some(3 * 3600 + 300));
    evidence.events.folder_dates = FolderDates {
        rows: 1000,
        outside: 330,
        utc: 1000,
    };
    // 22 June, whose next folder is not there, says nothing; the others landed a day later than their own folder did.
    assert_eq!(usual(&evidence), Some(27 * 3600 + 300));
}

#[test]
fn a_signal_of_a_far_off_year_does_not_fill_the_calendar() {
    let mut evidence = healthy();
    let far: Vec<PstDay> = day("2030-01-01").through(day("2050-01-01")).collect();
    evidence.signals.files.push(signal("2026-06-24T05:00:00Z", &far));
    let found = states(&ctx(), &evidence);
    assert_eq!(found.len(), 23 + 400);
    assert_eq!(found[23], ("2030-01-01".into(), DayState::Future));
    assert_eq!(
        found[22].1,
        DayState::Partial,
        "today is not over, though it counts as loaded"
    );
    assert_eq!(found[21].1, DayState::Signalled);
}
