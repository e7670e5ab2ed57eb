//! The networks that are measured, each loaded in both runtimes, and rows that look like those it was made for.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use inference::Engine;
use model_bundle::histogram::Histogram;
use model_bundle::manifest::{Kind, Part, Tolerance};
use model_bundle::preprocessing::Preprocessing;
use model_bundle::{PinnedKeys, PublicKey, Verified, folder};
use serde_json::{Value, json};

use crate::onnx::{self, Dice, Network, TreeNodes, tree_attributes};
use crate::peer::{Library, Peer};

/// So many that none is seen twice in a round's batches of one.
const ROWS: usize = 32_768;
const BATCHES: [u32; 4] = [1, 32, 256, 1_024];
/// As large as a good model of arrival times was.
const TREES: usize = 298;
const TREE_LEAVES: usize = 31;
const TREE_COLUMNS: usize = 22;

/// A network in both runtimes.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) network_bytes: usize,
    pub(crate) engine: Engine,
    pub(crate) peer: Peer,
    pub(crate) columns: usize,
    /// Rows × columns, as ours takes them.
    pub(crate) raw: Vec<f32>,
    /// The same rows after preprocessing, as onnxruntime takes them.
    pub(crate) input: Vec<f32>,
    bundle: Option<Verified>,
}

/// Every bundle below a folder, `<id>/<version>`, signed with the development key.
pub(crate) fn bundles(below: &Path) -> anyhow::Result<Vec<Verified>> {
    let pinned = PinnedKeys { current: PublicKey::development(), next: None };
    let mut folders: Vec<PathBuf> = Vec::new();
    for id in listed(below)? {
        folders.extend(listed(&id)?.into_iter().filter(|f| f.join(folder::MANIFEST_FILE).exists()));
    }
    folders
        .iter()
        .map(|path| folder::read(path, &pinned).with_context(|| path.display().to_string()))
        .collect()
}

fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Trees grown from a seed, of the size of a good model, with missing values in the rows.
pub(crate) fn generated_trees(library: &Library) -> anyhow::Result<Candidate> {
    let mut dice = Dice(298);
    let trees: Vec<TreeNodes> =
        (0..TREES).map(|_| TreeNodes::grown(&mut dice, TREE_COLUMNS, TREE_LEAVES)).collect();
    let mut attributes = tree_attributes(&trees, "target");
    attributes.push(onnx::int("n_targets", 1));
    let mut node = onnx::node("TreeEnsembleRegressor", &["features"], &["prediction"], attributes);
    node.domain = "ai.onnx.ml".to_owned();
    let network = Network { nodes: vec![node], weights: vec![], columns: TREE_COLUMNS, outputs: 1 };
    let name = format!("trees-{TREES}-generated");
    bare(library, name, "trees", &network.bytes(), (TREE_COLUMNS, 1), &mut dice)
}

fn bare(
    library: &Library,
    name: String,
    kind: &'static str,
    network: &[u8],
    (columns, outputs): (usize, usize),
    dice: &mut Dice,
) -> anyhow::Result<Candidate> {
    let preprocessing = kept(columns)?;
    let missing = if kind == "trees" { 0.03 } else { 0.0 };
    let raw: Vec<f32> = (0..ROWS * columns)
        .map(|_| if dice.roll() < missing { f32::NAN } else { dice.normal() })
        .collect();
    Ok(Candidate {
        name,
        kind,
        network_bytes: network.len(),
        engine: Engine::compile(network, preprocessing, outputs, &BATCHES)?,
        peer: library.load(network)?,
        columns,
        input: raw.clone(),
        raw,
        bundle: None,
    })
}

/// Preprocessing that changes nothing.
fn kept(columns: usize) -> anyhow::Result<Preprocessing> {
    let step = |at: usize| {
        json!({"name": format!("f{at}"), "impute": null, "clip": null, "mean": 0.0, "scale": 1.0,
            "categories": null, "unknown": null})
    };
    let steps: Vec<Value> = (0..columns).map(step).collect();
    let text = json!({"format": 1, "schema": "bare/1", "steps": steps, "outputs": []}).to_string();
    Ok(Preprocessing::parse(text.as_bytes())?)
}

