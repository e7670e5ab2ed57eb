//! Bad input over the wire.
