//! The depot's binary: logging, the command line, an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use edge_node::cli::{Cli, ExitWith};
use tracing_subscriber::EnvFilter;

/// The system's allocator takes a quarter of a busy writer's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("OMNIROUTE_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,memory_serve=warn"));
    // A log on a full disk must not end whoever writes to it: complaining of it to stderr panics there.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .init();
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "the command line's own complaint")]
            {
                eprintln!("edge-node: {error:#}");
            }
            let known = error.downcast_ref::<ExitWith>();
            known.map_or(ExitCode::FAILURE, |exit| ExitCode::from(exit.code))
        }
    }
}
