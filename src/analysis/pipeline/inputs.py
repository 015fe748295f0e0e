"""The first stage of a profile: everything that can be wrong is found here, before any output is touched.

It checks the whole profile, its frozen segmentation and every source file, makes the demo data where the profile asks
for it, and lays links to the source files under `build/<profile>/inputs/`, whose content DVC follows: that is how a
profile may name any file and a changed file still makes its stages run. Of a file with an address it is noted how
large it was, when it was changed and what its storage's checksum was (`note_remote`): `python -m analysis reports`
looks again each time, `dvc repro` alone does not. `build/<profile>/frozen/` links to the frozen
segmentation in the same way.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.data.sources import RemoteFiles, SourceSpec, check, find_remote, resolve_files
from analysis.data.sources.fetch import place_online_retail
from analysis.errors import AnalysisError
from analysis.pipeline.links import ADDRESSES, drop_dead_links
from analysis.pipeline.outputs import replaced_folder, write_json
from analysis.pipeline.params import Profile, load_profile
from analysis.pipeline.params.frozen import load_frozen
from analysis.pipeline.params.tables import Source
from analysis.pipeline.project import Build

__all__ = ["check_profile", "note_remote", "place_data", "prepare_inputs", "public_data", "source_specs"]

#: Names the settings and the files of generated data, so that they are made only once.
STAMP = "generated.json"

#: The public data set that `make data` knows how to fetch.
ONLINE_RETAIL = "online_retail_II.csv.gz"


def source_specs(profile: Profile) -> dict[str, list[SourceSpec]]:
    """The profile's sources, by canonical table, as the data package takes them."""
    tables: dict[str, list[Source]] = {
        table: getattr(profile.sources, table) for table in type(profile.sources).model_fields
    }
    return {
        table: [
            SourceSpec(
                files=tuple(source.files),
                columns=dict(source.columns),
                format=source.format,
                encoding=source.encoding,
                delimiter=source.delimiter,
                sheet=source.sheet,
                header=source.header,
                column_names=tuple(source.column_names),
            )
            for source in sources
        ]
        for table, sources in tables.items()
        if sources
    }


def prepare_inputs(name: str, *, root: Path, remote: RemoteFiles | None = None) -> None:
    """Check a profile, make its synthetic data if it has any, and link its source files.

    Files that have an address are looked at through `remote`.

    Raises
    ------
    AnalysisError
        Listing every fault of the profile and of its files.
    """
    profile = load_profile(name, root=root)
    _refuse_read_only(root)
    if profile.synthetic is not None:
        _generate(profile, root)
    specs = source_specs(profile)
    _refuse_faulty(name, specs, root, remote)
    _refuse_bad_segmentation(name, profile, root)
    build = Build(root, name)
    with replaced_folder(build.inputs) as folder:
        for table, sources in specs.items():
            files = [file for spec in sources for file in resolve_files(spec, root)]
            (folder / table).mkdir()
            for number, file in enumerate(files):
                link = folder / table / f"{number:03d}_{file.name}"
                link.symlink_to(_relative(file.resolve(), build.inputs / table, root.resolve()))
            _note_remote(folder / table, sources, remote)
    with replaced_folder(build.frozen) as folder:
        if profile.clustering.frozen is None:
            write_json(folder / "segmentation.json", None)
        else:
            file = (root / profile.clustering.frozen).resolve()
            (folder / "segmentation.json").symlink_to(_relative(file, build.frozen, root.resolve()))
    write_json(build.folder / "valid.json", {"profile": name, "valid": True})


def note_remote(name: str, *, root: Path, remote: RemoteFiles) -> None:
    """Look again at a profile's files by address, so that DVC takes notice of those that changed."""
    inputs = Build(root, name).inputs
    for table, sources in source_specs(load_profile(name, root=root)).items():
        if (inputs / table).is_dir():
            _note_remote(inputs / table, sources, remote)


def _note_remote(folder: Path, sources: list[SourceSpec], remote: RemoteFiles | None) -> None:
    if files := [asdict(file) for spec in sources for file in find_remote(spec, remote)]:
        write_json(folder / ADDRESSES, files)


def _relative(file: Path, folder: Path, root: Path) -> Path:
    """The link's target: relative within the project, so that a copied or moved project follows its own files."""
    return Path(os.path.relpath(file, folder)) if file.is_relative_to(root) else file


def check_profile(name: str, *, root: Path, remote: RemoteFiles | None = None) -> None:
    """Check a profile and, unless its data is still to be generated, its source files."""
    drop_dead_links(name, root=root)
    profile = load_profile(name, root=root)
    _refuse_bad_segmentation(name, profile, root)
    if profile.synthetic is None or (root / profile.synthetic.folder / STAMP).is_file():
        _refuse_faulty(name, source_specs(profile), root, remote)


def place_data(name: str, *, root: Path, reference: Path | None) -> str:
    """Make a profile's synthetic data, or put its public data set in place; returns what was done."""
    profile = load_profile(name, root=root)
    if profile.synthetic is not None:
        _generate(profile, root)
        return f"the synthetic data of {name} is in {profile.synthetic.folder}/"
    if (target := public_data(profile, root=root)) is not None:
        return place_online_retail(target, reference=reference)
    listed = ", ".join(file for source in profile.sources.transactions for file in source.files)
    raise AnalysisError(f"profile {name} reads your own files; put them where params/{name}.yaml says: {listed}")


def public_data(profile: Profile, *, root: Path) -> Path | None:
    """Where a profile expects the public data set that can be fetched; None if it reads other files."""
    files = [file for source in profile.sources.transactions for file in source.files]
    return root / files[0] if [Path(file).name for file in files] == [ONLINE_RETAIL] else None


def _refuse_faulty(name: str, specs: dict[str, list[SourceSpec]], root: Path, remote: RemoteFiles | None) -> None:
    if faults := check(specs, root=root, remote=remote):
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise AnalysisError(f"params/{name}.yaml: {len(faults)} fault(s) in the sources\n{listed}")


def _refuse_bad_segmentation(name: str, profile: Profile, root: Path) -> None:
    if profile.clustering.frozen is not None:
        try:
            load_frozen(profile.clustering.frozen, root=root)
        except AnalysisError as error:
            raise AnalysisError(f"params/{name}.yaml: {error}") from error


def _generate(profile: Profile, root: Path) -> None:
    from analysis.data import demo

    assert profile.synthetic is not None
    settings = profile.synthetic.model_dump(mode="json") | {"code": _digest_folder(Path(demo.__file__).parent)}
    folder = root / profile.synthetic.folder
    stamp = folder / STAMP
    if stamp.is_file():
        recorded = json.loads(stamp.read_text(encoding="utf-8"))
        if recorded["settings"] == settings and recorded["files"] == _files(folder):
            return
    options = profile.synthetic
    demo.generate(folder, seed=options.seed, customers=options.customers, months=options.months, end=options.end)
    write_json(stamp, {"settings": settings, "files": _files(folder)})


def _files(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != STAMP)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _digest_folder(folder: Path) -> str:
    code = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(code).hexdigest()


def _refuse_read_only(root: Path) -> None:
    names = ("", "build", "reports", "reports/versions", "reports/latest", "reports/comparisons")
    for folder in (root / name for name in names):
        if folder.exists() and not os.access(folder, os.W_OK):
            shown = folder.relative_to(root).as_posix() if folder != root else str(root)
            raise AnalysisError(f"{shown}/ cannot be written to. Give yourself write permission on it.")
