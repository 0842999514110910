//! A report as text, JSON and other forms.
