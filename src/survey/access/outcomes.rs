//! A201 and A202: every list and every read of the run, summed up by folder, with the reason of a refusal.

use crate::{
    access::{Explanation, explain::reason_of},
    contract,
    report::Problem,
    rule::{Code, Dataset, Found, Judged, MAX_SAMPLES, Next, Outcome, Sample, Subject},
    survey::objects::{Objects, Tried},
};

use super::{Evidence, Need, Probes};

const A201: Code = Code::new("A201");
const A202: Code = Code::new("A202");
const G701: Code = Code::new("G701");
const L301: Code = Code::new("L301");
const L309: Code = Code::new("L309");

/// What is known of a folder beside its objects.
pub(in crate::survey) struct FolderAccess<'a> {
    /// Lists of the folder that were refused to probes.
    refused: Vec<&'a Problem>,
    /// Probes' lists that were answered.
    answered: u64,
    /// Whether the reader must be able to read it.
    needed: bool,
    list_reason: Option<Explanation>,
    read_reason: Option<Explanation>,
}

impl<'a> FolderAccess<'a> {
    pub fn new(
        objects: &Objects,
        probes: &'a Probes,
        evidence: &Evidence,
        context: &contract::Context,
    ) -> Self {
        let reason = |need| reason_of(evidence, need);
        Self {
            refused: probes.refused_lists(objects),
            answered: probes.answered_lists(objects),
            needed: super::needed(context).contains(&objects.dataset),
            list_reason: reason(Need::List(objects.dataset)),
            read_reason: reason(Need::Read(objects.dataset)),
        }
    }
}

/// A201 and A202 of a folder.
pub(in crate::survey) fn folder_outcomes(objects: &Objects, access: &FolderAccess<'_>) -> [Outcome; 2] {
    [list_outcome(objects, access), read_outcome(objects, access)].map(|outcome| {
        // What the reader need not do is no finding where it is refused.
        let refused = matches!(&outcome.found, Found::Judged(judged) if judged.count > 0)
            || matches!(
                &outcome.found,
                Found::Skipped {
                    blocked_by: Some(A201),
                    ..
                }
            );
        match refused && !access.needed {
            true => not_needed(outcome.code, objects.dataset),
            false => outcome,
        }
    })
}

fn not_needed(code: Code, dataset: Dataset) -> Outcome {
    Outcome::skipped(
        code,
        dataset.subject(),
        G701,
        format!(
            "it was refused, and days are signalled by the API: {} need not be readable",
            dataset.folder()
        ),
    )
}

/// A refusal with its reason: what the policies say of it first, then the server's own words.
fn refused(
    code: Code,
    subject: Subject,
    mut judged: Judged,
    what: String,
    problem: &Problem,
    access: Option<&Explanation>,
) -> Outcome {
    let reason = access.map(|reason| match reason.code == code {
        true => reason.say.clone(),
        false => format!("{} ({})", reason.say.trim_end_matches('.'), reason.code),
    });
    let sentences = [Some(what), reason, Some(problem.cause.clone())];
    judged.cause = Some(
        sentences
            .into_iter()
            .flatten()
            .map(|sentence| sentence_case(&sentence))
            .collect::<Vec<_>>()
            .join(" "),
    );
    judged.next = Some(access.map_or_else(|| problem.next.clone(), |reason| reason.next.clone()));
    Outcome::judged(code, subject, judged)
}

/// With a full stop, and a capital letter unless it begins with a name.
fn sentence_case(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let word = text.split(' ').next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if word.chars().all(char::is_alphabetic) => {
            format!("{}{}.", first.to_uppercase(), letters.as_str())
        }
        _ => format!("{text}."),
    }
}

