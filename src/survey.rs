//! The engine: lists folders, reads footers, samples or scans rows, and emits `SurveyEvent`s.
