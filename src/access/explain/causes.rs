//! The causes of one refusal, ranked.

use super::{
    Explanation, Place, Question, Rank, code_of,
    near::{Gaps, kept_by},
};
use crate::{
    access::{
        condition::quoted,
        evaluate::{Decision, Judged, Reason, Side},
        evidence::{Evidence, ObjectGroup},
        lint,
        needs::Need,
        policy::{Effect, Source},
        principal::Grantee,
        public,
        refusal::{PolicyType, Refusal, Said},
        truth::Truth,
    },
    rule::{Code, Next},
};

/// Why a request is, or would be, refused; the likeliest cause first, and at least one.
pub fn causes(evidence: &Evidence, question: &Question<'_>) -> Vec<Explanation> {
    let decision = evidence.predict(&question.request);
    let run = Run {
        evidence,
        question,
        decision: decision.as_ref(),
    };
    let mut all = Vec::new();
    run.said(&mut all);
    if all.is_empty() {
        run.by_policies(&mut all);
    }
    if all.is_empty() {
        all.push(run.nothing());
    }
    all.sort_by_key(|e| e.rank);
    all
}

/// Whether the KMS key of a group's objects refuses the reader.
pub(super) fn key_refuses(evidence: &Evidence, group: &ObjectGroup) -> Truth {
    let Some(key) = group.encryption.kms_key() else {
        return Truth::No;
    };
    if group.encryption.is_aws_managed() {
        // Its policy lets everybody of the account in who comes through S3, and nobody else.
        return evidence.same_account().negated();
    }
    match evidence.predict_decrypt(key) {
        Some(decision) => decision.answer.negated(),
        None => Truth::Unknown,
    }
}

pub(super) struct Run<'r> {
    pub(super) evidence: &'r Evidence,
    pub(super) question: &'r Question<'r>,
    pub(super) decision: Option<&'r Decision>,
}

