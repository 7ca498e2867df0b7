//! The command line: arguments in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    starttap::cli::main(std::env::args_os())
}
