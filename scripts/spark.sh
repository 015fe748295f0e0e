#!/bin/sh
# Put the packages of requirements-spark.lock beside those of requirements.lock, and say if Java is missing.
set -eu
unset PYTHONDONTWRITEBYTECODE
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock || {
    printf '\nerror: Spark could not be installed. This step needs the network once (some 450 MB).\n' >&2
    exit 2
}
.venv/bin/python -c '
import sys
from analysis.data.engine.spark_session import check_java
from analysis.errors import AnalysisError
try:
    check_java()
except AnalysisError as error:
    sys.exit(f"Spark is installed. Still missing: {error}")
'
