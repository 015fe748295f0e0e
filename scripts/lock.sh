#!/bin/sh
# Resolve pyproject.toml for every Python from the floor upwards, with hashes and without any address, each extra in a
# lock of its own; and name the resolved versions of the direct dependencies in environment.yml.
set -eu
resolve() {
    uv pip compile "$@" --python-version 3.11.0 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header
}
resolve pyproject.toml -o requirements.lock "$@"
for extra in spark peers; do
    .venv/bin/python -c 'import sys, tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"][sys.argv[1]], sep="\n")' "$extra" \
        | resolve - -c requirements.lock -o "requirements-$extra.lock" "$@"
done
.venv/bin/python scripts/environment.py
