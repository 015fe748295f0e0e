"""Numbers of this project beside numbers that nobody here made.

Each module has a function `tables()` that gives its tables; `python -m benchmarks.verify` prints them all and writes
`benchmarks/verification.json`.
"""
