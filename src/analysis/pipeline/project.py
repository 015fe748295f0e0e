"""Where things are: the project's root and the folders of a profile's build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError

__all__ = ["NOTEBOOKS", "PAGES", "Build", "find_root"]

#: Short name and file name of every notebook, in the order in which they run; 07 are worked examples, no stage.
NOTEBOOKS: dict[str, str] = {
    "cleaning": "01_cleaning",
    "description": "02_description",
    "correlation": "03_correlation",
    "regression": "04_regression",
    "clustering": "05_clustering",
    "rules": "06_rules",
    "classification": "08_classification",
    "recommendation": "09_recommendation",
    "lifetime": "10_lifetime_value",
    "summary": "00_summary",
}

#: The order in which a reader meets the pages.
PAGES: tuple[str, ...] = tuple(sorted(NOTEBOOKS, key=NOTEBOOKS.__getitem__))


def find_root(start: Path | None = None) -> Path:
    """The nearest folder upwards that holds `dvc.yaml` and `params/`."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file() and (folder / "params").is_dir():
            return folder
    raise AnalysisError(
        f"{here} is not inside the project: no folder above it holds dvc.yaml and params/. "
        "Change to the project's folder and try again."
    )


@dataclass(frozen=True)
class Build:
    """The folders under `build/<profile>/`."""

    root: Path
    profile: str

    @property
    def folder(self) -> Path:
        return self.root / "build" / self.profile

    @property
    def inputs(self) -> Path:
        return self.folder / "inputs"

    @property
    def frozen(self) -> Path:
        """The folder of a link to the profile's frozen segmentation, or of a file that says there is none."""
        return self.folder / "frozen"

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def features(self) -> Path:
        return self.folder / "features"

    @property
    def pages(self) -> Path:
        return self.folder / "pages"

    def blocks(self, topic: str) -> Path:
        """The JSON of what a notebook says."""
        return self.folder / "blocks" / f"{topic}.json"

    def facts(self, topic: str) -> Path:
        """The key figures of a notebook, which DVC tracks as metrics."""
        return self.folder / "facts" / f"{topic}.json"

    def results(self, topic: str) -> Path:
        """The folder of the tables that a notebook writes."""
        return self.folder / "results" / topic

    def executed(self, topic: str) -> Path:
        """The executed notebook."""
        return self.folder / "notebooks" / f"{notebook_name(topic)}.ipynb"

    def failed(self, topic: str) -> Path:
        """Where the partly executed notebook stays when a cell fails; never an output of a stage."""
        return self.root / "build" / "failed" / self.profile / f"{notebook_name(topic)}.ipynb"


def notebook_name(topic: str) -> str:
    """`clustering` to `05_clustering`, the name of its file."""
    if topic not in NOTEBOOKS:
        raise AnalysisError(f"there is no notebook {topic!r}. Known: {', '.join(PAGES)}")
    return NOTEBOOKS[topic]