fn list_outcome(objects: &Objects, access: &FolderAccess<'_>) -> Outcome {
    let subject = objects.dataset.subject();
    let whole = objects.list_refused.iter();
    let all: Vec<&Problem> = whole.chain(access.refused.iter().copied()).collect();
    let answered = objects.pages + access.answered;
    if let Some(problem) = all.first() {
        let by_operator = match (&objects.list_refused, objects.listing.objects.is_empty()) {
            (Some(_), false) => "; the operator's key listed it instead",
            _ => "",
        };
        let judged = Judged {
            count: all.len() as u64,
            checked: answered + all.len() as u64,
            of: answered + all.len() as u64,
            ..Judged::default()
        };
        return refused(
            A201,
            subject,
            judged,
            format!("{}{by_operator}", problem.what),
            problem,
            access.list_reason.as_ref(),
        );
    }
    // A listing that broke off says nothing of the pages that were not asked for.
    let broke_off = objects.listing.cause();
    if objects.pages == 0 || broke_off.is_some() {
        return Outcome::unknown(A201, subject, broke_off.unwrap_or("it was not listed"));
    }
    Outcome::judged(
        A201,
        subject,
        Judged {
            checked: answered,
            of: answered,
            ..Judged::default()
        },
    )
}

fn read_outcome(objects: &Objects, access: &FolderAccess<'_>) -> Outcome {
    let subject = objects.dataset.subject();
    if objects.is_empty() {
        return Outcome::skipped(A202, subject, L301, "there is no object to read");
    }
    if objects.list_refused.is_some() && objects.listing.objects.is_empty() {
        return Outcome::skipped(A202, subject, A201, "no key is known, since the list was refused");
    }
    let (tried, indices) = objects.reads();
    if tried == 0 {
        if !objects.listing.objects.is_empty() && objects.listing.objects.iter().all(|object| object.archived)
        {
            return Outcome::skipped(A202, subject, L309, "every object is archived");
        }
        return Outcome::unknown(A202, subject, "no object was read");
    }
    let judged = Judged {
        count: indices.len() as u64,
        checked: tried,
        of: tried,
        samples: samples(objects, &indices),
        ..Judged::default()
    };
    let Some(problem) = objects.refusal().filter(|_| !indices.is_empty()) else {
        return Outcome::judged(A202, subject, judged);
    };
    let words = format!(
        "{} of {tried} objects that were read: {}",
        indices.len(),
        problem.what
    );
    refused(
        A202,
        subject,
        judged,
        words,
        &problem,
        access.read_reason.as_ref(),
    )
}

/// A sample of each group that was refused, and others spread over the list where there is room.
fn samples(objects: &Objects, refused: &[usize]) -> Vec<Sample> {
    let mut samples: Vec<Sample> = objects
        .groups()
        .iter()
        .filter(|group| group.tried == Tried::Refused)
        .filter_map(|group| {
            Some(Sample {
                key: objects.listed(group.first)?.key.clone(),
                value: Some(group.words()),
                ..Sample::default()
            })
        })
        .take(MAX_SAMPLES)
        .collect();
    for other in objects.samples(refused) {
        if samples.len() < MAX_SAMPLES && samples.iter().all(|known| known.key != other.key) {
            samples.push(other);
        }
    }
    samples
}

/// A201 to A218 where there is nobody whose access could be judged.
pub(in crate::survey) fn no_reader(needed: &[Dataset]) -> Vec<Outcome> {
    let unknown = |code: Code, subject| Outcome {
        code,
        subject,
        found: Found::Unknown {
            cause: "there is no reader yet: nobody holds a key with which Statsig could read".to_owned(),
            next: Some(Next::say(
                "Make a reader and give it what it needs: the wizard's step 2, Grant, or `bucket-ready grant plan`.",
            )),
        },
    };
    super::codes()
        .flat_map(|code| match code.as_str() {
            "A201" | "A202" => needed
                .iter()
                .map(|dataset| unknown(code, dataset.subject()))
                .collect(),
            _ => vec![unknown(code, Subject::Bucket)],
        })
        .collect()
}
