//! The doors: every reader of bytes from outside, by name. Each says whether it took the input.

use firmware_config::Profile;
use model_bundle::golden::Golden;
use model_bundle::histogram::Reference;
use model_bundle::manifest::Manifest;
use model_bundle::preprocessing::Preprocessing;
use shared_model::enrolment::Ask;
use shared_model::log::EntryBytes;
use shared_model::sync::v1::{BlobAnswer, BlobAsk, Frame};
use shared_model::workflows::{Body, Command, Kind, inspect};

use crate::corpus::Corpus;
use crate::dice::Dice;
use crate::mutation::{noise, spoil};

/// A reader and where its inputs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reader {
    Frame,
    BlobFrame,
    Enrolment,
    Entry,
    Body,
    Command,
    Problem,
    Profile,
    Manifest,
    Preprocessing,
    Golden,
    Histogram,
}

impl Reader {
    pub(crate) const ALL: [Self; 12] = [
        Self::Frame,
        Self::BlobFrame,
        Self::Enrolment,
        Self::Entry,
        Self::Body,
        Self::Command,
        Self::Problem,
        Self::Profile,
        Self::Manifest,
        Self::Preprocessing,
        Self::Golden,
        Self::Histogram,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::BlobFrame => "blob_frame",
            Self::Enrolment => "enrolment",
            Self::Entry => "entry",
            Self::Body => "body",
            Self::Command => "command",
            Self::Problem => "problem",
            Self::Profile => "profile",
            Self::Manifest => "model_manifest",
            Self::Preprocessing => "model_preprocessing",
            Self::Golden => "model_golden",
            Self::Histogram => "model_histogram",
        }
    }

    const fn sound(self, corpus: &Corpus) -> &Vec<Vec<u8>> {
        match self {
            Self::Frame => &corpus.frames,
            Self::BlobFrame => &corpus.blob_frames,
            Self::Enrolment => &corpus.enrolments,
            Self::Entry => &corpus.entries,
            Self::Body | Self::Command => &corpus.payloads,
            Self::Problem => &corpus.problems,
            Self::Profile => &corpus.profiles,
            Self::Manifest => &corpus.manifests,
            Self::Preprocessing => &corpus.preprocessings,
            Self::Golden => &corpus.goldens,
            Self::Histogram => &corpus.histograms,
        }
    }

    /// An input: spoiled, or now and then plain noise. With it goes the command's name, where it is one.
    pub(crate) fn input(self, corpus: &Corpus, dice: &mut Dice) -> (String, Vec<u8>) {
        if dice.below(50) == 0 {
            return (String::new(), noise(dice));
        }
        if self == Self::Command {
            let (name, sound) = &corpus.commands[dice.below(corpus.commands.len())];
            let (_, other) = &corpus.commands[dice.below(corpus.commands.len())];
            return (name.clone(), spoil(sound, other, dice));
        }
        let sound = self.sound(corpus);
        let (some, other) = (&sound[dice.below(sound.len())], &sound[dice.below(sound.len())]);
        (String::new(), spoil(some, other, dice))
    }

    /// Reads as the product does, and says whether it was taken.
    pub(crate) fn takes(self, name: &str, input: &[u8]) -> bool {
        let text = || std::str::from_utf8(input);
        match self {
            Self::Frame => Frame::decode(input).is_ok(),
            Self::BlobFrame => BlobAsk::decode(input).is_ok() || BlobAnswer::decode(input).is_ok(),
            Self::Enrolment => minicbor::decode::<Ask>(input).is_ok(),
            Self::Entry => match EntryBytes::parse(input.to_vec()) {
                Ok(entry) => matches!(inspect(entry.entry(), None), Ok(Some(_))),
                Err(_) => false,
            },
            Self::Body => Body::decode(input).is_ok_and(|body| {
                body.postings.iter().all(|posting| posting.check().is_ok())
                    && !body.encode().is_empty()
            }),
            Self::Command => Kind::by_name(name).is_some_and(|kind| {
                let mut json = serde_json::Deserializer::from_slice(input);
                Command::parse(kind, &mut json).is_ok()
            }),
            Self::Problem => text().is_ok_and(|text| {
                let draft = match planning::formats::Format::of(text) {
                    Some(planning::formats::Format::Json) => planning::json::read_problem(text),
                    Some(_) | None => planning::formats::read(text, None),
                };
                draft.and_then(|draft| draft.check()).is_ok()
            }),
            Self::Profile => text().is_ok_and(|text| Profile::parse(text).is_ok()),
            Self::Manifest => Manifest::parse(input).is_ok(),
            Self::Preprocessing => Preprocessing::parse(input).is_ok(),
            Self::Golden => Golden::parse(input).is_ok(),
            Self::Histogram => Reference::parse(input).is_ok(),
        }
    }
}
