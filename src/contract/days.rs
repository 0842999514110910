//! G7xx, and the days of the calendar.
