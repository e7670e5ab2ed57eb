//! The regional hub: takes in the logs of its nodes, keeps what they add up to in Postgres, and
//! hands on what travels between them. It never gives a node an order about its own facts.

pub mod catalogue_file;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod console;
pub mod documents;
pub mod hub;
pub mod metrics;
pub mod node_hours;
pub mod partners;
pub mod pki;
pub mod registry;
pub mod store;
pub mod sync;
pub mod verify;
