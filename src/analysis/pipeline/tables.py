"""The two stages that run no notebook: ingestion, and features."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import AnalysisError
from analysis.pipeline.inputs import source_specs
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import Build
from analysis.pipeline.runner.environment import check_lock

__all__ = ["build_features", "ingest_sources"]


def ingest_sources(name: str, *, root: Path) -> None:
    """Source files to all-text Parquet under `build/<profile>/raw/`."""
    from analysis.data.sources import ingest
    from analysis.pipeline.remote import remote_files

    check_lock(root)
    specs = source_specs(load_profile(name, root=root))
    with remote_files(name, root=root) as remote:
        report = ingest(specs, root=root, out=Build(root, name).raw, remote=remote)
    if empty := [part.file for parts in report.tables.values() for part in parts if not part.rows]:
        raise AnalysisError(
            f"{', '.join(empty)}: a header but no row. Export it again, or take it out of params/{name}.yaml, `sources`"
        )
    for table, parts in report.tables.items():
        rows, quarantined = sum(part.rows for part in parts), sum(part.quarantined for part in parts)
        print(f"  {table}: {rows:,} rows, {quarantined:,} quarantined, {len(parts)} file(s)")


def build_features(name: str, *, root: Path) -> None:
    """Clean tables to customer features, baskets, months under `build/<profile>/features/`."""
    from analysis import features
    from analysis.pipeline.engines import open_engine

    check_lock(root)
    build = Build(root, name)
    options = load_profile(name, root=root).features
    with open_engine(build) as engine:
        result = features.build(
            build.folder / "clean",
            as_of=options.as_of,
            horizon_days=options.horizon_days,
            cutoffs=options.cutoffs,
            engine=engine,
        )
    result.write(build.features)
