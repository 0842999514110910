//! The rules on rows, and the columns that each needs. Their words stand in [`crate::contract::rules`].

use super::plan::Column;
use crate::rule::{Code, Dataset};

/// How many rules there are here.
pub const RULES: usize = ALL.len();

macro_rules! row_rules {
    ($($dataset:ident $rule:ident [$($need:ident)*])*) => {
        /// A rule that is judged row by row, or over the set of all rows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // each is the rule of that code
        pub enum RowRule { $($rule),* }

        const ALL: &[RowRule] = &[$(RowRule::$rule),*];
        const CODES: &[Code] = &[$(Code::new(stringify!($rule))),*];
        const DATASETS: &[Dataset] = &[$(Dataset::$dataset),*];
        const NEEDS: &[&[Column]] = &[$(&[$(Column::$need),*]),*];
    };
}

row_rules! {
    Events E501 [Timestamp]
    Events E502 [Timestamp]
    Events E503 [Timestamp]
    Events E504 [Timestamp]
    Events E505 [Timestamp]
    Events E506 [Timestamp]
    Events E510 [EventName]
    Events E511 [EventName]
    Events E512 [EventName]
    Events E513 [EventName]
    Events E514 [EventName]
    Events E520 [EventValue]
    Events E530 [EventMetadata]
    Events E531 [EventMetadata]
    Events E532 [EventMetadata]
    Events E533 [EventMetadata]
    Events E540 [User]
    Events E541 [User]
    Events E542 [User]
    Events E543 [User]
    Events E544 [User]
    Events E545 [User]
    Events E546 [User]
    Events E547 [User]
    Events E548 [User]
    Events E549 [User]
    Events E550 [Timeuuid]
    Events E551 [Timeuuid]
    Events E552 [Timeuuid]
    Metrics M601 [UnitId]
    Metrics M602 [IdType]
    Metrics M603 [IdType]
    Metrics M604 [Date]
    Metrics M605 [Date]
    Metrics M606 [Date]
    Metrics M607 [Date]
    Metrics M610 [MetricName]
    Metrics M611 [MetricName]
    Metrics M620 [MetricValue Numerator Denominator]
    Metrics M621 [MetricValue Numerator Denominator]
    Metrics M622 [MetricValue Numerator Denominator]
    Metrics M623 [MetricValue Numerator Denominator MetricName]
    Metrics M624 [MetricValue Numerator Denominator]
    Metrics M625 [MetricValue Numerator Denominator]
    Metrics M630 [UnitId IdType Date MetricName]
    Metrics M631 [MetricName Date]
    Signals G702 [FinishedDate]
    Signals G703 [FinishedDate]
}

impl RowRule {
    /// The rules of a dataset, in the catalogue's order.
    pub fn of(dataset: Dataset) -> impl Iterator<Item = Self> {
        ALL.iter().copied().filter(move |rule| rule.dataset() == dataset)
    }

    /// All of them, by index.
    pub const fn all() -> &'static [Self] {
        ALL
    }

    /// The rule's place in tables of [`RULES`] entries.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The rule's code.
    pub const fn code(self) -> Code {
        CODES[self as usize]
    }

    /// The dataset on which it is judged.
    pub const fn dataset(self) -> Dataset {
        DATASETS[self as usize]
    }

    /// The columns without which a file can't be judged.
    pub const fn needs(self) -> &'static [Column] {
        NEEDS[self as usize]
    }

    /// The column that a sample shows.
    pub fn shows(self) -> Option<Column> {
        match self {
            Self::M623 => Some(Column::MetricName),
            _ => self.needs().first().copied(),
        }
    }

    /// Whether it is judged over the set of all rows, so that a sample proves it only by finding it.
    pub const fn over_a_set(self) -> bool {
        matches!(self, Self::E552 | Self::M623 | Self::M630 | Self::M631)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_at_its_own_index_and_needs_columns_of_its_own_dataset() {
        for (i, rule) in RowRule::all().iter().enumerate() {
            assert_eq!(rule.index(), i);
            assert!(!rule.needs().is_empty());
            for need in rule.needs() {
                assert!(
                    Column::of(rule.dataset()).contains(need),
                    "{rule:?} needs {need:?}"
                );
            }
        }
        // The facts of a day hold the rules found on it in 64 bits.
        const { assert!(RULES <= 64) };
    }
}
