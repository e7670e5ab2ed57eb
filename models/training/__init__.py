"""From data to signed bundles of models. Trains and measures; serves nothing, and computes no feature itself:
`feature-extract` (crate `features`) does, so that training sees what serving will see."""
