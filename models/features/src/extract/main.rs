//! `feature-extract`: training's way to the very code that serves. Reads a CSV, writes `.npy` arrays, and
//! prints the schema's name and hash, which training checks. Holds no rule of its own.

mod cells;
mod demand;
mod discover;
mod npy;
mod reorder;
mod trips;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "usage: feature-extract arrival-time TRIPS.csv OUT_DIR
       feature-extract demand STOCK.csv OUT_DIR
       feature-extract discover PURCHASES.csv TABLE.cbor SUGGESTIONS_PER_CUSTOMER OUT.csv
       feature-extract reorder PURCHASES.csv NOW_DAY ARTICLES_PER_CUSTOMER OUT.csv
       feature-extract schema NAME

The columns of each CSV: models/README.md.";

fn main() -> ExitCode {
    match run() {
        Ok(printed) => {
            #[expect(clippy::print_stdout, reason = "the answer of a command")]
            {
                println!("{printed}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the answer of a command")]
            {
                eprintln!("feature-extract: {error:#}");
            }
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["arrival-time", csv, out] => trips::extract(Path::new(csv), &folder(out)?),
        ["demand", csv, out] => demand::extract(Path::new(csv), &folder(out)?),
        ["discover", csv, table, count, out] => {
            let count = count.parse().context("SUGGESTIONS_PER_CUSTOMER is a whole number")?;
            discover::extract(Path::new(csv), Path::new(table), count, Path::new(out))
        }
        ["reorder", csv, now, count, out] => {
            let now = now.parse().context("NOW_DAY is a number of days")?;
            let count = count.parse().context("ARTICLES_PER_CUSTOMER is a whole number")?;
            reorder::extract(Path::new(csv), now, count, Path::new(out))
        }
        ["schema", name] => {
            let schema = features::schema::Schema::named(name)
                .with_context(|| format!("no schema is called {name}"))?;
            Ok(describe(schema, 0))
        }
        _ => bail!("{USAGE}"),
    }
}

fn folder(path: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(path).with_context(|| format!("the folder {path} cannot be made"))?;
    Ok(PathBuf::from(path))
}

/// One line of JSON: all names are plain ASCII words, so nothing needs escaping.
fn describe(schema: features::schema::Schema, rows: usize) -> String {
    let names: Vec<String> = schema.features().map(|name| format!("\"{name}\"")).collect();
    format!(
        "{{\"schema\":\"{}\",\"sha256\":\"{}\",\"rows\":{rows},\"features\":[{}]}}",
        schema.name,
        schema.sha256(),
        names.join(",")
    )
}
