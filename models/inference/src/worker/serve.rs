//! The worker's loop: a request, an answer, until the pipe ends. A panic is caught, answered, and the model that
//! it came from dropped; everything worse ends the process, and the parent sees that.

use std::any::Any;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::worker::confine::{limit_memory, memory};
use ::worker::frame;
use model_bundle::Sha256Hash;
use model_bundle::golden::{Comparison, Golden};
use model_bundle::manifest::{Manifest, Part};
use model_bundle::preprocessing::Preprocessing;

use super::protocol::{FRAME_BYTES_MAX, Fault, Reply, Request, to_bytes, to_values};
use crate::{Engine, LoadError, PredictError};

/// Something that answers rows: an [`Engine`], or in a test something that misbehaves.
pub trait Model {
    /// # Errors
    /// [`PredictError`].
    fn predict(&self, rows: &[f32]) -> Result<Vec<f32>, PredictError>;

    /// # Errors
    /// [`PredictError`] when a plan fails.
    fn replay(&self, golden: &Golden, manifest: &Manifest) -> Result<Comparison, PredictError>;
}

impl Model for Engine {
    fn predict(&self, rows: &[f32]) -> Result<Vec<f32>, PredictError> {
        Self::predict(self, rows)
    }

    fn replay(&self, golden: &Golden, manifest: &Manifest) -> Result<Comparison, PredictError> {
        Self::replay(self, golden, manifest)
    }
}

/// How a model is made from a manifest, a network and its preprocessing.
pub type Loader = fn(&Manifest, &[u8], Preprocessing) -> Result<Box<dyn Model>, LoadError>;

/// Serves real models until `requests` ends.
///
/// # Errors
/// What the pipes say, and [`io::ErrorKind::InvalidData`] for what is no request.
pub fn serve(requests: impl Read, replies: impl Write) -> io::Result<()> {
    serve_with(requests, replies, |manifest, network, preprocessing| {
        Ok(Box::new(Engine::of_parts(manifest, network, preprocessing)?))
    })
}

/// As [`serve`], with models made by `loader`.
///
/// # Errors
/// As for [`serve`].
pub fn serve_with(
    mut requests: impl Read,
    mut replies: impl Write,
    loader: Loader,
) -> io::Result<()> {
    let mut worker = Worker { models: BTreeMap::new(), loader };
    while let Some(frame) = frame::read(&mut requests, FRAME_BYTES_MAX)? {
        let request = minicbor::decode(&frame).map_err(|_| io::ErrorKind::InvalidData)?;
        let reply = worker.answer(request);
        let reply = minicbor::to_vec(&reply).map_err(|_| io::ErrorKind::InvalidData)?;
        frame::write(&mut replies, &reply, FRAME_BYTES_MAX)?;
    }
    Ok(())
}

struct Worker {
    models: BTreeMap<Sha256Hash, Box<dyn Model>>,
    loader: Loader,
}

impl Worker {
    fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Begin { memory_bytes_max } => match limit_memory(memory_bytes_max) {
                Ok(()) => Reply::Done,
                Err(error) => failed(Fault::Question, format!("cannot limit memory: {error}")),
            },
            Request::Load { manifest, network, preprocessing, golden } => {
                let name = Sha256Hash::of(&manifest);
                self.models.remove(&name);
                let loader = self.loader;
                let parts = Parts { manifest, network, preprocessing, golden };
                match catch_unwind(AssertUnwindSafe(|| parts.load(loader))) {
                    Ok(Ok((model, comparison))) => {
                        self.models.insert(name, model);
                        loaded(comparison)
                    }
                    Ok(Err(reason)) => failed(Fault::Model, reason),
                    Err(panic) => failed(Fault::Panic, said(&*panic)),
                }
            }
            Request::Predict { model, rows } => self.predict(Sha256Hash::from_bytes(model), &rows),
            Request::Unload { model } => {
                self.models.remove(&Sha256Hash::from_bytes(model));
                Reply::Done
            }
        }
    }

    fn predict(&mut self, name: Sha256Hash, rows: &[u8]) -> Reply {
        let Some(model) = self.models.get(&name) else {
            return failed(Fault::Question, "no such model is loaded".to_owned());
        };
        let rows = to_values(rows);
        match catch_unwind(AssertUnwindSafe(|| model.predict(&rows))) {
            Ok(Ok(values)) => Reply::Values(to_bytes(&values)),
            Ok(Err(error @ PredictError::BadRows { .. })) => {
                failed(Fault::Question, error.to_string())
            }
            Ok(Err(error)) => failed(Fault::Model, error.to_string()),
            Err(panic) => {
                self.models.remove(&name);
                failed(Fault::Panic, said(&*panic))
            }
        }
    }
}

/// The bytes of a bundle that running takes.
struct Parts {
    manifest: Vec<u8>,
    network: Vec<u8>,
    preprocessing: Vec<u8>,
    golden: Vec<u8>,
}

impl Parts {
    /// The parent has verified them; that they are still what the manifest says costs little to see again.
    fn load(&self, loader: Loader) -> Result<(Box<dyn Model>, Comparison), String> {
        let manifest = Manifest::parse(&self.manifest).map_err(|refused| refused.to_string())?;
        let files = [
            (Part::Network, &self.network),
            (Part::Preprocessing, &self.preprocessing),
            (Part::Golden, &self.golden),
        ];
        for (part, bytes) in files {
            if manifest.file(part).map(|file| file.sha256) != Some(Sha256Hash::of(bytes)) {
                return Err(format!("{} is not the manifest's", part.file_name()));
            }
        }
        let preprocessing =
            Preprocessing::parse(&self.preprocessing).map_err(|refused| refused.to_string())?;
        let golden = Golden::parse(&self.golden).map_err(|refused| refused.to_string())?;
        let model =
            loader(&manifest, &self.network, preprocessing).map_err(|error| error.to_string())?;
        let comparison = model.replay(&golden, &manifest).map_err(|error| error.to_string())?;
        Ok((model, comparison))
    }
}

fn loaded(comparison: Comparison) -> Reply {
    Reply::Loaded {
        rows: comparison.rows as u64,
        rows_off: comparison.rows_off as u64,
        worst_relative: comparison.worst_relative,
        resident_bytes: memory().map_or(0, |memory| memory.resident_bytes),
    }
}

const fn failed(fault: Fault, reason: String) -> Reply {
    Reply::Failed { fault, reason }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panicked without a word").to_owned()
}
