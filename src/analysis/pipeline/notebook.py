"""What a notebook's second cell calls: one path for JupyterLab, papermill and nbval.

`begin` finds the project, works from its root, checks the parameters and returns a `Run`, through which the notebook
reads the profile's tables and writes its results. An interactive run writes to `build/scratch/`, so that trying
something out never touches what a stage made.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow.parquet import read_schema

from analysis.errors import AnalysisError
from analysis.pipeline.frames import Batches, read_distinct, read_table, write_batches
from analysis.pipeline.outputs import write_json
from analysis.pipeline.params import SECTIONS, Section
from analysis.pipeline.params.files import check_section
from analysis.pipeline.project import Build, find_root
from analysis.sampling import Sample, draw

__all__ = ["Run", "begin"]

#: Set by the runner to the profile whose stage is being executed; unset when a person runs the notebook.
STAGE_PROFILE = "ANALYSIS_STAGE_PROFILE"


@dataclass(frozen=True)
class Run:
    """One notebook on one profile."""

    topic: str
    params: Any
    build: Build
    interactive: bool

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the features stage recorded: as-of date, cut-off, horizon, tables present."""
        path = self.build.features / "facts.json"
        return dict(json.loads(self._existing(path).read_text(encoding="utf-8")))

    @property
    def currency(self) -> bool:
        """Whether the purchases carry money."""
        return bool(self.facts["currency_present"])

    def path(self, name: str) -> Path:
        """The path of a table of this profile, such as `clean/sales`."""
        return self._existing(self.build.folder / f"{name}.parquet")

    def has(self, name: str) -> bool:
        """Whether the profile has the table: `feedback` for a clean table, or a path such as `features/cohorts`."""
        relative = name if "/" in name else f"clean/{name}"
        return (self.build.folder / f"{relative}.parquet").is_file()

    def read(
        self,
        name: str,
        columns: list[str] | None = None,
        *,
        sample: Sample | None = None,
        otherwise: str | None = None,
    ) -> pd.DataFrame:
        """A table of this profile; decimals become floats and dates become timestamps.

        With a `sample`, only the rows of its customers, by the column `customer_key`; where that is missing, of the
        same share of the values of `otherwise`, such as baskets.
        """
        return read_table(self.path(name), columns, sample=sample, otherwise=otherwise)

    def batches(self, name: str, columns: list[str] | None = None, *, size: int) -> Batches:
        """A table that is in the order of its customers, so many customers at a time, each with all their rows; it may
        be gone through more than once."""
        return Batches(self.path(name), columns, size)

    def columns(self, name: str) -> list[str]:
        """The names of a table's columns."""
        return list(read_schema(self.path(name)).names)

    def distinct(self, name: str, column: str = "customer_key") -> np.ndarray:
        """The different values of a column of whole numbers, ascending: who is in a table of any length."""
        return read_distinct(self.path(name), column)

    def sample(self, most: int) -> Sample:
        """At most so many of the profile's customers, the same ones in every notebook that asks for as many."""
        return draw(read_distinct(self.path("features/customers"), "customer_key"), most=most)

    def result(
        self, topic: str, name: str, columns: list[str] | None = None, *, sample: Sample | None = None
    ) -> pd.DataFrame:
        """What another notebook wrote with `write`; with a `sample`, only the rows of its customers."""
        path = self._existing(self.build.folder / "results" / topic / f"{name}.parquet")
        return read_table(path, columns, sample=sample)

    def has_result(self, topic: str, name: str) -> bool:
        """Whether another notebook wrote that result."""
        return (self.build.folder / "results" / topic / f"{name}.parquet").is_file()

    def key_figures(self, topic: str) -> dict[str, dict[str, Any]]:
        """The key figures of another notebook by id; for the summary."""
        path = self._existing(self.build.facts(topic))
        return dict(json.loads(path.read_text(encoding="utf-8"))["key_figures"])

    def record(self, name: str) -> dict[str, Any]:
        """A JSON record of this profile, such as `raw/ingest`."""
        return dict(json.loads(self._existing(self.build.folder / f"{name}.json").read_text(encoding="utf-8")))

    def frozen(self) -> dict[str, Any] | None:
        """The content of the file that the parameter `frozen` names, checked; None where it names none."""
        from analysis.pipeline.params.frozen import load_frozen

        return None if self.params.frozen is None else load_frozen(self.params.frozen, root=self.build.root)

    def digest(self, name: str) -> str:
        """The SHA-256 of a table's file, such as `features/customers`."""
        return hashlib.sha256(self.path(name).read_bytes()).hexdigest()

    def keep(self, name: str, content: dict[str, Any]) -> Path:
        """Keep a result that is no table as JSON."""
        path = self.folder(f"results/{self.topic}") / f"{name}.json"
        write_json(path, content)
        return path

    def folder(self, name: str) -> Path:
        """A folder to write to, such as `clean`: the stage's own, or a scratch copy when a person runs the notebook."""
        base = self.build.root / "build" / "scratch" / self.build.profile if self.interactive else self.build.folder
        path = base / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, frame: pd.DataFrame) -> Path:
        """Keep a result table as Parquet, floats rounded to ten significant digits."""
        path = self.folder(f"results/{self.topic}") / f"{name}.parquet"
        _rounded(frame).reset_index(drop=True).to_parquet(path, index=False, compression="zstd")
        return path

    def write_batches(self, name: str, frames: Iterable[pd.DataFrame]) -> Path:
        """Keep a result of which not more than two frames are held at once; of one frame it is the same as `write`."""
        rest = iter(frames)
        first, second = next(rest), next(rest, None)
        if second is None:
            return self.write(name, first)
        path = self.folder(f"results/{self.topic}") / f"{name}.parquet"
        write_batches(path, map(_rounded, chain([first, second], rest)))
        return path

    def _existing(self, path: Path) -> Path:
        if path.exists():
            return path
        shown = path.relative_to(self.build.root).as_posix()
        raise AnalysisError(
            f"{shown} does not exist yet. Build the profile first: dvc repro pages@{self.build.profile}"
        )


