//! Why no graph came out of a file. Each reason says where in the file, and what the operator can do.

use std::io;
use std::path::PathBuf;

use crate::profile::Profile;

/// Nothing is left behind of a build that failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("cannot {act} {path}", path = path.display())]
    Io {
        act: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is no OpenStreetMap .osm.pbf file; remedy: {remedy}", path = path.display())]
    Foreign { path: PathBuf, remedy: &'static str },
    #[error(
        "the file ends in the middle of a block at byte {at}; remedy: copy or download it again"
    )]
    Truncated { at: u64 },
    #[error(
        "the block at byte {at} is damaged ({reason}); remedy: copy or download the file again"
    )]
    Damaged { at: u64, reason: String },
    #[error(
        "the file needs `{feature}`, which is not read here; remedy: a plain extract, as by `osmium extract`"
    )]
    Unsupported { feature: String },
    #[error(
        "{count} {what} are more than {max}; remedy: cut the extract to the town, as by `osmium extract --bbox`"
    )]
    TooLarge { what: &'static str, count: u64, max: u64 },
    #[error(
        "no road in the extract that a {profile} may use; remedy: an extract that holds the ways of a town"
    )]
    NoRoads { profile: Profile },
}

impl BuildError {
    pub(crate) fn io(
        act: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> BuildError {
        let path = path.into();
        move |source| BuildError::Io { act, path, source }
    }
}
