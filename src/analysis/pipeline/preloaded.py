"""Imported once for all stages of a build, by the process that they are forked from: nothing else is done here."""

import sys
from importlib import import_module

__all__ = ["MODULES"]

#: What most stages use. What few of them use they import themselves: it would cost a build of the others.
MODULES = (
    "analysis.cleaning",
    "analysis.clustering",
    "analysis.features",
    "analysis.findings.labels",
    "analysis.pipeline.cli",
    "analysis.pipeline.inputs",
    "analysis.pipeline.publish",
    "analysis.pipeline.runner.engine",
    "analysis.pipeline.runner.execute",
    "analysis.pipeline.tables",
    "analysis.rules",
    "papermill",
    "pyarrow.parquet",
    "scipy.stats",
)

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # an optional check that costs a second
for name in MODULES:
    import_module(name)
