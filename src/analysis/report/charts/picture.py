"""A data scientist's own matplotlib chart as a block: its words stay words, its ids keep to themselves."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib import rc_context

from analysis.report.blocks import Column, Picture
from analysis.report.wording import Message

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["picture"]

_FORBIDDEN = re.compile(
    r"<(script|foreignObject|image|a)\b|\bon[a-z]+\s*=|(?:xlink:)?href\s*=\s*[\"'](?!#)", re.IGNORECASE
)


def picture(
    fig: Figure,
    *,
    id: str,
    title: Message,
    subtitle: Message,
    description: str,
    data: pd.DataFrame,
    columns: Mapping[str, Column],
) -> Picture:
    """Turn a matplotlib figure into a block.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Some 7 inches wide reads best. It is shown on a light plate, since its colours are fixed.
    id : str
        The block's id; it also makes matplotlib's own ids repeatable.
    title, subtitle : Message
        The finding, and what is measured in which unit for whom.
    description : str
        For readers who cannot see it.
    data, columns
        The numbers behind the chart and how to read them.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If the drawing embeds an image, a link or a script: rasterised parts are images, so draw them as vectors.
    """
    target = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": id}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*[Gg]lyph.*")  # the reader's browser has the glyphs
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        fig.savefig(target, format="svg", metadata=metadata, facecolor="white", bbox_inches="tight")
    svg = _house(target.getvalue(), id)
    if found := _FORBIDDEN.search(svg):
        raise ValueError(f"picture {id!r} holds {found[0]!r}; a page takes vectors and words only (no rasterized=True)")
    return Picture(id=id, title=title, subtitle=subtitle, description=description, svg=svg, data=data, columns=columns)


def _house(svg: str, id: str) -> str:
    """Keep the `<svg>` element alone, prefix its ids, drop fonts, global styles and needless decimals."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    svg = re.sub(r'\s+id="([^"]+)"', lambda match: f' id="{id}-{match[1]}"' if match[1] in used else "", svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{id}-", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r"\bd=\"[^\"]*\"", lambda match: re.sub(r"\s*\n\s*", " ", match[0]), svg)
    svg = re.sub(r"-?\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", svg)
    svg = re.sub(r'^<svg[^>]*?viewBox="([^"]*)"[^>]*>', r'<svg xmlns="http://www.w3.org/2000/svg" '
                 r'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1">', svg)  # fmt: skip
    return re.sub(r"\n\s*", "\n", svg)
