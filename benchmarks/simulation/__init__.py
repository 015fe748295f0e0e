"""Simulated samples with a known truth, and how often the project's intervals hold it."""
