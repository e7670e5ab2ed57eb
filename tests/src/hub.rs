//! The regional hub as its operator runs it.
