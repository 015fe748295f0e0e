#!/bin/sh
# Resolve pyproject.toml for every Python from the floor upwards, with hashes and without any address, and name the
# resolved versions of the direct dependencies in environment.yml.
set -eu
uv pip compile pyproject.toml -o requirements.lock --python-version 3.11.0 --universal --generate-hashes \
    --no-emit-index-url --no-annotate --no-header "$@"
.venv/bin/python scripts/environment.py
