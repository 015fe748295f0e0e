"""The key figures of a version as one JSON file for other programs; `key_figures.schema.json` says what each field is.

>>> figure = {"label": "Rules", "metric": "rules.found.v1", "value": {"kind": "count", "value": 10}}
>>> facts = {"as_of": "2026-01-31", "synthetic": False, "key_figures": {"rules": {"found": figure}},
...          "parameters": {"report": {"title": "Shop", "currency": "GBP"}}}
>>> key_figures(Version("shop-2026-01-31-ab12", "shop", facts))["key_figures"]
[{'page': 'rules', 'id': 'found', 'label': 'Rules', 'metric': 'rules.found.v1', 'kind': 'count', 'value': 10}]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.report.formatting import Style
from analysis.report.language import ENGLISH, in_language
from analysis.report.messages import said
from analysis.report.versions import Version

__all__ = ["FORMAT", "key_figures"]

#: Raised when a field changes its meaning or is taken away.
FORMAT = 1


def key_figures(version: Version) -> dict[str, Any]:
    """What the schema describes, from a version's own record; values are those that its pages show."""
    report = version.facts["parameters"]["report"]
    return {
        "format": FORMAT,
        "version": version.id,
        "profile": version.profile,
        "title": in_language(report["title"], ENGLISH),
        "as_of": version.as_of,
        "currency": report["currency"],
        "synthetic": bool(version.facts["synthetic"]),
        "key_figures": [
            _entry(page, name, figure)
            for page, figures in version.facts["key_figures"].items()
            for name, figure in figures.items()
        ],
    }


def _entry(page: str, name: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    value = figure["value"]
    entry = {"page": page, "id": name, "label": said(figure["label"], Style()), "metric": figure["metric"]}
    entry |= {part: value[part] for part in ("kind", "value", "low", "high", "level") if part in value}
    return entry | {part: figure[part] for part in ("n", "direction") if part in figure}