def begin(topic: str, namespace: Mapping[str, Any]) -> Run:
    """Check the parameters that the notebook's first code cell set, and open the profile's tables.

    Parameters
    ----------
    topic : str
        The notebook's short name, such as `"clustering"`.
    namespace : mapping
        `globals()` of the notebook.

    Returns
    -------
    Run
        With `params` (typed), `read`, `write`, `has`, `facts`.

    Raises
    ------
    AnalysisError
        If a parameter is unknown or out of range, or the project is not found.
    """
    root = find_root()
    os.chdir(root)
    section = SECTIONS[topic]
    if "profile" not in namespace:
        raise AnalysisError('the first code cell must set `profile`, for example profile: str = "demo"')
    profile = str(namespace["profile"])
    values = {name: namespace[name] for name in section.model_fields if name in namespace}
    params = check_section(section, values, where=f"notebook {topic}, profile {profile}")
    interactive = os.environ.get(STAGE_PROFILE) != profile
    if interactive:
        _show_blocks_as_people_read_them(profile, root)
    return Run(topic, params, Build(root, profile), interactive)


def _show_blocks_as_people_read_them(profile: str, root: Path) -> None:
    from analysis.pipeline.pages import style_of  # a stage draws nothing, so it does not load this
    from analysis.pipeline.params import load_profile
    from analysis.report import page

    page.set_context(style_of(load_profile(profile, root=root)))


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    from analysis.report.values import significant_column  # kept out of the notebook's first second

    rounded = frame.copy()
    for column in rounded.select_dtypes("float").columns:
        rounded[column] = significant_column(rounded[column].to_numpy(dtype=float, na_value=np.nan))
    return rounded


def parameters_of(section: Section) -> dict[str, Any]:
    """A section's values as plain types, for a notebook's parameters cell."""
    return section.model_dump(mode="json")
