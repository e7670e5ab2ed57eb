//! The table of what is bought together, and what it suggests to a customer who never bought it. Also the
//! popularity it is judged against. Reads bytes it is handed; no file, no order, no customer's name.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decoder, Encoder};

use crate::schema::Schema;

/// Published text; its hash is in the manifests of tables built for it.
pub const SCHEMA: Schema = Schema { name: "discover/1", text: SCHEMA_TEXT };

/// A table has no row of features: what stands here is what its golden rows ask it.
pub const SCHEMA_TEXT: &str = "discover/1
# name unit missing
article index never
";

/// Articles in a table, neighbours of one, and bytes of an article's name.
pub const ARTICLES_MAX: usize = 50_000;
pub const NEIGHBOURS_MAX: usize = 4_096;
pub const ARTICLE_BYTES_MAX: usize = 64;
/// Purchases of one customer that are looked at, the newest first.
pub const HISTORY_MAX: usize = 5_000;

const FORMAT: u32 = 1;

/// Why bytes are no table. Display names the part and the limit.
#[derive(Debug, thiserror::Error)]
pub enum TableRefused {
    #[error("the table is not CBOR of its shape: {0}")]
    Shape(String),
    #[error("the table has format {0}; this build reads {FORMAT}")]
    Format(u32),
    #[error("the table breaks the limit {name} = {limit}")]
    Limit { name: &'static str, limit: usize },
    #[error("article {0} of the table is out of order or there twice")]
    Order(usize),
    #[error(
        "a neighbour of article {0} points outside the table, to itself, or has no sound score"
    )]
    Neighbour(usize),
}

impl From<minicbor::decode::Error> for TableRefused {
    fn from(error: minicbor::decode::Error) -> Self {
        Self::Shape(error.to_string())
    }
}

/// One article and what is bought with it.
#[derive(Clone, PartialEq, Debug)]
pub struct Article {
    pub name: String,
    /// Customers (or baskets) that bought it.
    pub support: u32,
    /// (index in the table, score), best first; a score below zero speaks against.
    pub neighbours: Vec<(u32, f32)>,
}

/// What is bought together, by article name in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// Customers (or baskets) counted.
    pub counted: u32,
    articles: Vec<Article>,
}

/// An article put forward, and what it was put forward for.
#[derive(Clone, PartialEq, Debug)]
pub struct Suggestion<'a> {
    pub article: &'a str,
    pub score: f64,
    /// The article of the customer's own that spoke loudest for it; `None` when popularity alone did.
    pub because_of: Option<&'a str>,
}

/// One purchase of a customer: what, and how often.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bought<'a> {
    pub article: &'a str,
    pub times: f64,
}

impl Table {
    /// # Errors
    /// Whatever makes `articles` no sound table.
    pub fn new(counted: u32, articles: Vec<Article>) -> Result<Self, TableRefused> {
        limit("ARTICLES_MAX", articles.len(), ARTICLES_MAX)?;
        for (at, article) in articles.iter().enumerate() {
            limit("ARTICLE_BYTES_MAX", article.name.len(), ARTICLE_BYTES_MAX)?;
            limit("NEIGHBOURS_MAX", article.neighbours.len(), NEIGHBOURS_MAX)?;
            if at > 0 && articles[at - 1].name >= article.name {
                return Err(TableRefused::Order(at));
            }
            let sound = |&(to, score): &(u32, f32)| {
                let to = to as usize;
                to < articles.len() && to != at && score.is_finite()
            };
            if !article.neighbours.iter().all(sound) {
                return Err(TableRefused::Neighbour(at));
            }
        }
        Ok(Self { counted, articles })
    }

