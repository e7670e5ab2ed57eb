"""Checks of the arithmetic. Run by models/training/check."""
