//! Captures made for the purpose.
