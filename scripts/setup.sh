#!/bin/sh
# Make .venv hold exactly the packages of requirements.lock, and let DVC work with or without git.
set -eu
python=$1

fail() { printf '\nerror: %s\n' "$1" >&2; exit 2; }

command -v "$python" >/dev/null 2>&1 || fail "there is no $python. Install Python 3.11 or newer, or say: make PYTHON=/path/to/python3 reports"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "$("$python" --version) is too old; Python 3.11 or newer is needed. Say: make PYTHON=/path/to/python3.11 reports"
"$python" -c 'import ensurepip, venv' 2>/dev/null \
    || fail "this Python has no venv. On Debian or Ubuntu: apt-get install python3-venv"

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    rm -rf .venv
    "$python" -m venv .venv
fi
# Packages without compiled bytecode make every process about three times slower: pip compiles unless told not to.
unset PYTHONDONTWRITEBYTECODE
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
    || fail "the packages could not be installed. This step needs the network once; later steps do not."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

# Inside somebody else's repository, or outside any, DVC must not look for git. A file that somebody wrote is left alone.
no_scm='[core]
    no_scm = true'
if command -v git >/dev/null 2>&1 && [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
    if [ -f .dvc/config.local ] && [ "$(cat .dvc/config.local)" = "$no_scm" ]; then rm .dvc/config.local; fi
elif [ ! -f .dvc/config.local ]; then
    printf '%s\n' "$no_scm" >.dvc/config.local
fi
