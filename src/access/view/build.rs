//! The view made from evidence: nothing is in it that [`Evidence`] does not say.

use std::collections::BTreeMap;

use super::{
    AccessAction, AccessCell, AccessRow, AccessView, Difference, ExplainedNeed, NearStatement, PolicyText,
    Seen, SimulatorSays, StatementPlace,
};
use crate::{
    access::{
        context::Request,
        evidence::{Answer, Asked, Evidence, Probe},
        explain::{Place, Question, causes, near_misses, unmet},
        lint,
        needs::Need,
        pattern::arn_parts,
        policy::Attached,
        truth::Truth,
    },
    rule::Dataset,
};

/// The name of the matrix's last column: what lies outside the three folders.
pub const ELSEWHERE: &str = "elsewhere";
/// So many statements that almost matched are told of one explanation.
const NEAR: usize = 4;

/// The reader's access as the evidence has it. `counts` holds, for needs, how many objects were listed or read in all;
/// where it has none, the probes are counted.
pub fn view(evidence: &Evidence, counts: &BTreeMap<Need, Seen>) -> AccessView {
    let writes = lint::write_requests(evidence);
    let rows = [AccessAction::List, AccessAction::Read, AccessAction::Write]
        .into_iter()
        .map(|action| {
            let places = Dataset::ALL.into_iter().map(Some).chain([None]);
            AccessRow {
                action,
                cells: places
                    .map(|place| cell(evidence, counts, &writes, action, place))
                    .collect(),
            }
        })
        .collect();
    AccessView {
        rows,
        explanations: explanations(evidence),
        policies: policies(evidence),
        unseen: layers(evidence)
            .into_iter()
            .flat_map(|layer| layer.unseen.iter().cloned())
            .collect(),
        differences: differences(evidence),
        simulator: simulator(evidence),
    }
}

fn layers(evidence: &Evidence) -> [&crate::access::Layer; 4] {
    let f = &evidence.in_force;
    [&f.identity, &f.boundary, &f.session, &f.resource]
}

fn place_name(evidence: &Evidence, place: Option<Dataset>) -> String {
    place.map_or_else(|| ELSEWHERE.to_owned(), |dataset| evidence.target.folder(dataset))
}

fn need_of(action: AccessAction, place: Option<Dataset>) -> Option<Need> {
    match (action, place) {
        (AccessAction::List, Some(dataset)) => Some(Need::List(dataset)),
        (AccessAction::Read, Some(dataset)) => Some(Need::Read(dataset)),
        _ => None,
    }
}

fn cell(
    evidence: &Evidence,
    counts: &BTreeMap<Need, Seen>,
    writes: &[Request],
    action: AccessAction,
    place: Option<Dataset>,
) -> AccessCell {
    let need = need_of(action, place);
    let (predicted, seen) = match need {
        Some(need) => (
            predicted_need(evidence, need),
            counts.get(&need).copied().unwrap_or_else(|| {
                seen(
                    evidence
                        .probes
                        .iter()
                        .filter(|probe| probe.need(&evidence.target) == Some(need)),
                )
            }),
        ),
        None => match action {
            AccessAction::Write => (predicted_write(evidence, writes, place), Seen::NotTried),
            _ => {
                let lists = action == AccessAction::List;
                let requests = if lists {
                    lint::lists_outside(evidence)
                } else {
                    lint::reads_outside(evidence)
                };
                let probes = evidence
                    .probes
                    .iter()
                    .filter(|probe| probe.need(&evidence.target).is_none())
                    .filter(|probe| matches!(probe.asked, Asked::List(_)) == lists);
                (open_to(evidence, &requests), seen(probes))
            }
        },
    };
    AccessCell {
        place: place_name(evidence, place),
        needed: need.is_some_and(|need| evidence.datasets.contains(&need.dataset())),
        predicted,
        seen,
    }
}

fn ask(evidence: &Evidence, request: &Request) -> Truth {
    evidence
        .predict(request)
        .map_or(Truth::Unknown, |decision| decision.answer)
}

/// A need is met where all of its requests are allowed, and the KMS keys of the folder's objects may be used.
fn predicted_need(evidence: &Evidence, need: Need) -> Truth {
    let requests = evidence.target.requests(need);
    let mut answers: Vec<Truth> = requests.iter().map(|request| ask(evidence, request)).collect();
    if let Need::Read(dataset) = need {
        answers.extend(
            evidence
                .objects
                .iter()
                .filter(|group| evidence.target.dataset_of(&group.key) == Some(dataset))
                .filter_map(|group| group.encryption.kms_key())
                .map(|key| {
                    evidence
                        .predict_decrypt(key)
                        .map_or(Truth::Unknown, |decision| decision.answer)
                }),
        );
    }
    Truth::all(answers)
}

