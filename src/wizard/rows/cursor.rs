//! The cursor in a list: on what it stands, how it moves, and what it stays on while rows come in above it.

use super::{Item, Row, folder_mark, is_finding};
use crate::wizard::{
    access::AccessItem,
    grant::GrantItem,
    state::Wizard,
    step::{Mark, Step},
};

/// Where a list's cursor is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// On what.
    pub item: Option<Item>,
    /// At which row that was, for when it is gone.
    pub index: usize,
}

impl Wizard {
    /// Which row the cursor is on.
    pub fn cursor_in(&self, rows: &[Row]) -> Option<usize> {
        let cursor = self.cursors.get(&self.step).cloned().unwrap_or_default();
        let same = rows
            .iter()
            .position(|r| matches!((r, &cursor.item), (Row::Item(a), Some(b)) if a == b));
        same.or_else(|| nearest_item(rows, cursor.index))
    }

    /// What the cursor is on.
    pub fn item_here(&self) -> Option<Item> {
        let rows = self.rows();
        match rows.get(self.cursor_in(&rows)?)? {
            Row::Item(item) => Some(item.clone()),
            _ => None,
        }
    }

    pub(in crate::wizard) fn place_cursor(&mut self, rows: &[Row], index: usize) {
        if let Some(Row::Item(item)) = rows.get(index) {
            self.cursors.insert(
                self.step,
                Cursor {
                    item: Some(item.clone()),
                    index,
                },
            );
        }
    }

    /// Moves by so many items, stopping at the ends.
    pub(in crate::wizard) fn move_cursor(&mut self, by: isize) {
        let rows = self.rows();
        let items: Vec<usize> = item_indexes(&rows).collect();
        let Some(here) = self.cursor_in(&rows) else {
            return;
        };
        let at = items.iter().position(|i| *i == here).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(items.len().saturating_sub(1));
        if let Some(index) = items.get(to) {
            self.place_cursor(&rows, *index);
        }
    }

    /// Moves to the next (or previous) item that `wanted` holds of, around the ends. False when there is none.
    pub(in crate::wizard) fn move_to(
        &mut self,
        forward: bool,
        wanted: impl Fn(&Self, &Item) -> bool,
    ) -> bool {
        let rows = self.rows();
        let found: Vec<usize> = rows
            .iter()
            .enumerate()
            .filter(|(_, r)| matches!(r, Row::Item(item) if wanted(self, item)))
            .map(|(i, _)| i)
            .collect();
        let here = self.cursor_in(&rows);
        let next = if forward {
            found.iter().find(|i| Some(**i) > here).or(found.first())
        } else {
            found.iter().rev().find(|i| Some(**i) < here).or(found.last())
        };
        match next {
            Some(index) => {
                self.place_cursor(&rows, *index);
                true
            }
            None => false,
        }
    }

    /// Moves to the first item under the next (or previous) heading, around the ends.
    pub(in crate::wizard) fn next_section(&mut self, forward: bool) {
        let rows = self.rows();
        let first_of = |at: usize| item_indexes(&rows).find(|i| *i > at);
        let mut starts: Vec<usize> = item_indexes(&rows).take(1).collect();
        starts.extend(
            rows.iter()
                .enumerate()
                .filter(|(_, r)| matches!(r, Row::Heading(_)))
                .filter_map(|(at, _)| first_of(at)),
        );
        starts.dedup();
        let here = self.cursor_in(&rows);
        let to = if forward {
            starts.iter().find(|i| Some(**i) > here).or(starts.first())
        } else {
            starts.iter().rev().find(|i| Some(**i) < here).or(starts.last())
        };
        if let Some(index) = to.copied() {
            self.place_cursor(&rows, index);
        }
    }

    /// Whether `n` stops at an item.
    pub fn item_is_finding(&self, item: &Item) -> bool {
        match item {
            Item::Check { code, subject } => self.check(*code, subject).is_some_and(is_finding),
            Item::Folder { dataset, name } => self
                .folder(*dataset, name)
                .is_some_and(|f| folder_mark(f) == Mark::Fail),
            Item::Column { dataset, name } => {
                matches!(self.column_mark(*dataset, name), Mark::Fail | Mark::Warn)
            }
            Item::Grant(item) => matches!(item, GrantItem::Concern(_)),
            Item::Access(item) => {
                matches!(
                    item,
                    AccessItem::Explanation(_) | AccessItem::Difference(_) | AccessItem::NoReader
                )
            }
            _ => false,
        }
    }

    pub(in crate::wizard) fn has_findings(&self) -> bool {
        match self.step {
            Step::Calendar => self.has_day_findings(),
            Step::Grant | Step::Access | Step::Layout | Step::Data | Step::Report => self
                .rows()
                .iter()
                .any(|r| matches!(r, Row::Item(item) if self.item_is_finding(item))),
            Step::Connect => false,
        }
    }
}

fn item_indexes(rows: &[Row]) -> impl DoubleEndedIterator<Item = usize> {
    rows.iter()
        .enumerate()
        .filter(|(_, r)| matches!(r, Row::Item(_)))
        .map(|(i, _)| i)
}

fn nearest_item(rows: &[Row], index: usize) -> Option<usize> {
    item_indexes(rows)
        .find(|i| *i >= index)
        .or_else(|| item_indexes(rows).next_back())
}
