//! onnxruntime, one thread, everything else as it comes.

use std::path::Path;

use anyhow::anyhow;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;

/// onnxruntime's library, opened.
pub(crate) struct Library {
    environment: Environment,
}

impl Library {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let builder = ort::init_from(path).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { environment: builder.build()? })
    }

    pub(crate) fn load(&self, network: &[u8]) -> anyhow::Result<Peer> {
        let failed = |error: &dyn std::fmt::Display| anyhow!("onnxruntime: {error}");
        let session = Session::builder(&self.environment)
            .map_err(|error| failed(&error))?
            .with_intra_threads(1)
            .map_err(|error| failed(&error))?
            .with_inter_threads(1)
            .map_err(|error| failed(&error))?
            .commit_from_memory(network)
            .map_err(|error| failed(&error))?;
        Ok(Peer { session })
    }
}

/// A network in onnxruntime.
pub(crate) struct Peer {
    session: Session,
}

impl Peer {
    /// `input` is rows × columns; `look` sees rows × outputs.
    pub(crate) fn run<T>(
        &mut self,
        input: &[f32],
        columns: usize,
        look: impl FnOnce(&[f32]) -> T,
    ) -> anyhow::Result<T> {
        let shape = [input.len() / columns, columns];
        let tensor = TensorRef::from_array_view((shape, input))?;
        let outputs = self.session.run(ort::inputs!["features" => tensor])?;
        let (_, values) = outputs["prediction"].try_extract_tensor::<f32>()?;
        Ok(look(values))
    }

    /// Columns of the input and of the output, where the network fixes them.
    pub(crate) fn widths(&self) -> Option<(usize, usize)> {
        let width = |outlets: &[ort::value::Outlet]| {
            let width = outlets.first()?.dtype().tensor_shape()?.last().copied()?;
            usize::try_from(width).ok()
        };
        Some((width(self.session.inputs())?, width(self.session.outputs())?))
    }
}
