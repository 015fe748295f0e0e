"""Typed parameters, the notebook runner and the command line."""
