"""Executing a notebook for a profile: everything here decides what ends up in a stage's outputs."""
