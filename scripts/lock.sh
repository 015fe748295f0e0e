#!/bin/sh
# Resolve pyproject.toml for every Python from the floor upwards, with hashes and without any address, the extra
# spark in a lock of its own; and name the resolved versions of the direct dependencies in environment.yml.
set -eu
uv pip compile pyproject.toml -o requirements.lock --python-version 3.11.0 --universal --generate-hashes \
    --no-emit-index-url --no-annotate --no-header "$@"
.venv/bin/python -c 'import tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"]["spark"], sep="\n")' \
    | uv pip compile - -c requirements.lock -o requirements-spark.lock --python-version 3.11.0 --universal \
        --generate-hashes --no-emit-index-url --no-annotate --no-header "$@"
.venv/bin/python scripts/environment.py
