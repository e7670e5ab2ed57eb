//! Turns serde's words into a field, what is wrong with it and what to send instead.
//!
//! serde says which field is missing or unknown only inside its message, and values may be as long
//! as the body: messages are taken apart here and cut to a length a person can read.

use serde_json::error::Category;

use crate::problem::Problem;

const DETAIL_CHARS_MAX: usize = 240;
const FIELD_CHARS_MAX: usize = 160;

/// A body that could not be read. `path` is serde's, `.` for the whole.
pub(super) fn json(path: &str, error: &serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => value(path, without_position(&error.to_string())),
        Category::Syntax | Category::Eof | Category::Io => {
            let message = error.to_string();
            Problem::bad_input(
                // A syntax error is a matter of the text, but a number that is too large or a
                // nesting that is too deep stands in a field.
                field_of(path, None),
                format!(
                    "the body is not JSON that can be read here: {} (line {}, column {})",
                    without_position(&message),
                    error.line(),
                    error.column()
                ),
                syntax_remedy(&message),
            )
        }
    }
}

/// A value at `path` that `message` (serde's or a type's own) finds wrong.
pub(super) fn value(path: &str, message: &str) -> Problem {
    if let Some((detail, remedy)) = message.split_once("; remedy: ") {
        return Problem::bad_input(field_of(path, None), cut(detail), remedy.to_owned());
    }
    for (start, said, remedy) in [
        ("missing field `", "is missing", "send it"),
        ("duplicate field `", "is there twice", "send it once"),
    ] {
        if let Some(name) = quoted(message, start) {
            return Problem::bad_input(field_of(path, Some(name)), said, remedy);
        }
    }
    if let Some(name) = quoted(message, "unknown field `") {
        let remedy = match expected(message) {
            Some(known) => {
                let known = known.trim_start_matches("one of ").replace('`', "");
                format!("leave it out; known here: {known}")
            }
            None => "leave it out".to_owned(),
        };
        return Problem::bad_input(field_of(path, Some(name)), "is not known here", remedy);
    }
    let remedy = match expected(message) {
        Some(known) => format!("send {}", in_plain_words(known)),
        None => "send a value this field can hold".to_owned(),
    };
    Problem::bad_input(field_of(path, None), cut(message), remedy)
}

/// serde's path in the contract's form, with the name of a missing or unknown field at its end.
fn field_of(path: &str, name: Option<&str>) -> String {
    let path = if path == "." { "" } else { path };
    // `?` is serde_path_to_error's mark for a place it could not name.
    let path = path.trim_end_matches('?').trim_end_matches('.');
    let field = match name {
        // serde_path_to_error already ends the path with the key it stopped at.
        Some(name) if ends_with_key(path, name) => path.to_owned(),
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path.to_owned(),
    };
    field.chars().take(FIELD_CHARS_MAX).collect()
}

fn ends_with_key(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The text between the backtick that ends `start` and the next one.
fn quoted<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    message.strip_prefix(start)?.split_once('`').map(|(name, _)| name)
}

/// What serde would have taken, by its own words.
fn expected(message: &str) -> Option<&str> {
    // From the right: the value shown before it is the client's and may hold the same words.
    message.rsplit_once(", expected ").map(|(_, known)| known)
}

fn in_plain_words(known: &str) -> String {
    match known {
        "i8" | "i16" | "i32" | "i64" | "i128" => "a whole number, without quotes".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            "a whole number of 0 or more, without quotes".to_owned()
        }
        "a boolean" => "true or false, without quotes".to_owned(),
        "a sequence" => "a list in square brackets".to_owned(),
        "a string" | "a borrowed string" | "str" => "a text in quotes".to_owned(),
        known if known.starts_with("struct ") || known == "a map" => {
            "an object in curly brackets".to_owned()
        }
        known => known.replace('`', ""),
    }
}

fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text)
}

fn syntax_remedy(message: &str) -> &'static str {
    if message.starts_with("recursion limit") {
        "send a flat object: nothing here is nested deeper than a few levels"
    } else if message.starts_with("number out of range") {
        "send a smaller number"
    } else if message.starts_with("EOF") {
        "send the whole JSON object: the text ends too early"
    } else if message.starts_with("trailing characters") {
        "send one JSON object and nothing after it"
    } else {
        "correct the JSON text at that place"
    }
}

fn cut(text: &str) -> String {
    let mut kept: String = text.chars().take(DETAIL_CHARS_MAX).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}
