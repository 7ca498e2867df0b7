//! What several reports say in the same words.

pub mod capture;
pub mod certificates;
pub mod hellos;
