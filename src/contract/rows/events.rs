//! E510 to E552: the other columns of events.

use super::ids::IdBook;
use super::keys::{KeySet, PlacedKey, mix};
use super::ledger::Ledger;
use super::plan::Column;
use super::table::RowRule;
use super::texts::{Cell, Memo, TOO_LONG, Texts, characters, judge_name, name, uuid};
use super::times::Clock;
use crate::contract::Context;
use crate::contract::json::{MetadataFacts, MetadataJudge, UserFacts, UserJudge};

/// From so many characters on, `event_metadata` is too long.
const METADATA_TOO_LONG: usize = 16_384;

/// Judges events.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) clock: Clock,
    names: Memo<u8>,
    metadata: (MetadataJudge, Memo<u8>),
    users: (UserJudge, Memo<u16>),
    pub(super) uuids: KeySet<PlacedKey>,
    pub(super) ids: IdBook,
}

/// The columns of a batch, in the contract's order.
pub(super) struct EventCells {
    pub(super) timestamp: Cell,
    pub(super) name: Cell,
    pub(super) value: Cell,
    pub(super) metadata: Cell,
    pub(super) user: Cell,
    pub(super) timeuuid: Cell,
}

const USER_RULES: [(UserFacts, RowRule); 9] = [
    (UserFacts::INVALID, RowRule::E541),
    (UserFacts::DOUBLE_ENCODED, RowRule::E542),
    (UserFacts::NO_CUSTOM, RowRule::E543),
    (UserFacts::NO_CUSTOM_IDS, RowRule::E544),
    (UserFacts::NO_ID, RowRule::E545),
    (UserFacts::MISSPELLED_KEY, RowRule::E546),
    (UserFacts::PRIVATE, RowRule::E547),
    (UserFacts::ENVIRONMENT, RowRule::E548),
    (UserFacts::PLACEHOLDER, RowRule::E549),
];

const METADATA_RULES: [(MetadataFacts, RowRule); 3] = [
    (MetadataFacts::INVALID, RowRule::E530),
    (MetadataFacts::NON_STRING, RowRule::E531),
    (MetadataFacts::DOTTED_KEY, RowRule::E532),
];

const NAME_RULES: [(u8, RowRule); 5] = [
    (name::EMPTY, RowRule::E510),
    (name::TOO_LONG, RowRule::E511),
    (name::SPACE, RowRule::E512),
    (name::DROPPED, RowRule::E513),
    (name::RESERVED, RowRule::E514),
];

impl Events {
    pub(super) fn new(context: &Context) -> Self {
        let ids = IdBook::of_events(&context.id_types);
        Self {
            clock: Clock::new(context),
            names: Memo::new(10),
            metadata: (MetadataJudge::default(), Memo::new(12)),
            users: (UserJudge::new(ids.types().clone()), Memo::new(12)),
            uuids: KeySet::new(),
            ids,
        }
    }

    /// Judges a batch of `count` rows, the rows of whose dataset begin at `rows_before` for this file.
    pub(super) fn judge(&mut self, cells: &EventCells, count: usize, rows_before: u64, ledger: &mut Ledger) {
        self.clock.judge(&cells.timestamp, count, ledger);
        self.judge_names(&cells.name, count, ledger);
        if let Cell::Text(texts) = &cells.value {
            judge_values(texts, ledger);
        }
        if let Cell::Text(texts) = &cells.metadata {
            self.judge_metadata(texts, ledger);
        }
        self.judge_users(&cells.user, count, ledger);
        self.judge_uuids(&cells.timeuuid, count, rows_before, ledger);
    }

