//! Signed bundles of small networks, made in the test.

use std::sync::Arc;

use model_bundle::golden::Golden;
use model_bundle::manifest::Part;
use model_bundle::{PinnedKeys, Sha256Hash, Signed, SigningKey, Verified};

use crate::onnx::{self, Dice, Network};

pub(crate) const FEATURES: usize = 4;
pub(crate) const OUTPUTS: usize = 2;

/// What a bundle is made of.
pub(crate) struct Draft {
    pub(crate) id: &'static str,
    pub(crate) version: u32,
    pub(crate) network: Vec<u8>,
    pub(crate) golden: Golden,
}

impl Draft {
    /// A network of two dense layers, with golden vectors computed in float64.
    pub(crate) fn dense() -> Self {
        let dense = Dense::rolled(7);
        let mut dice = Dice(11);
        let raw: Vec<f32> = (0..64 * FEATURES)
            .map(|at| if at % 13 == 0 { f32::NAN } else { dice.normal() })
            .collect();
        let expected = raw.chunks(FEATURES).flat_map(|row| dense.answer(row)).collect();
        let golden = Golden::new(FEATURES, OUTPUTS, raw, expected).unwrap();
        Self { id: "trial", version: 1, network: dense.network().bytes(), golden }
    }

    pub(crate) fn verified(&self) -> Arc<Verified> {
        Arc::new(self.signed_and_verified())
    }

    fn signed_and_verified(&self) -> Verified {
        let files = [
            (Part::Network, self.network.clone()),
            (Part::Preprocessing, PREPROCESSING.as_bytes().to_vec()),
            (Part::Reference, REFERENCE.as_bytes().to_vec()),
            (Part::Golden, self.golden.to_bytes()),
            (Part::Card, CARD.as_bytes().to_vec()),
        ];
        let listed: Vec<String> = files
            .iter()
            .map(|(part, bytes)| {
                let (hash, size) = (Sha256Hash::of(bytes), bytes.len());
                format!(r#"{{"name":"{}","sha256":"{hash}","bytes":{size}}}"#, part.file_name())
            })
            .collect();
        let manifest = format!(
            r#"{{"format":1,"id":"{}","version":{},"kind":"dense","files":[{}],"runtime_min":"0.1.0",
            "feature_schema":{{"name":"trial/1","sha256":"{}"}},"outputs":["a","b"],
            "batch_plans":[1,8],"tolerance":{{"relative":1e-5,"absolute":1e-5}},
            "trained":{{"from":"2026-01-01","until":"2026-06-30","rows":64,"seed":7}},"scores":[],
            "expires_on":"2027-01-01"}}"#,
            self.id,
            self.version,
            listed.join(","),
            Sha256Hash::of(b"a, b, c, d"),
        );
        let key = SigningKey::development();
        let signature = key.sign_manifest(manifest.as_bytes());
        let pinned = PinnedKeys { current: key.public(), next: None };
        let signed = Signed::open(manifest.as_bytes(), &signature, &pinned).unwrap();
        let bytes = |name| files.iter().find(|(part, _)| *part == name).unwrap().1.clone();
        signed.verify_files(|entry| Ok(bytes(entry.name))).unwrap()
    }
}

/// Rectified and linear: `W2 · max(0, W1 · x + b1) + b2`, over the inputs that preprocessing leaves.
pub(crate) struct Dense {
    first: Vec<f32>,
    first_bias: Vec<f32>,
    second: Vec<f32>,
    second_bias: Vec<f32>,
}

const HIDDEN: usize = 8;

impl Dense {
    pub(crate) fn rolled(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut list = |count: usize| (0..count).map(|_| dice.normal()).collect();
        Self {
            first: list(FEATURES * HIDDEN),
            first_bias: list(HIDDEN),
            second: list(HIDDEN * OUTPUTS),
            second_bias: list(OUTPUTS),
        }
    }

    pub(crate) fn network(&self) -> Network {
        Network {
            nodes: vec![
                onnx::node("Gemm", &["features", "w1", "b1"], &["h1"], vec![]),
                onnx::node("Relu", &["h1"], &["h2"], vec![]),
                onnx::node("Gemm", &["h2", "w2", "b2"], &["prediction"], vec![]),
            ],
            weights: vec![
                onnx::floats("w1", &[FEATURES, HIDDEN], &self.first),
                onnx::floats("b1", &[HIDDEN], &self.first_bias),
                onnx::floats("w2", &[HIDDEN, OUTPUTS], &self.second),
                onnx::floats("b2", &[OUTPUTS], &self.second_bias),
            ],
            columns: FEATURES,
            outputs: OUTPUTS,
        }
    }

    /// Of a raw row, before outputs are clipped.
    pub(crate) fn answer(&self, raw: &[f32]) -> Vec<f32> {
        let input: Vec<f64> = raw.iter().map(|value| f64::from(prepared(*value))).collect();
        let hidden: Vec<f64> =
            layer(&input, &self.first, &self.first_bias).into_iter().map(|h| h.max(0.0)).collect();
        layer(&hidden, &self.second, &self.second_bias).into_iter().map(|v| v as f32).collect()
    }
}

/// As [`PREPROCESSING`] says, for every feature.
fn prepared(raw: f32) -> f32 {
    let filled = if raw.is_finite() { raw } else { 0.5 };
    (filled.clamp(-3.0, 3.0) - 0.25) / 2.0
}

fn layer(input: &[f64], weights: &[f32], bias: &[f32]) -> Vec<f64> {
    let width = bias.len();
    (0..width)
        .map(|out| {
            let products =
                input.iter().enumerate().map(|(at, x)| x * f64::from(weights[at * width + out]));
            products.sum::<f64>() + f64::from(bias[out])
        })
        .collect()
}

const PREPROCESSING: &str = r#"{"format":1,"schema":"trial/1","steps":[
    {"name":"a","impute":0.5,"clip":[-3,3],"mean":0.25,"scale":2,"categories":null,"unknown":null},
    {"name":"b","impute":0.5,"clip":[-3,3],"mean":0.25,"scale":2,"categories":null,"unknown":null},
    {"name":"c","impute":0.5,"clip":[-3,3],"mean":0.25,"scale":2,"categories":null,"unknown":null},
    {"name":"d","impute":0.5,"clip":[-3,3],"mean":0.25,"scale":2,"categories":null,"unknown":null}],
    "outputs":[{"name":"a","clip":[-1,1]},{"name":"b","clip":null}]}"#;

const REFERENCE: &str = r#"{"format":1,"features":[
    {"name":"a","edges":[0],"counts":[50,50],"missing":1},{"name":"b","edges":[0],"counts":[50,50],"missing":1},
    {"name":"c","edges":[0],"counts":[50,50],"missing":1},{"name":"d","edges":[0],"counts":[50,50],"missing":1}],
    "predictions":[{"name":"a","edges":[0],"counts":[50,50],"missing":0},
    {"name":"b","edges":[0],"counts":[50,50],"missing":0}]}"#;

const CARD: &str = r#"{"format":1,"title":"Trial","purpose":"Tests.","made_with":"a seed","data":"generated",
    "limits":["it predicts nothing"],"sections":[]}"#;