/// What should be refused is open where any of its requests is allowed.
fn open_to(evidence: &Evidence, requests: &[Request]) -> Truth {
    Truth::any(
        requests
            .iter()
            .map(|request| ask(evidence, request))
            .collect::<Vec<_>>(),
    )
}

/// Writing under a folder; elsewhere includes the bucket itself: its policy, its settings, its deletion.
fn predicted_write(evidence: &Evidence, writes: &[Request], place: Option<Dataset>) -> Truth {
    let folder = |request: &&Request| {
        let key = arn_parts(&request.resource)
            .and_then(|parts| parts[5].split_once('/'))
            .map(|(_, key)| key);
        key.and_then(|key| evidence.target.dataset_of(key)) == place
    };
    Truth::any(
        writes
            .iter()
            .filter(folder)
            .map(|request| ask(evidence, request))
            .collect::<Vec<_>>(),
    )
}

fn seen<'e>(probes: impl Iterator<Item = &'e Probe>) -> Seen {
    let (mut all, mut refused) = (0, 0);
    for probe in probes {
        all += 1;
        refused += u64::from(probe.answer != Answer::Allowed);
    }
    match (all, refused) {
        (0, _) => Seen::NotTried,
        (objects, 0) => Seen::Allowed { objects },
        (of, refused) => Seen::Refused { refused, of },
    }
}

/// Every explanation of every unmet need, the likeliest first; what holds for several folders is told of each.
fn explanations(evidence: &Evidence) -> Vec<ExplainedNeed> {
    let mut ranked = Vec::new();
    for question in unmet(evidence) {
        for explanation in causes(evidence, &question) {
            let rank = explanation.rank;
            let explained = ExplainedNeed {
                code: explanation.code,
                need: explanation.need,
                say: explanation.say,
                place: explanation.place.map(statement_place),
                near: near(evidence, &question),
                next: explanation.next,
            };
            let known = ranked.iter().any(|(_, known): &(_, ExplainedNeed)| {
                known.code == explained.code
                    && known.need == explained.need
                    && known.place == explained.place
                    && (known.place.is_some() || known.say == explained.say)
            });
            if !known {
                ranked.push((rank, explained));
            }
        }
    }
    // Stable: lists before reads, events before metrics, where the rank is the same.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, explained)| explained).collect()
}

fn statement_place(place: Place) -> StatementPlace {
    StatementPlace {
        source: place.source,
        index: place.index,
        name: place.name,
        line: place.line,
    }
}

fn near(evidence: &Evidence, question: &Question<'_>) -> Vec<NearStatement> {
    let Some(decision) = evidence.predict(&question.request) else {
        return Vec::new();
    };
    near_misses(&question.request, &decision)
        .into_iter()
        .take(NEAR)
        .map(|miss| NearStatement {
            place: miss.place,
            effect: miss.effect,
            kept_by: miss.kept_by,
        })
        .collect()
}

/// The texts of all policies that were fetched, those too that could not be read.
fn policies(evidence: &Evidence) -> Vec<PolicyText> {
    let seen = layers(evidence)
        .into_iter()
        .flat_map(|layer| &layer.policies)
        .chain(&evidence.in_force.limits)
        .map(|Attached { source, policy }| PolicyText {
            source: source.clone(),
            text: policy.text().to_owned(),
        });
    let unreadable = evidence.unreadable.iter().map(|policy| PolicyText {
        source: policy.source.clone(),
        text: policy.text.clone(),
    });
    seen.chain(unreadable).collect()
}

fn differences(evidence: &Evidence) -> Vec<Difference> {
    lint::compared(evidence)
        .iter()
        .filter(|compared| compared.differs())
        .map(|compared| {
            let (action, dataset) = match &compared.probe.asked {
                Asked::List(prefix) => (AccessAction::List, evidence.target.dataset_listed(prefix)),
                Asked::Read(key) => (AccessAction::Read, evidence.target.dataset_of(key)),
            };
            Difference {
                action,
                place: place_name(evidence, dataset),
                say: compared.words(),
            }
        })
        .collect()
}

/// The agreement in one line, and a line for each opinion that is another or no certain one.
fn simulator(evidence: &Evidence) -> Vec<SimulatorSays> {
    let all = lint::seconds(evidence);
    let agreed = all.iter().filter(|second| second.agrees()).count();
    let agreement = (agreed > 0).then(|| SimulatorSays {
        differs: false,
        say: match agreed == all.len() {
            true => format!("IAM's simulator says the same of all {agreed} requests that it was asked about"),
            false => format!(
                "IAM's simulator says the same of {agreed} of {} requests",
                all.len()
            ),
        },
    });
    let others = all.iter().filter(|second| !second.agrees());
    let others = others.map(|second| SimulatorSays {
        differs: second.differs(),
        say: second.words(),
    });
    others.chain(agreement).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