    fn judge_names(&mut self, cell: &Cell, count: usize, ledger: &mut Ledger) {
        let texts = match cell {
            Cell::Text(texts) => texts,
            _ => return all_null(cell, RowRule::E510, Column::EventName, count, ledger),
        };
        self.names.begin(texts);
        let nulls = texts.has_nulls();
        for (at, &view) in texts.views().iter().enumerate() {
            let facts = if nulls && texts.is_null(at) {
                name::EMPTY
            } else {
                self.names.get(view, || judge_name(texts.bytes(at)))
            };
            if facts != 0 {
                for (bit, rule) in NAME_RULES {
                    if facts & bit != 0 {
                        ledger.hit(rule, at, Column::EventName, || texts.shown(at));
                    }
                }
            }
        }
    }

    fn judge_metadata(&mut self, texts: &Texts, ledger: &mut Ledger) {
        let (judge, memo) = &mut self.metadata;
        memo.begin(texts);
        let nulls = texts.has_nulls();
        for (at, &view) in texts.views().iter().enumerate() {
            let bytes = view as u32 as usize;
            if bytes == 0 || (nulls && texts.is_null(at)) {
                continue;
            }
            let facts = memo.get(view, || judge.judge(texts.bytes(at)).bits());
            if facts != 0 {
                for (fact, rule) in METADATA_RULES {
                    if MetadataFacts::from_bits(facts).has(fact) {
                        ledger.hit(rule, at, Column::EventMetadata, || texts.shown(at));
                    }
                }
            }
            if bytes >= METADATA_TOO_LONG && characters(texts.bytes(at)) >= METADATA_TOO_LONG {
                ledger.hit(RowRule::E533, at, Column::EventMetadata, || texts.shown(at));
            }
        }
    }

    fn judge_users(&mut self, cell: &Cell, count: usize, ledger: &mut Ledger) {
        let texts = match cell {
            Cell::Text(texts) => texts,
            _ => return all_null(cell, RowRule::E540, Column::User, count, ledger),
        };
        let (judge, memo) = &mut self.users;
        let ids = &mut self.ids;
        memo.begin(texts);
        let nulls = texts.has_nulls();
        for (at, &view) in texts.views().iter().enumerate() {
            if view as u32 == 0 || (nulls && texts.is_null(at)) {
                ledger.hit(RowRule::E540, at, Column::User, || texts.shown(at));
                continue;
            }
            let facts = memo.get(view, || judge.judge(texts.bytes(at), |id| ids.found(id)).bits());
            if facts != 0 {
                for (fact, rule) in USER_RULES {
                    if UserFacts::from_bits(facts).has(fact) {
                        ledger.hit(rule, at, Column::User, || texts.shown(at));
                    }
                }
            }
        }
    }

    fn judge_uuids(&mut self, cell: &Cell, count: usize, rows_before: u64, ledger: &mut Ledger) {
        let texts = match cell {
            Cell::Text(texts) => texts,
            _ => return all_null(cell, RowRule::E550, Column::Timeuuid, count, ledger),
        };
        let nulls = texts.has_nulls();
        for (at, &view) in texts.views().iter().enumerate() {
            if view as u32 == 0 || (nulls && texts.is_null(at)) {
                ledger.hit(RowRule::E550, at, Column::Timeuuid, || texts.shown(at));
                continue;
            }
            match uuid(texts.bytes(at)) {
                Some(uuid) => self.uuids.add(mix(uuid), rows_before + ledger.row(at)),
                None => ledger.hit(RowRule::E551, at, Column::Timeuuid, || texts.shown(at)),
            }
        }
    }
}

fn judge_values(texts: &Texts, ledger: &mut Ledger) {
    for (at, &view) in texts.views().iter().enumerate() {
        // The length of a null's view says nothing.
        if view as u32 as usize >= TOO_LONG && !texts.is_null(at) && characters(texts.bytes(at)) >= TOO_LONG {
            ledger.hit(RowRule::E520, at, Column::EventValue, || texts.shown(at));
        }
    }
}

/// Every row of a null-typed column breaks the rule on nulls.
pub(super) fn all_null(cell: &Cell, rule: RowRule, column: Column, count: usize, ledger: &mut Ledger) {
    if let Cell::AllNull = cell {
        for at in 0..count {
            ledger.hit(rule, at, column, || None);
        }
    }
}
