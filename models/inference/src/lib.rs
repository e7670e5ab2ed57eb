//! Runs models on a depot's box. Skeleton.
