"""What an executed notebook says: its Markdown and its blocks, in order, as one JSON document."""

from __future__ import annotations

from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.project import NOTEBOOKS
from analysis.report.blocks import MIME_TYPE

__all__ = ["document", "key_figures", "warnings_of"]

Content = dict[str, Any]


def document(notebook: Content, *, topic: str, provenance: Content) -> Content:
    """Markdown cells and blocks in reading order, with the title and the provenance.

    Code, streams and every other output stay in the executed notebook.
    """
    items: list[Content] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            items.append({"markdown": "".join(cell["source"])})
        for output in cell.get("outputs", []):
            items += [{"block": block} for block in output.get("data", {}).get(MIME_TYPE, {}).get("blocks", [])]
    _refuse_double_ids(items, topic)
    return {
        "topic": topic,
        "number": NOTEBOOKS[topic][:2],
        "title": _title(items, topic),
        "items": items,
        "provenance": provenance,
    }


def key_figures(content: Content) -> Content:
    """The document's key figures by id: metric, label, value with interval, n and direction."""
    figures = [item["block"] for item in content["items"] if item.get("block", {}).get("type") == "key_figure"]
    return {
        block["id"]: {name: part for name, part in block.items() if name not in {"type", "id"}} for block in figures
    }


def warnings_of(notebook: Content) -> list[str]:
    """What cells wrote to the error stream: for the build log, never for a page."""
    return [
        "".join(output["text"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]


def _title(items: list[Content], topic: str) -> str:
    first = str(items[0].get("markdown", "")) if items else ""
    if not first.startswith("# "):
        raise AnalysisError(f"the notebook {topic!r} must begin with a Markdown cell that starts with '# Title'")
    return first.splitlines()[0][2:].strip()


def _refuse_double_ids(items: list[Content], topic: str) -> None:
    seen: set[str] = set()
    for item in items:
        name = item.get("block", {}).get("id")
        if name in seen:
            raise AnalysisError(
                f"the notebook {topic!r} emits two blocks with the id {name!r}; ids are unique on a page"
            )
        if name:
            seen.add(name)
