//! Dense layers, their sizes checked here once, and not again.

/// Inputs or outputs of a layer.
pub(crate) const WIDTH_MAX: usize = 4_096;

/// One layer: `activation(x · W + b)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    inputs: usize,
    outputs: usize,
    /// Inputs × outputs.
    weights: Vec<f32>,
    bias: Vec<f32>,
    rectified: bool,
}

impl Layer {
    /// `weight(input, output)` is asked once for each pair. None for no width, or more than 4,096.
    #[must_use]
    pub fn of(
        inputs: usize,
        outputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
        rectified: bool,
    ) -> Option<Self> {
        if !(1..=WIDTH_MAX).contains(&inputs) || !(1..=WIDTH_MAX).contains(&outputs) {
            return None;
        }
        let weights = (0..inputs).flat_map(|input| {
            let weight = &weight;
            (0..outputs).map(move |output| weight(input, output))
        });
        let weights = weights.collect();
        Some(Self { inputs, outputs, weights, bias: (0..outputs).map(bias).collect(), rectified })
    }

    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Of one input, to every output.
    #[inline(always)]
    pub(crate) fn weights(&self, input: usize) -> &[f32] {
        &self.weights[input * self.outputs..(input + 1) * self.outputs]
    }

    #[inline(always)]
    pub(crate) fn bias(&self) -> &[f32] {
        &self.bias
    }

    pub(crate) const fn is_rectified(&self) -> bool {
        self.rectified
    }
}

/// Layers that fit one to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers(Vec<Layer>);

impl Layers {
    /// None where there is no layer, or one does not take what the one before gives.
    #[must_use]
    pub fn joined(layers: Vec<Layer>) -> Option<Self> {
        let fit = layers.windows(2).all(|pair| pair[0].outputs == pair[1].inputs);
        (fit && !layers.is_empty()).then_some(Self(layers))
    }

    pub(crate) fn all(&self) -> &[Layer] {
        &self.0
    }

    #[must_use]
    pub fn inputs(&self) -> usize {
        self.0.first().map_or(0, Layer::inputs)
    }

    #[must_use]
    pub fn outputs(&self) -> usize {
        self.0.last().map_or(0, Layer::outputs)
    }

    /// The widest of all inputs and outputs.
    pub(crate) fn widest(&self) -> usize {
        let widths = self.0.iter().flat_map(|layer| [layer.inputs, layer.outputs]);
        widths.max().unwrap_or(0)
    }
}
