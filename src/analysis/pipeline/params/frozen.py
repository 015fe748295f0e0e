"""The file of a frozen segmentation: what it must hold, checked before anything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from analysis.errors import AnalysisError
from analysis.pipeline.params.files import validate
from analysis.pipeline.params.types import Section

__all__ = ["FOLDER", "FrozenFile", "load_frozen"]

#: Where frozen segmentations lie, one `<profile>.json` each; in git, beside the parameters that name them.
FOLDER = "params/frozen"

#: JSON does not tell 1 from 1.0.
Number = Annotated[float, Field(strict=False)]
Share = Annotated[float, Field(strict=False, ge=0, le=1)]
Positive = Annotated[float, Field(strict=False, gt=0)]
Distance = Annotated[float, Field(strict=False, ge=0)]
Name = Annotated[str, Field(pattern=r"^[^\s].*$", max_length=200)]


class MadeFrom(Section):
    """What the segmentation was made from."""

    profile: Name
    as_of: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="as-of date of the data, YYYY-MM-DD")
    data: str = Field(min_length=1, description="SHA-256 of the table of customers")
    customers: int = Field(ge=1)


class Coordinate(Section):
    """How a column becomes a coordinate."""

    column: Name
    log: bool
    fill: Number | None
    centre: Number
    scale: Positive


class Segment(Section):
    """One segment: its name, the rule behind the name, and where it lies."""

    name: Name
    rule: Name
    because: dict[str, Literal["high", "middle", "low"]]
    share: Share
    distance: Distance
    centre: dict[str, Number]


class Scores(Section):
    """RFM scores."""

    scores: int = Field(ge=2, le=10)
    measures: list[str] = Field(min_length=1)
    cuts: dict[str, list[Number]]

    @model_validator(mode="after")
    def _cuts_are_whole(self) -> Self:
        for name in self.measures:
            cuts = self.cuts.get(name, [])
            if len(cuts) != self.scores - 1 or sorted(cuts) != cuts:
                raise ValueError(f"cuts of {name} must be {self.scores - 1} ascending numbers; got {cuts}")
        return self


class FrozenFile(Section):
    """A segmentation that stays what it was."""

    format: Literal[2]
    made_from: MadeFrom
    scaling: Literal["standard", "robust", "none"]
    columns: list[Coordinate] = Field(min_length=1)
    order_by: str
    reach: Distance
    segments: list[Segment] = Field(min_length=2, max_length=30)
    rfm: Scores | None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        columns = [each.column for each in self.columns]
        if len(set(columns)) < len(columns):
            raise ValueError(f"columns names a column twice: {', '.join(columns)}")
        names = [segment.name for segment in self.segments]
        if len(set(names)) < len(names):
            raise ValueError(f"segments has a name twice: {', '.join(names)}")
        for segment in self.segments:
            if sorted(segment.centre) != sorted(columns):
                raise ValueError(
                    f"the centre of segment {segment.name} must name {', '.join(columns)}; "
                    f"it names {', '.join(segment.centre) or 'nothing'}"
                )
        if abs(total := sum(segment.share for segment in self.segments) - 1) > 1e-6:
            raise ValueError(f"the shares of the segments must add up to 1; they are off by {total:.3g}")
        return self


def load_frozen(name: str, *, root: Path) -> dict[str, Any]:
    """The content of a file that `clustering.frozen` names, checked.

    Raises
    ------
    AnalysisError
        If the file is absent, lies outside the project, is not JSON, or does not hold a segmentation.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise AnalysisError(f"clustering.frozen: {name} lies outside the project; put it into {FOLDER}/")
    if not path.is_file():
        known = sorted(file.relative_to(root).as_posix() for file in (root / FOLDER).glob("*.json"))
        there = f"There are {', '.join(known)}" if known else f"There is none in {FOLDER}/"
        raise AnalysisError(
            f"clustering.frozen: {name} does not exist. {there}. "
            "Make one: python -m analysis freeze <profile>; or set clustering.frozen: null"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise AnalysisError(f"{name} is not JSON in UTF-8 ({error}). Restore it from git, or freeze anew") from error
    if not isinstance(content, dict):
        raise AnalysisError(f"{name} holds no segmentation but a {type(content).__name__}. Restore it, or freeze anew")
    validate(FrozenFile, content, where=f"{name} (restore it from git, or freeze anew)")
    return content
