//! What the fuzz targets do with their bytes, so that the tests can do it too: `tests/seeds.rs`
//! runs every seed through its target, on any compiler and without the fuzzer.

mod certs;
mod dialogue;
mod engine;
pub mod evidence;
mod handshake;
mod hellos;
mod lines;
mod packets;
mod pieces;
mod policy;
mod readers;
mod reports;
mod secrets;
mod session;

/// Takes any bytes.
type Target = fn(&[u8]);

/// The targets: names as in `fuzz_targets` and `seeds`, and what takes the bytes.
pub const TARGETS: [(&str, Target); 14] = [
    ("capture", readers::capture),
    ("certs", certs::certs),
    ("decode", readers::decode),
    ("dialogue", dialogue::dialogue),
    ("engine", engine::engine),
    ("evidence", evidence::evidence),
    ("handshake", handshake::handshake),
    ("keyex", certs::keyex),
    ("lines", lines::lines),
    ("parse", hellos::parse),
    ("policy", policy::policy),
    ("secrets", secrets::secrets),
    ("session", session::session),
    ("sslv2", hellos::sslv2),
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, take) = target.expect("a target");
    take(bytes);
}
