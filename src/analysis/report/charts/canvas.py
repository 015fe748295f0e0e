"""A sheet to draw on: lines, bars, dots and words in pixels, y downwards, drawn by matplotlib into SVG.

The sheet is 520 units wide and scales with the page. Words are laid out at the size that they have on a phone: there a
unit is 0.72 px and a word some 11 px tall. Where there is more room, `charts.css` sets them smaller in units, so that
they are 12 to 14 px everywhere; they keep their anchors and their middles, and so never grow out of their place.
(Two drawings of each chart, one hidden, were the other way: they double the bytes, and hidden words are read by some.)
Nothing here knows a chart; nothing here touches matplotlib's global state for longer than one save.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from analysis.report.charts.words import clean
from analysis.report.chinese import has_han
from analysis.report.palette import tokens, variable

__all__ = ["FONT", "LINE", "WIDTH", "Canvas"]

WIDTH = 520.0
#: Height of the words that a layout must have room for, in the sheet's units; `charts.css` sets none larger.
FONT = 16.0
#: From one line of a label to the next.
LINE = 18.5

_SVG = "{http://www.w3.org/2000/svg}"
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_PARAMETERS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.usetex": False,
    "path.simplify": False,
    "font.family": ["DejaVu Sans"],
}
#: What `charts.css` or the browser says already.
_UNSAID = re.compile(r"font-(?:family|size): [^;]*;? ?|stroke-linejoin: miter;? ?|stroke-dashoffset: 0;? ?")
_NUMBER = re.compile(r"-?\d+\.\d+")
#: From the middle of a word to the line it stands on, in parts of its size.
_MIDDLE = 0.36

Points = Sequence[tuple[float, float]]


def _ink(token: str) -> str:
    """A stand-in colour that names a token; `_paint` turns it into the token's CSS variable."""
    return f"#01fe{list(tokens()[0]).index(token):02x}"


def _paint(style: str) -> str:
    names = list(tokens()[0])
    painted = re.sub(r"#01fe([0-9a-f]{2})", lambda match: variable(names[int(match[1], 16)]), style)
    return painted.replace(": ", ":").replace("; ", ";").strip("; ")