impl Candidate {
    /// A shipped network; none for tables.
    pub(crate) fn of_bundle(library: &Library, bundle: &Verified) -> anyhow::Result<Option<Self>> {
        let manifest = bundle.manifest();
        let kind = match manifest.kind {
            Kind::Trees => "trees",
            Kind::Dense => "dense",
            Kind::Recurrent => "recurrent",
            Kind::Tables => return Ok(None),
        };
        let preprocessing = bundle.preprocessing()?;
        let reference = bundle.reference()?;
        let mut dice = Dice(u64::from(manifest.version.0));
        let raw: Vec<f32> = (0..ROWS)
            .flat_map(|_| {
                reference.features.iter().map(|h| drawn(h, &mut dice)).collect::<Vec<_>>()
            })
            .collect();
        let mut input = Vec::with_capacity(raw.len());
        preprocessing.apply(&raw, &mut input);
        let network = bundle.bytes(Part::Network);
        Ok(Some(Self {
            name: format!("{}-{}", manifest.id, manifest.version),
            kind,
            network_bytes: network.len(),
            engine: Engine::load(bundle)?,
            peer: library.load(network)?,
            columns: preprocessing.features(),
            raw,
            input,
            bundle: Some(bundle.clone()),
        }))
    }

    /// A network in a file; how wide it is, onnxruntime is asked.
    pub(crate) fn of_file(library: &Library, path: &Path) -> anyhow::Result<Self> {
        let network = std::fs::read(path).with_context(|| path.display().to_string())?;
        let widths = library.load(&network)?.widths().context("its widths are not fixed")?;
        let name =
            path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        bare(library, name, "bare", &network, widths, &mut Dice(1))
    }

    /// Largest |ours − onnxruntime's| / |onnxruntime's| over some thousand rows; differences below a millionth
    /// of the column's largest value count as none.
    pub(crate) fn worst_apart(&mut self) -> anyhow::Result<f64> {
        let rows = self.columns * 4_096;
        let ours = self.engine.predict(&self.raw[..rows])?;
        let theirs = self.peer.run(&self.input[..rows], self.columns, <[f32]>::to_vec)?;
        let mut theirs_clipped = theirs;
        if let Some(bundle) = &self.bundle {
            bundle.preprocessing()?.clip_outputs(&mut theirs_clipped);
        }
        let largest = theirs_clipped.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let apart = ours.iter().zip(&theirs_clipped).map(|(ours, theirs)| {
            let difference = f64::from(ours - theirs).abs();
            let grain = f64::from(largest) * 1e-6;
            if difference <= grain { 0.0 } else { difference / f64::from(theirs.abs()) }
        });
        Ok(apart.fold(0.0, f64::max))
    }

    /// The replay of the golden vectors, at a millionth relative for trees, else at the bundle's tolerance.
    pub(crate) fn golden(&self) -> anyhow::Result<Value> {
        let Some(bundle) = &self.bundle else { return Ok(Value::Null) };
        let mut manifest = bundle.manifest().clone();
        if manifest.kind == Kind::Trees {
            manifest.tolerance = Tolerance { relative: 1e-6, absolute: 0.0 };
        }
        let found = self.engine.replay(&bundle.golden()?, &manifest)?;
        Ok(json!({
            "rows": found.rows,
            "rows_off": found.rows_off,
            "tolerance_relative": manifest.tolerance.relative,
            "tolerance_absolute": manifest.tolerance.absolute,
            "largest_relative_difference": found.worst_relative,
        }))
    }
}

/// A value spread as in training: a bin by its count, anywhere in it; the outer bins are as wide as their neighbours.
fn drawn(histogram: &Histogram, dice: &mut Dice) -> f32 {
    let mut at = f64::from(dice.roll()) * histogram.total() as f64;
    let (Some(first), Some(last)) = (histogram.edges.first(), histogram.edges.last()) else {
        return 0.0;
    };
    let width = ((last - first) / histogram.edges.len() as f32).max(f32::MIN_POSITIVE);
    for (bin, count) in histogram.counts.iter().enumerate() {
        if at < *count as f64 {
            let low = if bin == 0 { first - width } else { histogram.edges[bin - 1] };
            let high = histogram.edges.get(bin).copied().unwrap_or(last + width);
            return low + (high - low) * dice.roll();
        }
        at -= *count as f64;
    }
    f32::NAN
}
