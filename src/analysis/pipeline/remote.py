"""Source files that a profile names by address: who reads them, and what is noted of them for DVC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.data.sources import RemoteFiles, is_address
from analysis.pipeline.inputs import source_specs
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import Build

__all__ = ["remote_files"]


@contextmanager
def remote_files(name: str, *, root: Path) -> Iterator[RemoteFiles | None]:
    """Who reads a profile's files by address; None, and nothing is started, if it names none or has no Spark.

    Raises
    ------
    AnalysisError
        Spark is asked for and does not start.
    """
    profile = load_profile(name, root=root)
    named = [file for specs in source_specs(profile).values() for spec in specs for file in spec.files]
    if profile.engine != "spark" or not any(is_address(file) for file in named):
        yield None
        return
    from analysis.data.engine.spark import SparkEngine
    from analysis.data.sources.spark_files import SparkFiles
    from analysis.pipeline.engines import open_engine

    with open_engine(Build(root, name)) as engine:
        assert isinstance(engine, SparkEngine)
        yield SparkFiles(engine)
