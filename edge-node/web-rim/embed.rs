//! For the build scripts of both servers, not for the crate: puts the built pages into the binary.
//!
//! A server builds without its pages too: it then serves one page that says how to make them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The generated list that `memory_serve::load!` reads, by the name it expects.
const LIST: &str = "memory_serve_assets.rs";

/// Embeds the folder `dist` (relative to the crate), or a page telling to run `make_pages`.
pub(crate) fn pages(dist: &str, make_pages: &str) -> io::Result<()> {
    let out: PathBuf = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?;
    // An absent folder would make cargo run this script, and compile the crate, every time.
    fs::create_dir_all(dist)?;
    println!("cargo::rerun-if-changed={dist}");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = if Path::new(dist).join("index.html").is_file() {
        fs::canonicalize(dist)?
    } else {
        let folder = out.join("placeholder");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("index.html"), placeholder(make_pages))?;
        folder
    };
    // Embedded in debug builds too: tests and demos may run from another folder.
    let label = folder.to_string_lossy();
    let list = memory_serve::assets_to_code(&label, &folder, &out, true, |_| ());
    fs::write(out.join(LIST), format!("&[(\"default\", {list})]"))
}

fn placeholder(make_pages: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>OmniRoute</title></head>\n\
         <body><h1>The pages are not built in</h1>\n\
         <p>The server runs. Its pages were not there when it was compiled.</p>\n\
         <p>Run <code>{make_pages}</code>, then compile the server again.</p></body>\n</html>\n"
    )
}
