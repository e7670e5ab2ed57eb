//! Street names, each kept once and spoken of by number. Number 0 is no name.

use std::collections::HashMap;

/// A name longer than this is cut: signs are shorter.
const NAME_BYTES_MAX: usize = 200;

#[derive(Debug)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    /// Where each name ends in `text`.
    pub(super) ends: Vec<u32>,
    pub(super) text: String,
}

impl Default for Names {
    fn default() -> Names {
        Names { numbers: HashMap::from([(String::new(), 0)]), ends: vec![0], text: String::new() }
    }
}

impl Names {
    pub(super) fn number(&mut self, name: &str) -> u32 {
        let name = cut(name);
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(0);
        self.text.push_str(name);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn text_of(&self, number: u32) -> &str {
        let number = number as usize;
        let from = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.text[from..self.ends[number] as usize]
    }
}

fn cut(name: &str) -> &str {
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_cut_between_letters() {
        let mut names = Names::default();
        let broad = names.number("Ọbáfẹ́mi Awólọ́wọ̀ Way");
        assert_eq!(names.number("Ọbáfẹ́mi Awólọ́wọ̀ Way"), broad);
        assert_eq!(names.text_of(broad), "Ọbáfẹ́mi Awólọ́wọ̀ Way");
        assert_eq!(names.number(""), 0);
        let long = names.number(&"ọ".repeat(100));
        assert_eq!(names.text_of(long).len(), 198);
    }
}
