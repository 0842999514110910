//! Why a need is unmet: the statement that decides, or the one that almost would have allowed, and what kept it from it.
//!
//! [`diagnose`] gives the explanations of all unmet needs, the likeliest first; [`causes`] those of one request;
//! [`near_misses`] every statement of a decision that came close, for the screen's explanation pane.

mod almost;
mod causes;
pub(crate) mod near;

pub use causes::causes;
pub use near::{NearMiss, near_misses};

use super::{
    context::Request,
    evaluate::{Decision, Judged, Reason},
    evidence::{Asked, Evidence, ObjectGroup},
    needs::Need,
    policy::Source,
    refusal::Refusal,
    truth::Truth,
};
use crate::rule::{Code, Next};

/// How likely an explanation is the cause, the likeliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rank {
    /// AWS said so, or a policy that was seen decides so.
    Decided,
    /// A statement that grants nothing, or nobody, as it is written.
    Broken,
    /// A statement that names somebody else, or another place, or asks for something else.
    Beside,
    /// The two accounts.
    Accounts,
    /// A statement that is further off.
    Far,
    /// Nothing comes close.
    Nothing,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Where its policy is attached.
    pub source: Source,
    /// Its index in the policy, from 0.
    pub index: usize,
    /// Its Sid, else `Statement[2]`.
    pub name: String,
    /// The line where it begins, from 1.
    pub line: usize,
}

impl Place {
    /// The place of a judged statement.
    pub fn of(judged: &Judged) -> Self {
        let statement = judged.statement();
        Self {
            source: judged.source.clone(),
            index: judged.index,
            name: statement.map_or_else(|| format!("Statement[{}]", judged.index), |s| s.name()),
            line: statement.map_or(0, |s| s.line),
        }
    }
}

/// One explanation.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The rule that it falls under: A206 to A213, A217 or A218; A201 or A202 itself where none is more specific.
    pub code: Code,
    /// The need that is unmet.
    pub need: Need,
    /// The cause, in words: action, resource, policy, statement, condition key with both sides.
    pub say: String,
    /// The statement, where one decides or comes near.
    pub place: Option<Place>,
    /// What to do.
    pub next: Next,
    pub(super) rank: Rank,
}

/// One request that is, or would be, refused.
#[derive(Clone, Debug)]
pub struct Question<'e> {
    /// The need that it tries.
    pub need: Need,
    /// The request.
    pub request: Request,
    /// AWS' refusal; `None` where the request was not made and the policies predict it.
    pub refusal: Option<Refusal>,
    /// The object's group, where it is known.
    pub object: Option<&'e ObjectGroup>,
}

/// The code of a need itself: A201 for lists, A202 for reads.
pub const fn code_of(need: Need) -> Code {
    match need {
        Need::List(_) => Code::new("A201"),
        Need::Read(_) => Code::new("A202"),
    }
}

/// The requests of unmet needs: those that were refused, and those that the policies refuse though nothing was tried.
pub fn unmet(evidence: &Evidence) -> Vec<Question<'_>> {
    let mut questions = Vec::new();
    for need in evidence.needs() {
        let probes: Vec<_> = evidence
            .probes
            .iter()
            .filter(|p| p.need(&evidence.target) == Some(need))
            .collect();
        let (mut worked, mut refused) = (false, false);
        for probe in &probes {
            let Some(refusal) = probe.refusal() else {
                worked = true;
                continue;
            };
            refused = true;
            let object = match &probe.asked {
                Asked::Read(key) => evidence.group_of(key),
                Asked::List(_) => None,
            };
            questions.push(Question {
                need,
                request: probe.request(&evidence.target),
                refusal: Some(refusal),
                object,
            });
        }
        if !refused {
            questions.extend(predicted_unmet(evidence, need, worked));
        }
    }
    questions
}

/// What the policies refuse of a need. Where a probe worked that they refuse too, they are not the whole truth (A218),
/// and nothing more is read from them.
fn predicted_unmet(evidence: &Evidence, need: Need, worked: bool) -> Vec<Question<'_>> {
    let refused = |request: &Request| evidence.predict(request).is_some_and(|d| d.answer.is_no());
    let contradicted = worked
        && evidence
            .probes
            .iter()
            .filter(|p| p.need(&evidence.target) == Some(need) && p.refusal().is_none())
            .any(|p| refused(&p.request(&evidence.target)));
    if contradicted || (worked && matches!(need, Need::Read(_))) {
        return Vec::new();
    }
    let requests = evidence.target.requests(need);
    let mut questions: Vec<Question<'_>> = requests
        .into_iter()
        .filter(|r| refused(r))
        .map(|request| Question {
            need,
            request,
            refusal: None,
            object: None,
        })
        .collect();
    if let (Need::Read(dataset), false, true) = (need, worked, questions.is_empty()) {
        questions.extend(unreadable_by_key(evidence, dataset));
    }
    questions
}

