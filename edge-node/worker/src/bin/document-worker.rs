//! The worker alone, as a program: what the shells run as a hidden subcommand, for tests and for the fuzzing of it. It
//! holds nothing of its own.

fn main() -> std::io::Result<()> {
    worker::documents::serve(std::io::stdin().lock(), std::io::stdout().lock())
}
