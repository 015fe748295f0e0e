"""From `params/<name>.yaml` to a typed `Profile`, with every fault of the file named at once."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from analysis.errors import AnalysisError
from analysis.pipeline.params.sections import Profile
from analysis.pipeline.params.types import Section
from analysis.pipeline.yaml_files import load_yaml, nearest, profile_path, shown_path

__all__ = ["check_section", "load_profile", "validate"]

Model = TypeVar("Model", bound=BaseModel)


def load_profile(name: str, *, root: Path) -> Profile:
    """The profile's parameters, checked."""
    path = profile_path(name, root=root)
    content = load_yaml(path, root=root)
    if dates := list(_bare_dates(content)):
        listed = "\n".join(f'  {key}: write the date in quotes: "{value}"' for key, value in dates)
        raise AnalysisError(f"{shown_path(path, root)}: {len(dates)} date(s) that DVC cannot keep\n{listed}")
    return validate(Profile, content, where=shown_path(path, root))


def check_section(section: type[Section], values: Mapping[str, Any], *, where: str) -> Section:
    """A notebook's parameters as its typed section."""
    return validate(section, dict(values), where=where)


def validate(model: type[Model], data: Any, *, where: str) -> Model:
    """Build the model, or raise one error that lists every fault with its key, value and remedy."""
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        faults = [_describe(model, item) for item in error.errors(include_url=False)]
        lines = "\n".join(f"  {fault}" for fault in dict.fromkeys(faults))
        raise AnalysisError(f"{where}: {len(faults)} invalid parameter(s)\n{lines}") from None


def _describe(model: type[BaseModel], item: Any) -> str:
    location: Sequence[int | str] = item["loc"]
    key = ".".join(str(part) for part in location)
    if item["type"] == "extra_forbidden":
        names = _fields(model, location[:-1])
        return f"{key}: unknown parameter.{nearest(str(location[-1]), names)} Expected one of: {', '.join(names)}"
    if item["type"] == "missing":
        return f"{key}: missing. Add it (params/demo.yaml has an example)"
    if item["type"] == "value_error":
        return f"{key or 'the file'}: {item['msg'].removeprefix('Value error, ')}"
    field = _fields(model, location[:-1]).get(str(location[-1])) if location else None
    meaning = f" ({field.description})" if field is not None and field.description else ""
    return f"{key}: {item['msg'][0].lower()}{item['msg'][1:]}, got {item['input']!r}{meaning}"


def _fields(model: type[BaseModel], location: Iterable[int | str]) -> dict[str, Any]:
    """The fields of the model that stands at a place in the file."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        field = current.model_fields.get(part) if current else None
        current = _model_in(field.annotation) if field else None
    return dict(current.model_fields) if current else {}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in typing.get_args(annotation) if (found := _model_in(part))), None)


def _bare_dates(content: Any, name: str = "") -> Iterator[tuple[str, date]]:
    """Dates without quotes, which YAML turns into objects that `dvc.lock` cannot hold."""
    if isinstance(content, date):
        yield name, content
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield from _bare_dates(value, f"{name}.{key}" if name else str(key))
