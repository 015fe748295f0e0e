"""Charts: marks stand where the numbers say, words survive, and no data break the drawing."""

from __future__ import annotations

import json
import logging
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure as MatplotlibFigure

from analysis.errors import AnalysisError
from analysis.report import palette, theme
from analysis.report.blocks import Column, Figure, from_dict
from analysis.report.charts import CHARTS, draw, picture
from analysis.report.charts.canvas import FONT, WIDTH
from analysis.report.charts.words import width_of, wrap
from analysis.report.formatting import Style
from analysis.report.wording import message

STYLE = Style(currency="GBP")
SVG = "{http://www.w3.org/2000/svg}"
KINDS = [
    "bars", "pairs", "lines", "lorenz", "gain", "forecasts", "questions", "windows", "bins", "heat", "odds", "bells",
    "density", "shrink", "tree", "steps", "places", "links",
]  # fmt: skip


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def boxes(svg: str, token: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of every filled rectangle of a colour."""
    found = []
    for path in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        if f"fill:var(--{token}," not in path.attrib["style"]:
            continue
        for part in path.attrib["d"].split("z"):
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", part)]
            if numbers:
                found.append((min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])))
    return found


def test_examples_cover_every_kind(examples: ModuleType) -> None:
    assert {item.chart for item in examples.FIGURES.values()} == set(CHARTS)
    assert list(examples.FIGURES) == KINDS


def test_bars_are_as_long_as_their_values(examples: ModuleType) -> None:
    data = pd.DataFrame({"category": list("abcd"), "value": [400.0, 200.0, -100.0, 50.0]})
    figure = examples.figure("b", "bar", data, {"category": Column("C"), "value": Column("V", "number")})
    widths = [right - left for left, _, right, _ in boxes(draw(figure, STYLE), "c1")]
    assert np.allclose(np.array(widths) / widths[0], [1, 0.5, 0.25, 0.125], atol=0.005)
    lefts = [left for left, *_ in boxes(draw(figure, STYLE), "c1")]
    assert lefts[2] + widths[2] == pytest.approx(lefts[0], abs=0.2)  # the negative one ends at zero


def test_histogram_heights_follow_counts(examples: ModuleType) -> None:
    found = boxes(draw(examples.FIGURES["bins"], STYLE), "c1")
    heights = [bottom - top for _, top, _, bottom in found]
    assert np.allclose(np.array(heights) / heights[1], [0.25, 1, 0.5], atol=0.005)


def test_the_concentration_curve_runs_through_its_points(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["lorenz"], STYLE)
    curve = next(path.attrib["d"] for path in ElementTree.fromstring(svg).iter(f"{SVG}path")
                 if "stroke:var(--c1," in path.attrib["style"])  # fmt: skip
    points = np.array([float(number) for number in re.findall(r"-?[\d.]+", curve)]).reshape(-1, 2)
    x = (points[:, 0] - points[0, 0]) / (points[-1, 0] - points[0, 0])
    y = (points[:, 1] - points[0, 1]) / (points[-1, 1] - points[0, 1])
    assert np.allclose(y, x**2, atol=0.002)


def strokes(svg: str, token: str) -> list[np.ndarray]:
    """The points of every line of a colour, shape (points, 2)."""
    found = [path.attrib["d"] for path in ElementTree.fromstring(svg).iter(f"{SVG}path")
             if f"stroke:var(--{token}," in path.attrib["style"]]  # fmt: skip
    return [np.array([float(number) for number in re.findall(r"-?[\d.]+", d)]).reshape(-1, 2) for d in found]


def test_a_curve_runs_through_its_points_beside_lines_that_need_no_model(examples: ModuleType) -> None:
    figure = examples.FIGURES["gain"]
    svg = draw(figure, STYLE)
    (chance,) = [points for points in strokes(svg, "muted") if np.ptp(points[:, 1]) > 50]
    x, y = (figure.data.loc[figure.data["series"] == "model", name] for name in "xy")
    span = chance[1] - chance[0]
    drawn = next(points for points in strokes(svg, "c1") if len(points) == 11)
    assert np.allclose((drawn - chance[0]) / span, np.column_stack([x, y]), atol=0.002)
    assert {"model", "other", "at random", "chosen"} <= set(texts(svg))
    other = next(points for points in strokes(svg, "c2") if len(points) == 11)
    dashes = [path.attrib["style"].count("stroke-dasharray") for path in ElementTree.fromstring(svg).iter(f"{SVG}path")
              if "stroke:var(--c2," in path.attrib["style"]]  # fmt: skip
    assert len(other) == 11 and any(dashes), "colour is not all that tells two curves apart"


def test_a_forecast_that_came_true_is_hollow_and_the_sizes_stand_at_the_foot(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["forecasts"], STYLE)
    styles = [circle.attrib["style"] for circle in ElementTree.fromstring(svg).iter(f"{SVG}circle")]
    hollow = [style for style in styles if "fill:var(--paper," in style and "stroke:var(--c6," in style]
    assert len(hollow) == 3  # two groups of four, and the key that explains them
    heights = [bottom - top for _, top, _, bottom in boxes(svg, "pale")][:4]
    assert np.allclose(np.array(heights) / heights[0], [1, 0.75, 0.5, 0.25], atol=0.01)
    assert "Customers in the group, 40 at most" in texts(svg)


def test_a_tree_asks_its_questions_in_words_with_a_bar_for_each_share(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["questions"], Style(currency="GBP", names={"recency_days": "Days since last order"}))
    said = texts(svg)
    assert {"Days since last order: at most 45\xa0days?", "monetary: at most £120?", "Group B"} <= set(said)
    assert said.count("yes") == said.count("no") == 2
    asked = [right - left for left, _, right, _ in boxes(svg, "pale")]
    ends = [right - left for left, _, right, _ in boxes(svg, "c1")]
    assert np.allclose(np.array([*asked, *ends]) / asked[0], np.array([0.4, 0.6, 0.4, 0.7, 0.1]) / 0.4, atol=0.02)


def test_an_end_of_a_tree_where_nobody_came_leaves_the_bars_where_they_are(examples: ModuleType) -> None:
    figure = examples.FIGURES["questions"]
    empty = {"node": 5, "parent": 9, "branch": "yes", "leaf": "Group D", "n": 0}
    data = pd.concat([figure.data, pd.DataFrame([empty])], ignore_index=True)
    data.loc[4, ["n", "value", "low", "high"]] = [0, None, None, None]
    svg = draw(replace(figure, data=data), STYLE)
    lefts = {round(left) for token in ("pale", "c1") for left, *_ in boxes(svg, token)}
    assert lefts == {400}, "every bar begins at the line, right of the numbers of customers"
    assert "–" in texts(svg) and "Group D" not in texts(svg), "its question is not shown"


def deep_tree(name: str) -> pd.DataFrame:
    """A tree of four questions one below the other, each about `name`."""
    rows = [{"node": 0, "parent": None, "branch": None}]
    for depth in range(4):
        rows += [{"node": 2 * depth + 1, "parent": 2 * depth - 1 if depth else 0, "branch": "yes"},
                 {"node": 2 * depth + 2, "parent": 2 * depth - 1 if depth else 0, "branch": "no"}]  # fmt: skip
    inner = {0, 1, 3, 5}
    data = pd.DataFrame(rows).astype(object)
    data["feature"] = [name if node in inner else None for node in data["node"]]
    data["threshold"] = [1234.5 if node in inner else None for node in data["node"]]
    data["leaf"] = [None if node in inner else f"Group {node}" for node in data["node"]]
    return data.assign(kind="money", n=99_999, value=0.5, low=0.4, high=0.6)


@pytest.mark.parametrize(
    "name", ["Average order value of the last twelve months with gift cards", "上一时期的消费总额" * 6]
)
def test_names_of_any_length_stay_clear_of_the_numbers_in_a_tree(examples: ModuleType, name: str) -> None:
    figure = replace(examples.FIGURES["questions"], data=deep_tree(name))
    root = ElementTree.fromstring(draw(figure, STYLE))
    edge = min(
        float(element.attrib["x"]) - width_of(element.text or "", 13)
        for element in root.iter(f"{SVG}text") if element.text == "99,999"
    )  # fmt: skip
    said = [element for element in root.iter(f"{SVG}text") if float(element.attrib["x"]) < edge]
    assert max(float(element.attrib["x"]) + width_of(element.text or "", 13) for element in said) <= edge
    assert len([element for element in said if element.text in {"yes", "no"}]) == 8


def test_spans_stand_where_their_days_are(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["windows"], STYLE)
    known, asked = boxes(svg, "c1")[-2:], boxes(svg, "c2")[-2:]
    assert known[0][2] == pytest.approx(asked[0][0], abs=0.2)  # what is asked begins where what is known ends
    year = asked[1][2] - known[0][0]
    assert (known[0][2] - known[0][0]) / year == pytest.approx(151 / 334, abs=0.005)


def circles(svg: str, token: str) -> list[tuple[float, float, float]]:
    """Centre and radius of every dot of a colour."""
    return [(float(dot.attrib["cx"]), float(dot.attrib["cy"]), float(dot.attrib["r"]))
            for dot in ElementTree.fromstring(svg).iter(f"{SVG}circle")
            if f"fill:var(--{token}," in dot.attrib["style"]]  # fmt: skip


def test_groups_lie_on_a_map_where_their_medians_are(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["places"], STYLE)
    dots = np.array([circles(svg, token)[0] for token in ("c1", "c2", "c3", "c4")])
    x, y, radius = dots.T
    assert np.allclose((x - x[0]) / (x[3] - x[0]), np.log([1, 2, 8, 9]) / np.log(9), atol=0.003)
    assert np.allclose((y - y[0]) / (y[1] - y[0]), (np.array([10, 80, 20, 60]) - 10) / 70, atol=0.003)
    assert radius[0] > radius[1] == radius[3] > radius[2]
    left, top, right, bottom = boxes(svg, "c2")[0]
    assert left < x[1] < right and (top + bottom) / 2 == pytest.approx(y[1], abs=0.2)
    words = [element for element in ElementTree.fromstring(svg).iter(f"{SVG}text") if element.text in set("abcd")]
    assert len(words) == 4
    for element in words:  # no name lies on a dot
        at = float(element.attrib["x"]), float(element.attrib["y"])
        assert np.hypot(x - at[0], y - at[1]).min() > 4


def test_a_network_sets_what_hangs_together_side_by_side(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["links"], STYLE)
    rows = {element.text: float(element.attrib["y"]) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert sorted("abcde", key=lambda name: rows[name]) == ["a", "b", "e", "c", "d"]
    arcs = [points for points in strokes(svg, "c1") if len(points) > 2]
    ends = {(round(points[0, 1]), round(points[-1, 1])) for points in arcs}
    assert ends == {(round(rows[a]), round(rows[b])) for a, b in ("ab", "cd", "be")}
    widths = [float(width) for width in re.findall(r"stroke:var\(--c1,#\w+\);stroke-width:([\d.]+)", svg)]
    assert max(widths) > 2 * min(widths)
    assert {"20", "10", "5"} <= {words.split(".")[0] for words in rows if words}


def test_a_line_marks_places_to_remember(examples: ModuleType) -> None:
    data = pd.DataFrame({"x": [0.0, 0.5, 1.0], "y": [0.0, 40.0, 20.0]})
    figure = examples.figure("l", "line", data, {"x": Column("Contacted", "percent"), "y": Column("Profit", "money")},
                             options={"marks": [{"x": 0.5, "label": "threshold"}]})  # fmt: skip
    svg = draw(figure, STYLE)
    (line,) = strokes(svg, "c1")[:1]
    assert "threshold" in texts(svg)
    assert any(np.allclose(points[:, 0], line[1, 0], atol=0.2) for points in strokes(svg, "muted"))


def test_a_waterfall_hangs_changes_where_the_last_bar_ended(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["steps"], STYLE)
    (raw, clean), (removed,) = boxes(svg, "c6"), boxes(svg, "c2")
    assert removed[2] == pytest.approx(raw[2], abs=0.2)
    assert removed[0] == pytest.approx(clean[2], abs=0.2)
    assert "do not start at zero" not in svg


def test_small_changes_of_large_totals_are_made_visible_and_said(examples: ModuleType) -> None:
    data = pd.DataFrame({"step": list("abc"), "value": [1e6, -1e4, 9.9e5], "kind": ["total", "change", "total"]})
    svg = draw(replace(examples.FIGURES["steps"], data=data), STYLE)
    assert "totals are cut: they do not start at zero" in texts(svg)
    (removed,) = boxes(svg, "c2")
    assert removed[2] - removed[0] > 50


def test_a_dot_is_hollow_where_its_interval_includes_the_reference(examples: ModuleType) -> None:
    svg = draw(examples.FIGURES["odds"], STYLE)
    styles = [circle.attrib["style"] for circle in ElementTree.fromstring(svg).iter(f"{SVG}circle")]
    hollow = [style for style in styles if "fill:var(--paper," in style and "stroke:var(--c6," in style]
    assert len(hollow) == 2  # the one estimate around one, and the key that explains it
    assert "the interval includes the dashed line" in texts(svg)


def test_pairs_on_both_sides_of_zero_show_where_it_lies(examples: ModuleType) -> None:
    figure = examples.FIGURES["bells"]
    apart = figure.data.assign(first=[-0.4, 0.4, 0.2, 0.9])
    (zero,) = strokes(draw(replace(figure, data=apart), STYLE), "edge")
    assert zero[0, 0] == zero[1, 0] and np.ptp(zero[:, 1]) > 50
    assert strokes(draw(figure, STYLE), "edge") == []


def test_the_line_at_zero_leaves_room_for_the_words_of_values_beside_it(examples: ModuleType) -> None:
    figure = examples.FIGURES["bells"]
    near = figure.data.assign(first=[-0.9, 0.12, 0.7, 0.9], second=[-0.9, 0.15, 0.7, 0.8], low=None, high=None)
    svg = draw(replace(figure, data=near), STYLE)
    (zero,) = strokes(svg, "edge")
    words = next(element for element in ElementTree.fromstring(svg).iter(f"{SVG}text") if element.text == "12\xa0%")
    height = float(words.attrib.get("y") or re.findall(r"-?[\d.]+", words.attrib["transform"])[1])
    starts, ends = zero[::2, 1], zero[1::2, 1]
    assert len(zero) == 4 and np.all(zero[:, 0] == zero[0, 0]), "one gap"
    assert not any(start < height < end for start, end in zip(starts, ends, strict=True))


def test_a_currency_that_is_named_stands_with_values_and_in_the_title_of_an_axis(examples: ModuleType) -> None:
    chinese = texts(draw(examples.FIGURES["lines"], Style(currency="GBP", language="zh-Hans")))
    assert not any("£" in words for words in chinese) and {"100万", "200万"} <= set(chinese)
    assert any(words.endswith("（英镑）") for words in chinese)


def test_values_are_written_beside_marks(examples: ModuleType) -> None:
    assert {"10\xa0%", "50\xa0%", "90\xa0%"} <= set(texts(draw(examples.FIGURES["pairs"], STYLE)))
    assert {"£0", "£1m", "£2m", "£3m"} <= set(texts(draw(examples.FIGURES["lines"], STYLE)))
    assert "period not complete" in texts(draw(examples.FIGURES["lines"], STYLE))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_figure_gives_the_same_bytes(examples: ModuleType, kind: str) -> None:
    figure = examples.FIGURES[kind]
    first = draw(figure, STYLE)
    assert first == draw(from_dict(json.loads(json.dumps(figure.to_dict()))), STYLE)  # type: ignore[arg-type]
    ids = re.findall(r'\bid="([^"]+)"', first)
    assert len(ids) == len(set(ids)) and all(name.startswith(f"chart-{figure.id}-") for name in ids)
    assert "font-family" not in first and "<!DOCTYPE" not in first and "<style" not in first


MANGLES: dict[str, Callable[[int, Any], Any]] = {
    "nothing": lambda index, value: None,
    "not a number": lambda index, value: float("nan"),
    "some missing": lambda index, value: value if index % 2 else None,
    "all equal": lambda index, value: 5.0,
    "all zero": lambda index, value: 0.0,
    "negative": lambda index, value: None if value is None else -abs(value),
    "huge": lambda index, value: None if value is None else value * 1e12,
    "tiny": lambda index, value: None if value is None else value * 1e-12,
    "infinite": lambda index, value: float("inf") if index == 0 else value,
}
VALUES = ("value", "low", "high", "y", "count", "estimate", "first", "second", "y0", "y1", "y2", "y3",
          "x_low", "x_high", "y_low", "y_high")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mangle", MANGLES)
def test_no_data_break_a_drawing(examples: ModuleType, kind: str, mangle: str) -> None:
    figure = examples.FIGURES[kind]
    names = [name for name in VALUES if name in figure.data and not isinstance(figure.data[name].iloc[0], str)]
    data = figure.data.astype(dict.fromkeys(names, object))
    for name in names:
        data[name] = pd.Series([MANGLES[mangle](i, v) for i, v in enumerate(data[name])], dtype=object)
    svg = draw(replace(figure, data=data, group_size=None), STYLE)
    assert "nan" not in svg.lower()
    assert not re.search(r"\d{6,}", re.sub(r"<text.*?</text>|<title.*?</title>|#[0-9a-f]{6}", "", svg)), "off the sheet"


@pytest.mark.parametrize("kind", KINDS)
def test_one_mark_is_enough(examples: ModuleType, kind: str) -> None:
    figure = examples.FIGURES[kind]
    assert draw(replace(figure, data=figure.data.iloc[-1:]), STYLE).startswith("<svg")


@pytest.mark.parametrize("kind", ["bars", "pairs", "lines", "heat", "odds", "bells", "shrink", "steps"])
def test_words_from_data_survive_as_text_and_do_no_harm(
    examples: ModuleType, kind: str, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    figure = examples.FIGURES[kind]
    words = {"category", "series", "row", "column", "step"} & set(figure.data)
    data = figure.data.assign(**{name: ["数据 $x_1$ <b>&\x00 " + str(v) for v in figure.data[name]] for name in words})
    with caplog.at_level(logging.WARNING):
        svg = draw(replace(figure, data=data), STYLE)
    marked = [element for element in ElementTree.fromstring(svg).iter(f"{SVG}text") if "数据" in (element.text or "")]
    assert marked and all(element.attrib["lang"] == "zh-Hans" for element in marked)
    assert "<b>" not in svg and "\x00" not in svg
    assert not caplog.records and not recwarn.list  # no glyph is missed: the reader's browser has it


def test_long_labels_keep_their_full_text(examples: ModuleType) -> None:
    label = "a very long name of a product that fits no chart whatever its width may be on any page"
    data = pd.DataFrame({"category": [label], "value": [1.0]})
    svg = draw(examples.figure("b", "bar", data, {"category": Column("C"), "value": Column("V", "number")}), STYLE)
    assert any(words.endswith("…") for words in texts(svg))
    assert f"<title>{label}</title>" in svg


def test_sixty_categories_and_a_large_matrix_stay_small(examples: ModuleType) -> None:
    sixty = pd.DataFrame({"category": [f"name {i}" for i in range(60)], "value": range(60)})
    svg = draw(examples.figure("b", "bar", sixty, {"category": Column("C"), "value": Column("V", "count")}), STYLE)
    assert len([words for words in texts(svg) if words.startswith("name")]) == 60
    cells = [{"row": f"r{i}", "column": f"c{j}", "value": np.sin(i * j)} for i in range(60) for j in range(60)]
    assert len(draw(replace(examples.FIGURES["heat"], data=pd.DataFrame(cells)), STYLE)) < 200_000


def test_words_have_room_for_the_size_that_a_phone_needs(examples: ModuleType) -> None:
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", theme.charts_stylesheet())]
    assert max(sizes) == FONT, "words may not be set larger than the room that they were given"
    phone = 390 - 2 * 16  # the page's margins
    assert FONT * phone / WIDTH >= 11
    for figure in examples.FIGURES.values():
        assert "font-size:" not in draw(figure, STYLE), "the stylesheet decides"


def test_lines_break_where_readers_expect_it() -> None:
    assert wrap("Big-basket buyers", 10, 45, lines=3) == ["Big-", "basket", "buyers"]
    assert wrap("Spend in the previous period", 10, 130) == ["Spend in the", "previous period"]
    for width in range(40, 200, 7):
        rows = wrap("每位客户的平均金额（英镑），“按月”；1,000 元（含税）。", 10, width, lines=9)
        assert all(row[0] not in "），”；。" and row[-1] not in "（“" for row in rows), rows


def test_small_groups_are_not_drawn(examples: ModuleType) -> None:
    figure = examples.FIGURES["density"]
    everyone = draw(figure, Style(currency="GBP", min_group_size=1))
    assert len(draw(figure, Style(currency="GBP", min_group_size=100))) < len(everyone)
    assert draw(figure, Style(currency="GBP", min_group_size=10_000)) == ""


def test_errors_name_the_figure_and_what_is_missing(examples: ModuleType) -> None:
    with pytest.raises(AnalysisError, match=r"'bars'.*no chart kind 'pie'.*bar, calibration"):
        draw(replace(examples.FIGURES["bars"], chart="pie"), STYLE)
    with pytest.raises(AnalysisError, match=r"'bars'.*needs the columns category, series, value.*lacks series"):
        draw(replace(examples.FIGURES["bars"], chart="paired_bar"), STYLE)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_are_legible_in_both_themes(theme: int) -> None:
    colours = palette.tokens()[theme]
    for name in ("ink", "muted", "link", "good", "bad", "caution", *palette.SERIES):
        for surface in ("paper", "card", "tint"):
            assert contrast(colours[name], colours[surface]) >= 4.5, (name, surface)
    for level in (*palette.DIVERGING, *palette.SEQUENTIAL):
        words = f"{level[0]}t{level[1:]}"
        assert contrast(colours[level], colours[words]) >= 4.5, level
    assert contrast(colours["pale"], colours["paper"]) >= 3
    assert contrast(colours["edge"], colours["paper"]) >= 3


def own_chart() -> MatplotlibFigure:
    fig = MatplotlibFigure(figsize=(6, 3))
    axes = fig.subplots()
    axes.plot([1, 2, 3], [1, 4, 9], "o-")
    axes.set_xlabel("步骤")
    return fig


def describe(fig: MatplotlibFigure) -> Any:
    return picture(
        fig, id="own", title=message("A curve"), subtitle=message("Squares"), description="It rises.",
        data=pd.DataFrame({"x": [1, 2, 3], "y": [1, 4, 9]}), columns={"x": Column("X", "count")},
    )  # fmt: skip


def test_an_own_chart_keeps_its_words_and_its_ids_to_itself() -> None:
    block = describe(own_chart())
    assert block.svg == describe(own_chart()).svg
    assert "步骤" in block.svg and "font-family" not in block.svg and "<style" not in block.svg
    ids = re.findall(r'\bid="([^"]+)"', block.svg)
    assert ids and all(name.startswith("own-") for name in ids)
    targets = re.findall(r'(?:url\(#|href="#)([^")]+)', block.svg)
    assert set(targets) <= set(ids)


def test_an_own_chart_may_not_embed_images() -> None:
    fig = MatplotlibFigure(figsize=(3, 3))
    fig.subplots().imshow(np.eye(3))
    with pytest.raises(ValueError, match="vectors and words only"):
        describe(fig)


def test_figures_round_trip(examples: ModuleType) -> None:
    for figure in examples.FIGURES.values():
        again = from_dict(json.loads(json.dumps(figure.to_dict())))
        assert isinstance(again, Figure) and list(again.columns) == list(figure.columns)
