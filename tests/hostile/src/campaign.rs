//! Goes round the doors with one input after the other until the number asked for is reached.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use serde_json::{Value, json};
use worker::WorkerCommand;
use worker::documents::{Decoder, Limits};

use crate::WORKER_SUBCOMMAND;
use crate::corpus::Corpus;
use crate::dice::Dice;
use crate::documents::{Spoiled, Tally};
use crate::readers::Reader;

/// Of each inputs so many go to the worker of documents; the others go round the readers of this process.
const DOCUMENTS_OF_TEN: u64 = 5;
/// One document in so many is read by the control as well.
const CONTROL_ONCE_IN: u64 = 20;

/// What to throw, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    pub inputs: u64,
    pub seed: u64,
    /// The program that is the worker under [`WORKER_SUBCOMMAND`].
    pub worker: PathBuf,
    pub limits: Limits,
}

/// A reader's inputs.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    inputs: u64,
    taken: u64,
    panics: u64,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    seed: u64,
    readers: BTreeMap<Reader, Count>,
    documents: Tally,
    memory_bytes_max: u64,
}

impl Campaign {
    /// Throws everything. Nothing but the worker's deadlines depends on the machine.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let corpus = Corpus::new(self.seed);
        let mut dice = Dice::new(self.seed);
        let arguments = vec![WORKER_SUBCOMMAND.into()];
        let command = WorkerCommand { program: self.worker.clone(), arguments };
        let mut decoder = Decoder::new(command, self.limits);
        let mut readers: BTreeMap<Reader, Count> = BTreeMap::new();
        let mut documents = Tally::default();
        for number in 0..self.inputs {
            if number % 10 < DOCUMENTS_OF_TEN {
                let spoiled = Spoiled::draw(&corpus, &mut dice);
                spoiled.read(&mut decoder, &mut documents);
                if documents.inputs % CONTROL_ONCE_IN == 0 {
                    spoiled.control(&mut documents);
                }
            } else {
                let reader = Reader::ALL[dice.below(Reader::ALL.len())];
                let (name, input) = reader.input(&corpus, &mut dice);
                let count = readers.entry(reader).or_default();
                count.inputs += 1;
                match catch_unwind(AssertUnwindSafe(|| reader.takes(&name, &input))) {
                    Ok(taken) => count.taken += u64::from(taken),
                    Err(_) => count.panics += 1,
                }
            }
        }
        let memory_bytes_max = self.limits.memory_bytes_max;
        Outcome { seed: self.seed, readers, documents, memory_bytes_max }
    }
}

impl Outcome {
    /// Panics in this process, which stands for hub and depot.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.readers.values().map(|count| count.panics).sum()
    }

    /// Whether everything held: no panic here, every document answered, the worker within its memory, and a control
    /// that shows the danger is real.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.panics() == 0
            && self.documents.unanswered == 0
            && self.documents.control_panics > 0
            && self.documents.worker_resident_bytes_peak <= RESIDENT_BYTES_MAX
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        let readers: serde_json::Map<String, Value> = self
            .readers
            .iter()
            .map(|(reader, count)| {
                let counted =
                    json!({"inputs": count.inputs, "taken": count.taken, "panics": count.panics});
                (reader.name().to_owned(), counted)
            })
            .collect();
        let tally = self.documents;
        let inputs: u64 = self.readers.values().map(|count| count.inputs).sum();
        json!({
            "seed": self.seed,
            "inputs": inputs + tally.inputs,
            "panics": self.panics(),
            "holds": self.holds(),
            "readers": readers,
            "documents_by_worker": {
                "inputs": tally.inputs,
                "bombs": tally.bombs,
                "merged": tally.merged,
                "refused": tally.refused,
                "panics_caught_in_worker": tally.panics_in_worker,
                "workers_ended_by_time": tally.too_slow,
                "workers_ended_by_memory": tally.too_large,
                "unanswered": tally.unanswered,
                "worker_resident_mib_peak": tally.worker_resident_bytes_peak / (1024 * 1024),
                "worker_memory_mib_max": self.memory_bytes_max / (1024 * 1024),
            },
            "control_documents_in_this_process": {
                "inputs": tally.control_inputs,
                "panics": tally.control_panics,
            },
        })
    }
}

/// What a worker may hold in all.
pub const RESIDENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
