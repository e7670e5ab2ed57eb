//! The demo: lives one outage day on real orders with progress, prints a manager's report, and
//! leaves the system up to be clicked through.
#![allow(clippy::print_stdout, reason = "a demo talks to whoever started it")]

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use clap::Parser;
use system_tests::day::{Day, Extent};
use system_tests::depot::{Depot, Listen};
use system_tests::hub::{ADMIN, PASSWORD};
use tokio::signal::unix::{SignalKind, signal};

/// One outage day of two depots and their hub, on real orders.
#[derive(Debug, Parser)]
struct Arguments {
    /// Stop the system at the end instead of leaving it up.
    #[arg(long)]
    exit: bool,
    /// Imported orders that are picked, packed and delivered in the outage.
    #[arg(long, default_value_t = 40)]
    orders: usize,
    /// Sales over both counters.
    #[arg(long, default_value_t = 60)]
    sales: usize,
    /// The address on which the depots serve their pages, such as this machine's on the LAN.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// HTTPS port of NBO-1; NBO-2 takes the next but one. 0 takes free ones.
    #[arg(long, default_value_t = 0)]
    https_port: u16,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::Builder::new().prefix("omniroute-demo-").tempdir()?;
    let began = Instant::now();
    let tell = |step: &str| {
        println!("{:6.1} s  {step}", began.elapsed().as_secs_f64());
        let _ = std::io::stdout().flush();
    };
    let listen = |index: u16| Listen {
        bind: arguments.bind,
        https_port: if arguments.https_port == 0 { 0 } else { arguments.https_port + 2 * index },
        http_port: if arguments.https_port == 0 { 0 } else { arguments.https_port + 2 * index + 1 },
    };
    let mut day = Day::prepare(folder.path(), [listen(0), listen(1)], &tell);
    day.live(Extent { orders: arguments.orders, sales: arguments.sales }, &tell);
    println!("\n{}", day.report);
    if arguments.exit {
        day.nbo1.stop();
        day.nbo2.stop();
        return Ok(());
    }
    for depot in [&day.nbo1, &day.nbo2] {
        println!("{}", invitation(depot));
    }
    println!("Console  {}   name {ADMIN}   password {PASSWORD}", day.hub.url());
    println!(
        "The browser warns of an authority it does not know: the depot's page /ca hands it out."
    );
    println!("Ctrl-C stops everything.");
    std::io::stdout().flush()?;
    wait_for_stop()?;
    println!("Stopping");
    day.nbo1.stop();
    day.nbo2.stop();
    Ok(())
}

fn invitation(depot: &Depot) -> String {
    let pair = format!("{}/#/pair?code={}", depot.url(), depot.pairing_code());
    let people = ["manager", "clerk", "cashier", "picker", "dispatcher", "rider"];
    let pins: Vec<String> =
        people.iter().map(|role| format!("{role} {}", depot.pin(role))).collect();
    format!("{}    {pair}\n         PINs: {}", depot.site, pins.join(", "))
}

fn wait_for_stop() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
