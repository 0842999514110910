//! The terminal: frame, keys, theme, screens and widgets. It reads the wizard's state and sends it intents.