    /// Reads `tables.cbor`: `[1, counted, [[name, support, [[index, score], …]], …]]`.
    ///
    /// # Errors
    /// Anything that is not exactly such a table, within its limits, with nothing behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, TableRefused> {
        let mut decoder = Decoder::new(bytes);
        array(&mut decoder, 3)?;
        let format = decoder.u32()?;
        if format != FORMAT {
            return Err(TableRefused::Format(format));
        }
        let counted = decoder.u32()?;
        let count = sized(&mut decoder, "ARTICLES_MAX", ARTICLES_MAX)?;
        let mut articles = Vec::new();
        for _ in 0..count {
            array(&mut decoder, 3)?;
            let name = decoder.str()?.to_owned();
            let support = decoder.u32()?;
            let mut neighbours = Vec::new();
            for _ in 0..sized(&mut decoder, "NEIGHBOURS_MAX", NEIGHBOURS_MAX)? {
                array(&mut decoder, 2)?;
                neighbours.push((decoder.u32()?, decoder.f32()?));
            }
            articles.push(Article { name, support, neighbours });
        }
        if decoder.position() != bytes.len() {
            return Err(TableRefused::Shape("bytes after its end".to_owned()));
        }
        Self::new(counted, articles)
    }

    /// The bytes that `decode` reads; the same table gives the same bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        // Writing to memory cannot fail; a partial table would be refused by `decode` anyway.
        let _written = self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(
        &self,
        encoder: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        encoder.array(3)?.u32(FORMAT)?.u32(self.counted)?.array(self.articles.len() as u64)?;
        for article in &self.articles {
            encoder.array(3)?.str(&article.name)?.u32(article.support)?;
            encoder.array(article.neighbours.len() as u64)?;
            for (to, score) in &article.neighbours {
                encoder.array(2)?.u32(*to)?.f32(*score)?;
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// Place of an article in the table.
    #[must_use]
    pub fn index_of(&self, article: &str) -> Option<usize> {
        self.articles.binary_search_by(|known| known.name.as_str().cmp(article)).ok()
    }

    /// At most `count` articles that are not in `history`, best first; equal scores by name. `open` says
    /// whether an article may be shown (on sale, in stock). A customer without history gets what is popular.
    #[must_use]
    pub fn suggest(
        &self,
        history: &[Bought<'_>],
        count: usize,
        open: impl Fn(&str) -> bool,
    ) -> Vec<Suggestion<'_>> {
        let owned: BTreeSet<usize> =
            history.iter().filter_map(|bought| self.index_of(bought.article)).collect();
        let mut scores: BTreeMap<usize, (f64, f64, Option<usize>)> = BTreeMap::new();
        for bought in history.iter().take(HISTORY_MAX) {
            let Some(from) = self.index_of(bought.article) else { continue };
            let weight = weight_of(bought.times);
            for &(to, score) in &self.articles[from].neighbours {
                let voice = weight * f64::from(score);
                let entry = scores.entry(to as usize).or_insert((0.0, 0.0, None));
                entry.0 += voice;
                if voice > entry.1 {
                    (entry.1, entry.2) = (voice, Some(from));
                }
            }
        }
        let mut ranked: Vec<(usize, f64, Option<usize>)> = (0..self.articles.len())
            .filter(|at| !owned.contains(at))
            .map(|at| {
                let (voices, _, because) = scores.get(&at).copied().unwrap_or((0.0, 0.0, None));
                (at, voices + self.popularity(at), because)
            })
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
            .into_iter()
            .filter(|(at, _, _)| open(&self.articles[*at].name))
            .take(count)
            .map(|(at, score, because)| Suggestion {
                article: &self.articles[at].name,
                score,
                because_of: because.map(|from| self.articles[from].name.as_str()),
            })
            .collect()
    }

    /// A small voice for what many buy: it orders what the neighbours leave equal.
    fn popularity(&self, at: usize) -> f64 {
        POPULARITY_WEIGHT * f64::from(self.articles[at].support) / f64::from(self.counted.max(1))
    }
}

/// How loudly popularity speaks beside the neighbours.
const POPULARITY_WEIGHT: f64 = 0.01;

/// That somebody bought it at all says more than how often (measured).
fn weight_of(times: f64) -> f64 {
    f64::from(u8::from(times.is_finite() && times > 0.0))
}

fn limit(name: &'static str, found: usize, limit: usize) -> Result<(), TableRefused> {
    if found > limit { Err(TableRefused::Limit { name, limit }) } else { Ok(()) }
}

fn array(decoder: &mut Decoder<'_>, wanted: u64) -> Result<(), TableRefused> {
    match decoder.array()? {
        Some(found) if found == wanted => Ok(()),
        _ => Err(TableRefused::Shape(format!("an array of {wanted} was due"))),
    }
}

fn sized(
    decoder: &mut Decoder<'_>,
    name: &'static str,
    most: usize,
) -> Result<usize, TableRefused> {
    let found = decoder.array()?.ok_or_else(|| TableRefused::Shape("an open array".to_owned()))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    limit(name, found, most)?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> Table {
        let article = |name: &str, support, neighbours: &[(u32, f32)]| Article {
            name: name.to_owned(),
            support,
            neighbours: neighbours.to_vec(),
        };
        let articles = vec![
            article("beans", 40, &[(1, 0.5), (3, 0.1)]),
            article("flour", 60, &[(0, 0.5)]),
            article("oil", 50, &[(3, 0.4)]),
            article("salt", 10, &[(2, 0.4), (0, 0.1)]),
        ];
        Table::new(100, articles).unwrap()
    }

    fn check(history: &[(&str, f64)], expect: &[(&str, Option<&str>)]) {
        let table = table();
        let history: Vec<_> =
            history.iter().map(|&(article, times)| Bought { article, times }).collect();
        let got: Vec<_> = table
            .suggest(&history, 2, |_| true)
            .into_iter()
            .map(|suggestion| (suggestion.article, suggestion.because_of))
            .collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn what_is_bought_together_comes_first_and_says_why() {
        check(&[("beans", 1.0)], &[("flour", Some("beans")), ("salt", Some("beans"))]);
        check(&[("oil", 3.0), ("beans", 1.0)], &[("flour", Some("beans")), ("salt", Some("oil"))]);
    }

    #[test]
    fn a_stranger_gets_what_is_popular() {
        check(&[], &[("flour", None), ("oil", None)]);
        check(&[("soap", 2.0), ("flour", f64::NAN)], &[("oil", None), ("beans", None)]);
    }

    #[test]
    fn what_may_not_be_shown_is_not() {
        let got = table();
        let shown = got.suggest(&[], 9, |article| article != "flour");
        assert_eq!(shown.first().map(|suggestion| suggestion.article), Some("oil"));
        assert_eq!(shown.len(), 3);
    }

    #[test]
    fn a_table_comes_back_as_it_was_written() {
        assert_eq!(Table::decode(&table().encode()).unwrap(), table());
    }

    #[test]
    fn unsound_tables_are_refused() {
        let one = |name: &str, neighbours: Vec<(u32, f32)>| Article {
            name: name.to_owned(),
            support: 1,
            neighbours,
        };
        for articles in [
            vec![one("b", vec![]), one("a", vec![])],
            vec![one("a", vec![]), one("a", vec![])],
            vec![one("a", vec![(0, 1.0)])],
            vec![one("a", vec![(7, 1.0)])],
            vec![one("a", vec![(1, f32::NAN)]), one("b", vec![])],
            vec![one(&"a".repeat(ARTICLE_BYTES_MAX + 1), vec![])],
            vec![one("a", vec![(1, 1.0); NEIGHBOURS_MAX + 1]), one("b", vec![])],
        ] {
            assert!(Table::new(1, articles).is_err());
        }
        let mut long = table().encode();
        long.push(0);
        assert!(Table::decode(&long).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _either = Table::decode(&bytes);
        }

        #[test]
        fn a_flipped_byte_never_panics(at in 0_usize..120, to in any::<u8>()) {
            let mut bytes = table().encode();
            let at = at % bytes.len();
            bytes[at] = to;
            if let Ok(table) = Table::decode(&bytes) {
                let history = [Bought { article: "oil", times: 1.0 }];
                let shown = table.suggest(&history, 10, |_| true).len();
                prop_assert!(shown <= 10);
            }
        }
    }
}