impl Run<'_> {
    pub(super) fn explain(
        &self,
        code: &'static str,
        rank: Rank,
        judged: Option<&Judged>,
        say: String,
        fix: &str,
    ) -> Explanation {
        Explanation {
            code: Code::new(code),
            need: self.question.need,
            say,
            place: judged.map(Place::of),
            next: Next::say(fix),
            rank,
        }
    }

    pub(super) fn own(&self, rank: Rank, judged: Option<&Judged>, say: String, fix: &str) -> Explanation {
        Explanation {
            code: code_of(self.question.need),
            ..self.explain("A202", rank, judged, say, fix)
        }
    }

    pub(super) fn what(&self) -> String {
        format!(
            "{} on {}",
            self.question.request.action, self.question.request.resource
        )
    }

    /// The prefix that was to be listed, in words, where it matters.
    pub(super) fn listing(&self) -> String {
        match self.question.request.context.get("s3:prefix") {
            super::super::context::Held::Values(v) => {
                format!(" (prefix \"{}\")", v.first().map_or("", String::as_str))
            }
            _ => String::new(),
        }
    }

    /// What AWS' own words tell.
    fn said(&self, all: &mut Vec<Explanation>) {
        let Some(refusal) = &self.question.refusal else {
            return;
        };
        if refusal.is_kms() {
            all.push(self.kms(refusal.resource.as_deref(), refusal.said.as_ref()));
            return;
        }
        match &refusal.said {
            Some(said) if said.explicit => self.said_denied(said, refusal, all),
            Some(said) => self.said_missing(said, all),
            None => {}
        }
    }

    fn said_denied(&self, said: &Said, refusal: &Refusal, all: &mut Vec<Explanation>) {
        let denies: Vec<&Judged> = self
            .judged(Effect::Deny)
            .filter(|j| of_type(&j.source, &said.policy) && !j.answer.is_no())
            .collect();
        if denies.is_empty() && said.policy == PolicyType::Resource && self.is_public_and_restricted() {
            all.push(self.public_blocked());
            return;
        }
        for judged in &denies {
            all.push(self.denied(
                judged,
                &format!(
                    " AWS says so too: an explicit deny in {}.",
                    said.policy.with_article()
                ),
            ));
        }
        if denies.is_empty() {
            let arn = said
                .policy_arn
                .as_ref()
                .map(|a| format!(" ({a})"))
                .unwrap_or_default();
            let action = refusal.action.as_deref().unwrap_or(&self.question.request.action);
            let say = format!(
                "{action} on {} is refused with an explicit deny in {}{arn}, in AWS' own words. That policy could not be seen here.",
                self.question.request.resource,
                said.policy.with_article()
            );
            all.push(self.explain("A209", Rank::Decided, None, say, whom_to_ask(&said.policy)));
        }
    }

    fn said_missing(&self, said: &Said, all: &mut Vec<Explanation>) {
        match said.policy {
            PolicyType::Identity | PolicyType::Resource => {
                // AWS names one side; in one account either would do, so both are searched.
                self.by_policies(all);
                all.retain(|e| !matches!(e.code.as_str(), "A218"));
                if all.is_empty() && self.decision.is_none_or(|d| d.answer.is_unknown()) {
                    let side = if said.policy == PolicyType::Identity {
                        Side::Identity
                    } else {
                        Side::Resource
                    };
                    all.push(self.side_missing(side));
                }
            }
            _ => {
                let near = self
                    .judged(Effect::Allow)
                    .filter(|j| of_type(&j.source, &said.policy))
                    .map(|j| (j, Gaps::of(j)))
                    .min_by_key(|(_, gaps)| gaps.count());
                let mut say = format!(
                    "{} is refused because no {} allows it, in AWS' own words.",
                    self.what(),
                    said.policy
                );
                if let Some((judged, gaps)) = &near {
                    let kept = kept_by(&self.question.request, judged, gaps).join("; ");
                    say.push_str(&format!(" {}: {kept}.", judged.place()));
                }
                let judged = near.as_ref().map(|(j, _)| *j);
                all.push(self.own(Rank::Decided, judged, say, whom_to_ask(&said.policy)));
            }
        }
    }

    /// What the policies tell, where AWS' words tell nothing.
    fn by_policies(&self, all: &mut Vec<Explanation>) {
        let Some(decision) = self.decision else {
            return;
        };
        if let Some(owner) = self.foreign_object()
            && !matches!(decision.reason, Reason::Denied(_))
            && !decision.resource_allows.is_no()
        {
            all.push(owner);
        }
        match &decision.reason {
            Reason::Denied(places) => {
                for judged in places.iter().filter_map(|at| decision.trace.get(*at)) {
                    all.push(self.denied(judged, ""));
                }
            }
            Reason::PublicBlocked => all.push(self.public_blocked()),
            Reason::Allowed(_) => self.though_allowed(all),
            Reason::NotAllowed(sides) => self.not_allowed(decision, sides, all),
            Reason::Unknown(because) => self.not_known(decision, because, all),
        }
    }

    fn denied(&self, judged: &Judged, more: &str) -> Explanation {
        let may = if judged.answer.is_yes() {
            "denies"
        } else {
            "may deny"
        };
        let mut because: Vec<String> = judged.conditions.iter().map(|c| c.both_sides()).collect();
        because.splice(0..0, spares_others(judged));
        let conditions = match because.is_empty() {
            true => ", without a condition".to_owned(),
            false => format!(": {}", because.join("; ")),
        };
        let say = format!(
            "{} {may} {}{}{conditions}.{more}",
            judged.place(),
            self.what(),
            self.listing()
        );
        self.explain("A209", Rank::Decided, Some(judged), say, &deny_fix(judged))
    }

    fn is_public_and_restricted(&self) -> bool {
        let in_force = &self.evidence.in_force;
        in_force.restrict_public_buckets == Some(true)
            && in_force
                .resource
                .policies
                .iter()
                .any(|p| public::is_public(&p.policy).is_yes())
    }

    fn public_blocked(&self) -> Explanation {
        let judged = self.judged(Effect::Allow).find(|j| {
            j.source == Source::Bucket
                && j.principal
                    .as_ref()
                    .is_some_and(|p| p.by == Some(Grantee::Everyone))
        });
        let place = judged.map_or_else(|| "bucket policy".to_owned(), |j| j.place());
        let say = format!(
            "{} is refused: {place} is for everyone (Principal \"*\") and makes the policy public, and RestrictPublicBuckets keeps every other account out of a bucket with a public policy, named ones too.",
            self.what()
        );
        self.explain(
            "A213",
            Rank::Decided,
            judged,
            say,
            "Name principals in that statement in place of \"*\", or hold it to fixed values by a condition.",
        )
    }

    fn kms(&self, resource: Option<&str>, said: Option<&Said>) -> Explanation {
        let group = self.question.object;
        let key = group
            .and_then(|g| g.encryption.kms_key())
            .or(resource.filter(|r| r.starts_with("arn:")))
            .unwrap_or("the object's key");
        let objects = group
            .map(|g| format!(" ({} objects)", g.objects))
            .unwrap_or_default();
        let object = &self.question.request.resource;
        if group.is_some_and(|g| g.encryption.is_aws_managed()) && !self.evidence.same_account().is_yes() {
            let say = format!(
                "{object} is encrypted with the account's own key aws/s3{objects}, which no other account can use: kms:Decrypt can't be granted on it."
            );
            return self.explain(
                "A208",
                Rank::Decided,
                None,
                say,
                "Copy the objects under a KMS key of your own, or under SSE-S3, and make that the bucket's default.",
            );
        }
        let words = said.map_or(String::new(), |s| match s.explicit {
            true => format!(" AWS says: an explicit deny in {}.", s.policy.with_article()),
            false => format!(" AWS says: no {} allows it.", s.policy),
        });
        let say = format!(
            "{object} is encrypted with the KMS key {key}, and the reader has no kms:Decrypt on it{objects}.{words}"
        );
        self.explain(
            "A208",
            Rank::Decided,
            None,
            say,
            "Allow kms:Decrypt on that key in the user policy, and let the key's policy allow it too.",
        )
    }

    fn foreign_object(&self) -> Option<Explanation> {
        let group = self.question.object?;
        if !self.evidence.is_foreign(group).is_yes() {
            return None;
        }
        let say = format!(
            "{} belongs to {}, not to the bucket's owner (Object Ownership is not enforced): the bucket policy's Allow does not apply to it ({} objects).",
            self.question.request.resource,
            group.owner.as_deref().unwrap_or("another account"),
            group.objects
        );
        Some(self.explain(
            "A210",
            Rank::Decided,
            None,
            say,
            "Set Object Ownership to BucketOwnerEnforced: the bucket's owner then owns every object, those that are there too. It switches access lists off, so put what they grant into policies first. Or have their owner grant the objects.",
        ))
    }

    /// Refused though the policies allow.
    fn though_allowed(&self, all: &mut Vec<Explanation>) {
        if !all.is_empty() {
            return;
        }
        if let Some(group) = self
            .question
            .object
            .filter(|_| matches!(self.question.need, Need::Read(_)))
            && !key_refuses(self.evidence, group).is_no()
        {
            all.push(self.kms(None, None));
            return;
        }
        if self.evidence.settings.requester_pays == Some(true) && !self.evidence.same_account().is_yes() {
            let say = format!(
                "{} is allowed by the policies and refused: the bucket has Requester Pays, and requests of other accounts are refused unless they declare that they pay.",
                self.what()
            );
            all.push(self.explain(
                "A215",
                Rank::Decided,
                None,
                say,
                "Switch Requester Pays off for this bucket.",
            ));
            return;
        }
        let is_list = matches!(self.question.need, Need::List(_));
        let candidates: Vec<String> = lint::candidates(self.evidence, self.question.object)
            .into_iter()
            // A list decrypts nothing.
            .filter(|words| !(is_list && words.contains("KMS key")))
            .collect();
        let candidates = candidates.join("; ");
        let say = format!(
            "{}{} is allowed by every policy that could be seen, and refused. Candidates: {candidates}.",
            self.what(),
            self.listing()
        );
        all.push(self.explain(
            "A218",
            Rank::Nothing,
            None,
            say,
            "Look at the candidates in this order.",
        ));
    }

    fn not_allowed(&self, decision: &Decision, sides: &[Side], all: &mut Vec<Explanation>) {
        for side in sides {
            let limits = matches!(side, Side::Boundary | Side::Session | Side::Limit);
            let found = self
                .judged(Effect::Allow)
                .filter(|j| side_of(&j.source) == *side)
                .filter_map(|j| self.near_cause(j))
                .collect::<Vec<_>>();
            if limits {
                all.push(match found.into_iter().min_by_key(|e| e.rank) {
                    Some(near) => Explanation {
                        code: code_of(self.question.need),
                        rank: Rank::Decided,
                        say: format!("{} does not let it through. {}", capital(side.words()), near.say),
                        ..near
                    },
                    None => self.side_missing(*side),
                });
            } else {
                all.extend(found);
            }
        }
        if sides
            .iter()
            .any(|s| matches!(s, Side::Boundary | Side::Session | Side::Limit))
        {
            return;
        }
        if decision.same_account.is_no() {
            all.push(self.one_sided(decision));
        } else if let Some(named) = self.account_named(decision) {
            all.push(named);
        }
    }

    fn not_known(&self, decision: &Decision, because: &[String], all: &mut Vec<Explanation>) {
        if self.question.refusal.is_none() {
            return;
        }
        let in_force = &self.evidence.in_force;
        let cross = decision.same_account.is_no();
        // Where nothing else stands in the way, the side that could not be seen is the one that is missing.
        let plain = self.question.object.is_none_or(|object| {
            object.encryption.kms_key().is_none() && !self.evidence.is_foreign(object).is_yes()
        });
        let unseen_side = plain && decision.resource_allows.is_yes() && decision.identity_allows.is_unknown();
        if cross && (decision.resource_allows.is_no() || decision.identity_allows.is_no() || unseen_side) {
            all.push(self.one_sided(decision));
        }
        for judged in self.judged(Effect::Deny).filter(|j| j.answer.is_unknown()) {
            all.push(self.denied(judged, ""));
        }
        for judged in self.judged(Effect::Allow).filter(|j| !j.answer.is_yes()) {
            all.extend(self.near_cause(judged));
        }
        if all.is_empty() && (in_force.identity.is_whole() || in_force.resource.is_whole()) {
            let say = format!(
                "{} is refused; it can't be told why: {}.",
                self.what(),
                because.join("; ")
            );
            all.push(self.own(
                Rank::Nothing,
                None,
                say,
                "Look at these policies with the rights to read them.",
            ));
        }
    }

    fn side_missing(&self, side: Side) -> Explanation {
        let say = format!(
            "Nothing in {} allows {}{}.",
            side.words(),
            self.what(),
            self.listing()
        );
        let rank = match side {
            Side::Identity | Side::Resource => Rank::Nothing,
            _ => Rank::Decided,
        };
        self.own(rank, None, say, "Grant it: see the plan.")
    }

    /// Nothing comes close, or nothing could be seen.
    fn nothing(&self) -> Explanation {
        let seen = self
            .decision
            .is_some_and(|d| !matches!(d.reason, Reason::Unknown(_)));
        if seen {
            let say = format!(
                "No policy of the user allows {}{}, and the bucket policy does not grant it to the user.",
                self.what(),
                self.listing()
            );
            return self.own(Rank::Nothing, None, say, "Grant it: see the plan.");
        }
        let words = self.question.refusal.as_ref().map_or("", |r| r.text.as_str());
        let say = format!(
            "{}{} was refused (\"{words}\"); AWS gives no reason, and the policies could not be seen.",
            self.what(),
            self.listing()
        );
        self.own(
            Rank::Nothing,
            None,
            say,
            "Run the check with credentials that may read the user's policies and the bucket policy.",
        )
    }

    fn judged(&self, effect: Effect) -> impl Iterator<Item = &Judged> {
        self.decision
            .into_iter()
            .flat_map(|d| &d.trace)
            .filter(move |j| j.effect == effect)
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn side_of(source: &Source) -> Side {
    match source {
        Source::UserInline { .. }
        | Source::UserManaged { .. }
        | Source::GroupInline { .. }
        | Source::GroupManaged { .. } => Side::Identity,
        Source::Boundary { .. } => Side::Boundary,
        Source::Session => Side::Session,
        Source::Bucket | Source::Key => Side::Resource,
        Source::ServiceControl { .. } | Source::ResourceControl { .. } | Source::VpcEndpoint { .. } => {
            Side::Limit
        }
    }
}

/// Whether a policy is of the kind that AWS names.
fn of_type(source: &Source, kind: &PolicyType) -> bool {
    match kind {
        PolicyType::Identity => side_of(source) == Side::Identity,
        PolicyType::Resource => side_of(source) == Side::Resource,
        PolicyType::Boundary => side_of(source) == Side::Boundary,
        PolicyType::Session => side_of(source) == Side::Session,
        PolicyType::ServiceControl => matches!(source, Source::ServiceControl { .. }),
        PolicyType::ResourceControl => matches!(source, Source::ResourceControl { .. }),
        PolicyType::VpcEndpoint => matches!(source, Source::VpcEndpoint { .. }),
        PolicyType::RoleTrust | PolicyType::Other(_) => false,
    }
}

/// That a `NotPrincipal` names others than the reader, in words; nothing for other statements.
fn spares_others(judged: &Judged) -> Option<String> {
    let principals = judged.statement()?.principals.as_ref().filter(|p| p.not)?;
    let named: Vec<String> = principals.entries.iter().map(|e| e.value.text.clone()).collect();
    let note = judged
        .principal
        .as_ref()
        .and_then(|p| p.note.as_ref())
        .map(|note| format!(" ({note})"))
        .unwrap_or_default();
    Some(format!("its NotPrincipal spares only {}{note}", quoted(&named)))
}

/// What to do about a Deny, by where it stands and what it asks.
fn deny_fix(judged: &Judged) -> String {
    let on_key = |key: &str| judged.conditions.iter().any(|c| c.key.eq_ignore_ascii_case(key));
    if on_key("aws:SecureTransport") {
        return "Make the requests over HTTPS; this Deny is as it should be.".into();
    }
    let way = match &judged.source {
        Source::UserInline { .. } => "Narrow this statement, or take it out of the user's policy.".to_owned(),
        Source::UserManaged { name, .. } => {
            format!("Narrow this statement, or detach {name} from the user: others may need it as it is.")
        }
        Source::GroupInline { group, .. } | Source::GroupManaged { group, .. } => {
            format!("Narrow this statement, or take the user out of the group {group}.")
        }
        Source::Boundary { .. } => return whom_to_ask(&PolicyType::Boundary).to_owned(),
        Source::Session => return whom_to_ask(&PolicyType::Session).to_owned(),
        Source::ServiceControl { .. } => return whom_to_ask(&PolicyType::ServiceControl).to_owned(),
        Source::ResourceControl { .. } => return whom_to_ask(&PolicyType::ResourceControl).to_owned(),
        Source::VpcEndpoint { .. } => return whom_to_ask(&PolicyType::VpcEndpoint).to_owned(),
        Source::Bucket | Source::Key if spares_others(judged).is_some() => {
            "In place of NotPrincipal, which AWS advises against, write Principal \"*\" and the condition ArnNotEquals on aws:PrincipalArn with the ARNs that it spares, the reader's among them.".to_owned()
        }
        Source::Bucket | Source::Key => {
            "Change this statement so that it spares the reader, for example by ArnNotEquals on aws:PrincipalArn.".to_owned()
        }
    };
    format!("A Deny wins over every Allow. {way}")
}

fn whom_to_ask(kind: &PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControl | PolicyType::ResourceControl => {
            "Ask who runs your organisation in AWS Organizations to spare the reader there."
        }
        PolicyType::VpcEndpoint => {
            "It is the VPC endpoint that this request went through; Statsig's requests do not. Check from outside the VPC, or change the endpoint's policy."
        }
        PolicyType::Boundary => {
            "Let it through in the permissions boundary: ask whoever set it. To take the boundary off would lift all its other limits too."
        }
        PolicyType::Session => "Use the user's own long-lived key: the policy is this session's.",
        _ => "Look at that policy with the rights to read it.",
    }
}