/// Objects that were not tried and whose KMS key the policies refuse.
fn unreadable_by_key(evidence: &Evidence, dataset: crate::rule::Dataset) -> Vec<Question<'_>> {
    let target = &evidence.target;
    evidence
        .objects
        .iter()
        .filter(|g| target.dataset_of(&g.key) == Some(dataset))
        .filter(|g| causes::key_refuses(evidence, g).is_yes())
        .map(|group| Question {
            need: Need::Read(dataset),
            request: Request::read(&target.partition, &target.bucket, &group.key),
            refusal: None,
            object: Some(group),
        })
        .collect()
}

/// Every explanation of every unmet need, the likeliest first. Those that say the same of several folders stand once.
pub fn diagnose(evidence: &Evidence) -> Vec<Explanation> {
    let mut all: Vec<Explanation> = Vec::new();
    for question in unmet(evidence) {
        for explanation in causes(evidence, &question) {
            let known = all.iter().any(|e| {
                e.code == explanation.code
                    && e.place == explanation.place
                    && (e.place.is_some() || e.say == explanation.say || is_of_accounts(e, &explanation))
            });
            if !known {
                all.push(explanation);
            }
        }
    }
    // Stable: lists before reads, events before metrics, where the rank is the same.
    all.sort_by_key(|e| e.rank);
    all
}

/// Whether two explanations say of the same action that one of two accounts does not allow it: of one folder is enough.
fn is_of_accounts(one: &Explanation, other: &Explanation) -> bool {
    one.code == Code::new("A207") && one.need.action() == other.need.action()
}

/// The likeliest reason why requests of a need were refused; `None` where none was.
pub fn reason_of(evidence: &Evidence, need: Need) -> Option<Explanation> {
    unmet(evidence)
        .iter()
        .filter(|question| question.need == need && question.refusal.is_some())
        .flat_map(|question| causes(evidence, question))
        .min_by_key(|explanation| explanation.rank)
}

/// The statements that decide: those that deny, else those that allow; none where nothing matches.
pub fn deciding(decision: &Decision) -> Vec<&Judged> {
    let (Reason::Allowed(places) | Reason::Denied(places)) = &decision.reason else {
        return Vec::new();
    };
    places.iter().filter_map(|at| decision.trace.get(*at)).collect()
}

/// A decision in one sentence, for people.
pub fn sentence(request: &Request, decision: &Decision) -> String {
    let what = format!("{} on {}", request.action, request.resource);
    let places = || {
        let places: Vec<String> = deciding(decision).iter().map(|j| j.place()).collect();
        places.join("; ")
    };
    match &decision.reason {
        Reason::Allowed(by) if by.is_empty() => format!("{what} is allowed to the account's root"),
        Reason::Allowed(_) => format!("{what} is allowed by {}", places()),
        Reason::Denied(_) => format!("{what} is denied by {}", places()),
        Reason::PublicBlocked => format!(
            "{what} is refused: the bucket policy is public, and RestrictPublicBuckets keeps other accounts out"
        ),
        Reason::NotAllowed(sides) => {
            let sides: Vec<&str> = sides.iter().map(|s| s.words()).collect();
            format!(
                "{what} is not allowed: nothing in {} allows it",
                sides.join(" or ")
            )
        }
        Reason::Unknown(because) => format!("{what} can't be predicted: {}", because.join("; ")),
    }
}

/// Whether a need is met, as far as probes and policies tell: a refusal seen is *no*, an answer seen is *yes*.
pub fn is_met(evidence: &Evidence, need: Need) -> Truth {
    met_but_for(evidence, need, &unmet(evidence))
}

/// The same, where the unmet requests are known already.
pub(super) fn met_but_for(evidence: &Evidence, need: Need, unmet: &[Question<'_>]) -> Truth {
    let probes = || {
        evidence
            .probes
            .iter()
            .filter(|p| p.need(&evidence.target) == Some(need))
    };
    if unmet.iter().any(|q| q.need == need) {
        return Truth::No;
    }
    if probes().any(|p| p.refusal().is_none()) {
        return Truth::Yes;
    }
    let predicted = evidence
        .target
        .requests(need)
        .iter()
        .map(|r| evidence.predict(r).map_or(Truth::Unknown, |d| d.answer))
        .collect::<Vec<_>>();
    Truth::all(predicted)
}

#[cfg(test)]
mod tests;