class Canvas:
    """One drawing. Colours are tokens of the palette; every method draws on top of what is there."""

    def __init__(self, width: float = WIDTH) -> None:
        self.width = width
        self._artists: list[tuple[Artist, str]] = []
        self._tips: list[str] = []

    def text(
        self, x: float, y: float, words: str, *, token: str = "ink", anchor: str = "start", bold: bool = False,
        halo: bool = False, turn: float = 0.0, tip: str = "", line: float = 0.0,
    ) -> None:  # fmt: skip
        """Write one line with its middle at height `y`, or so many lines below it; `anchor` is start, middle or end;
        `turn` in degrees."""
        align: Any = {"start": "left", "middle": "center", "end": "right"}[anchor]
        artist = Text(
            x, y, clean(words), color=_ink(token), fontsize=FONT, fontweight="bold" if bold else "normal",
            horizontalalignment=align, verticalalignment="baseline", rotation=turn, rotation_mode="anchor",
            parse_math=False,
        )  # fmt: skip
        self._add(artist, f"{'halo' if halo else ''}:{_MIDDLE + line * LINE / FONT:.2f}", tip)

    def block(self, x: float, y: float, lines: Sequence[str], *, tip: str = "", **look: Any) -> None:
        """Write several lines around the height `y`; a hint has the full text where a line was shortened."""
        tip = tip if any(words.endswith("…") for words in lines) else ""
        for number, words in enumerate(lines):
            self.text(x, y, words, line=number - (len(lines) - 1) / 2, tip=tip, **look)

    def rect(self, x0: float, y0: float, x1: float, y1: float, *, fill: str, tip: str = "", alpha: float = 1.0) -> None:
        """A filled rectangle between two corners."""
        self.rects([(x0, y0, x1, y1)], fill=fill, tip=tip, alpha=alpha)

    def rects(
        self, boxes: Sequence[tuple[float, float, float, float]], *, fill: str, tip: str = "", alpha: float = 1.0
    ) -> None:
        """Many rectangles of one colour as a single path."""
        corners = [point for x0, y0, x1, y1 in boxes for point in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(boxes)
        if boxes:
            self._add(PathPatch(Path(corners, codes), facecolor=_ink(fill), linewidth=0, alpha=alpha), "", tip)

    def polygon(self, points: Points, *, fill: str, alpha: float = 1.0) -> None:
        """A filled shape, such as an interval's band."""
        self._add(PathPatch(Path(list(points), closed=False), facecolor=_ink(fill), linewidth=0, alpha=alpha), "", "")

    def line(
        self, points: Points, *, token: str = "ink", width: float = 1.0, dash: tuple[float, float] | None = None,
        tip: str = "",
    ) -> None:  # fmt: skip
        """A line through points."""
        if len(points) > 1:
            self.lines([points], token=token, width=width, dash=dash, tip=tip)

    def lines(
        self, strokes: Sequence[Points], *, token: str = "ink", width: float = 1.0,
        dash: tuple[float, float] | None = None, tip: str = "",
    ) -> None:  # fmt: skip
        """Many lines of one style as a single path."""
        vertices = [point for points in strokes for point in points]
        codes = [code for points in strokes for code in [Path.MOVETO] + [Path.LINETO] * (len(points) - 1)]
        if not vertices:
            return
        style = "solid" if dash is None else (0, (dash[0] / width, dash[1] / width))
        patch = PathPatch(
            Path(vertices, codes), fill=False, edgecolor=_ink(token), linewidth=width, linestyle=style, capstyle="butt"
        )
        self._add(patch, "", tip)

    def dot(
        self, x: float, y: float, *, token: str = "c1", radius: float = 4.5, hollow: bool = False, tip: str = ""
    ) -> None:
        """A round mark; a hollow one shows the page through it."""
        patch = PathPatch(
            Path([(x, y)], [Path.MOVETO]), facecolor=_ink("paper") if hollow else _ink(token), edgecolor=_ink(token),
            linewidth=1.5 if hollow else 0,
        )  # fmt: skip
        self._add(patch, f"dot:{radius if not hollow else radius - 0.75:g}", tip)

    def svg(self, height: float, *, id: str, name: str, description: str, lang: bool = True) -> str:
        """The drawing as an inline SVG element with its name and description.

        Parameters
        ----------
        height : float
            Height of the sheet.
        id : str
            Prefix of the ids inside.
        name, description : str
            For those who cannot see it; escaped here.
        lang : bool
            Whether Chinese words are marked as such.
        """
        body = "".join(_element(group, self._tips, lang=lang) for group in self._drawn(height, id))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {round(height):g}" '
            f'font-size="{FONT:g}" role="img" aria-labelledby="{id}-name" aria-describedby="{id}-desc">'
            f'<title id="{id}-name"{_marked(name, lang)}>{escape(name)}</title>'
            f'<desc id="{id}-desc"{_marked(description, lang)}>{escape(description)}</desc>{body}</svg>'
        )

    def _add(self, artist: Artist, role: str, tip: str) -> None:
        if tip:
            self._tips.append(tip)
        self._artists.append((artist, f"{role}|{len(self._tips) - 1 if tip else ''}"))

    def _drawn(self, height: float, salt: str) -> list[ElementTree.Element]:
        height = round(height)
        figure = Figure(figsize=(self.width / 72, height / 72), dpi=72, frameon=False)
        FigureCanvasSVG(figure)
        flip = Affine2D().scale(1, -1).translate(0, height)
        for order, (artist, role) in enumerate(self._artists):
            artist.set_transform(flip)
            artist.set_zorder(order)
            artist.set_gid(role)
            artist.set_clip_on(False)
            figure.add_artist(artist)
        target = io.StringIO()
        with rc_context({**_PARAMETERS, "svg.hashsalt": salt}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*[Gg]lyph.*")  # the reader's browser has the glyphs
            figure.canvas.print_svg(target, metadata=_NO_METADATA)  # type: ignore[attr-defined]
        root = ElementTree.fromstring(target.getvalue())
        return [group for group in root.iter(f"{_SVG}g") if "|" in group.get("id", "")]


def _element(group: ElementTree.Element, tips: list[str], *, lang: bool) -> str:
    """One artist as SVG: ids and font families dropped, numbers shortened, colours as CSS variables."""
    role, _, tip = group.get("id", "|").partition("|")
    parts = []
    kind, _, size = role.partition(":")
    for child in group:
        style = _UNSAID.sub("", child.get("style", ""))
        if child.tag == f"{_SVG}text":
            parts.append(_text(child, style, kind, size, lang=lang))
            continue
        path = re.sub(r"\s*([A-Za-z])\s*", r"\1", _NUMBER.sub(_short, child.get("d", "")))
        if kind == "dot":
            x, y = path.removeprefix("M").split()
            parts.append(f'<circle cx="{x}" cy="{y}" r="{size}" style="{_paint(style)}"/>')
        else:
            parts.append(f'<path d="{path}" style="{_paint(style)}"/>')
    drawn = "".join(parts)
    if not tip:
        return drawn
    words = clean(tips[int(tip)])
    return f"<g><title{_marked(words, lang)}>{escape(words)}</title>{drawn}</g>"


def _text(element: ElementTree.Element, style: str, kind: str, drop: str, *, lang: bool) -> str:
    words = element.text or ""
    place = "".join(
        f' {name}="{_NUMBER.sub(_short, element.attrib[name])}"' for name in ("x", "y") if name in element.attrib
    )
    turn = element.get("transform", "")
    if turn and not turn.startswith("rotate(-0 "):
        place += f' transform="{_NUMBER.sub(_short, turn)}"'
    marks = (f' class="{kind}"' if kind else "") + _marked(words, lang)
    return f'<text{marks}{place} dy="{drop}em" style="{_paint(style)}">{escape(words, quote=False)}</text>'


def _marked(words: str, lang: bool) -> str:
    """The attribute that says that words are Chinese."""
    return ' lang="zh-Hans"' if lang and has_han(words) else ""


def _short(match: re.Match[str]) -> str:
    written = f"{float(match[0]):.1f}".removesuffix(".0")
    return "0" if written == "-0" else written
