"""What every page must pass, each check a function from an opened page to the faults that it found."""

from __future__ import annotations

import base64
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import numpy as np

from analysis.report.language import is_chinese, languages
from browser.contrast import contrast, luminance
from browser.opened import SCHEMES, WIDTHS, Opened

__all__ = ["CHECKS", "content_of"]

MOST_BYTES = 500_000
LEAST_CONTRAST = 4.5
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: The rules that look at colours; for all others light and dark are the same.
AXE_COLOURS = ("color-contrast", "link-in-text-block")
SENTENCE_WORDS = re.compile(
    r"\b(?:the|of|is|are|was|were|and|or|to|in|on|for|with|not|that|which|who|than|by|as|at|from|be|it|this|a|an)\b"
)
BETWEEN_NAMES = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef+→·/,;:]|\n")
CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
NEVER_SHOWN = {
    "traceback": r"Traceback \(most recent|\b[A-Z]\w*(?:Error|Exception)\b:?",
    "warning": r"\b\w+Warning\b",
    "path": r"(?<![\w/])/(?:home|root|tmp|usr|var|work|Users)/|\b[A-Z]:\\|\b\w+\.py\b|\b\w+\.ipynb\b",
    "address": r"\b0x[0-9a-fA-F]{4,}\b",
    "prompt": r"\bIn \[\d*\]:|\bOut\[\d+\]:|>>> ",
    "raw TeX": r"\\(?:frac|sum|sqrt|alpha|beta|text|mathrm)\b|\$\$",
    "no value": r"\b(?:nan|NaN|NaT|undefined)\b|\binf\b",
    "unfilled": r"\{\w+\}|%\(\w+\)s",
}
PLACEHOLDER = re.compile(
    r"^(?:image|figure|fig|chart|plot|picture|graph|svg|img|untitled|todo|none|null)?[\s\d.:#-]*$", re.I
)


def t01_small(page: Opened) -> Iterator[str]:
    """HTML at most 500 kB."""
    size = page.path.stat().st_size
    if size > MOST_BYTES:
        yield f"{size:,} bytes"


def t02_no_machine_words(page: Opened) -> Iterator[str]:
    """Visible text has no traceback, warning, path, address, prompt, raw TeX."""
    text, parameters = page.ask(
        "[document.body.innerText, document.querySelector('[aria-labelledby=parameters]')?.innerText || '']"
    )
    text = text.replace(parameters, "")  # what the profile says, such as words that stand for a missing value
    for name, pattern in NEVER_SHOWN.items():
        for found in re.finditer(pattern, text):
            yield f"{name}: …{text[max(found.start() - 30, 0) : found.end() + 30]!r}…"


def t03_language_and_headings(page: Opened) -> Iterator[str]:
    """Language matches content and the file's name; a title; one h1; no level skipped."""
    language, title = page.ask("[document.documentElement.lang, document.title]")
    named = next((name for name in languages() if page.path.stem.endswith(f".{name}")), language)  # or the main one
    own = page.ask(_OWN_TEXTS)
    characters = "".join(own)
    chinese = len(CJK.findall(characters)) > 0.2 * max(len(characters), 1)
    if language != named or chinese != is_chinese(language):
        share = "most" if chinese else "little"
        yield f"lang is {language!r}, the file's name says {named!r}, Chinese is {share} of the text"
    if is_chinese(language):
        yield from (f"English on a Chinese page: {text[:80]!r}" for text in own if _is_english_sentence(text))
    if len(title.strip()) < 5:
        yield f"title is {title!r}"
    levels = page.ask("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings of level 1: {levels.count(1)}, first heading of level {levels[:1]}"
    yield from (f"h{a} is followed by h{b}" for a, b in itertools.pairwise(levels) if b > a + 1)


#: What is written in the page's own language: its blocks of text without parts that are marked as another's, names of
#: attributes that are read out, and without what comes from files and parameters.
_OWN_TEXTS = """[...document.querySelectorAll(
    'p, li, h1, h2, h3, summary, figcaption, caption, th, td, dt, dd, text, title, desc')]
    .filter(e => !e.querySelector('p, li, table') && !e.closest('[lang]:not(html), [aria-labelledby=parameters], code'))
    .map(e => { const copy = e.cloneNode(true); copy.querySelectorAll('[lang], code').forEach(x => x.remove());
        return copy.textContent.trim(); })
    .concat([...document.querySelectorAll('[aria-label], [title]')].filter(e => !e.closest('[lang]:not(html)'))
        .map(e => e.getAttribute('aria-label') || e.getAttribute('title'))).filter(Boolean)"""


def _is_english_sentence(text: str) -> bool:
    """Whether a text holds words that only a sentence has; names of products and methods have at most one.

    >>> [_is_english_sentence(text) for text in ("Tea and coffee → Cups and jars", "共5种", "None of the rules held")]
    [False, False, True]
    """
    return any(len(SENTENCE_WORDS.findall(part)) >= 2 for part in BETWEEN_NAMES.split(text))


def t04_names_of_pictures(page: Opened) -> Iterator[str]:
    """Every image and SVG has a real name, or is hidden as decoration."""
    names = page.ask(
        """[...document.querySelectorAll('img, svg')].filter(e => !e.closest('[aria-hidden=true]')
            && !(e.parentElement.closest('svg'))).map(e => [e.getAttribute('role'),
        (e.getAttribute('aria-labelledby') || '').split(/\\s+/).filter(Boolean)
            .map(id => (document.getElementById(id) || {textContent: ''}).textContent).join(' ').trim()
        || e.getAttribute('aria-label') || e.getAttribute('alt') || '', e.tagName])"""
    )
    for role, name, tag in names:
        if tag.lower() == "svg" and role != "img":
            yield f"an svg has the role {role!r}"
        if len(name) + len(CJK.findall(name)) < 12 or PLACEHOLDER.fullmatch(name):
            yield f"named {name!r}"


def t05_figures_are_whole(page: Opened) -> Iterator[str]:
    """Every figure has a caption, its numbers as a table, and a CSV."""
    found = page.ask(
        """[...document.querySelectorAll('figure')].map(f => [(f.querySelector('figcaption') || {innerText: ''})
        .innerText.trim().slice(0, 60), !!f.querySelector('table'), !!f.querySelector('a[download]'), f.id])"""
    )
    for caption, table, link, name in found:
        if not (caption and table and link):
            yield f"figure {name}: caption {caption!r}, table {table}, csv {link}"


def t06_tables_are_labelled(page: Opened) -> Iterator[str]:
    """Every table has a caption, every header cell a scope."""
    found = page.ask(
        """[...document.querySelectorAll('table')].map(t => [(t.caption || {textContent: ''}).textContent.trim(),
        [...t.querySelectorAll('th')].filter(h => !/^(row|col|rowgroup|colgroup)$/.test(h.scope)).length])"""
    )
    for caption, without in found:
        if not caption or without:
            yield f"caption {caption[:50]!r}, {without} header cells without scope"


def t07_ids_and_fragments(page: Opened) -> Iterator[str]:
    """No id twice, no link to a place that is not there."""
    twice, dead = page.ask(
        """(() => { const n = {}; document.querySelectorAll('[id]').forEach(e => n[e.id] = (n[e.id] || 0) + 1);
        const uses = [...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.hash.slice(1)));
        const named = [...document.querySelectorAll('[aria-labelledby],[aria-describedby]')].flatMap(e =>
            `${e.getAttribute('aria-labelledby') || ''} ${e.getAttribute('aria-describedby') || ''}`.split(/\\s+/));
        return [Object.keys(n).filter(k => n[k] > 1), [...uses, ...named].filter(k => k && !n[k])]; })()"""
    )
    if twice or dead:
        yield f"twice: {twice[:5]}; dead: {dead[:5]}"


#: Takes out the rows of tables in which nothing looks otherwise than in rows above. The contrast of a text depends on
#: nothing else, and that of thousands of cells would take nearly all of axe's time.
_WITHOUT_ROWS_ALIKE = """() => { const seen = {};
    const look = e => { const parts = [e.tagName];
        for (let at = e; at; at = at.parentElement) { const s = getComputedStyle(at);
            parts.push(s.color, s.fontSize, s.fontWeight, s.backgroundColor, s.backgroundImage, s.opacity, s.filter); }
        return parts.join(';'); };
    for (const row of document.querySelectorAll('tbody tr')) {
        const looks = [...row.querySelectorAll('*')].map(look);
        if (looks.every(one => seen[one] >= 3)) row.setAttribute('data-alike', '');
        looks.forEach(one => seen[one] = (seen[one] || 0) + 1); }
    document.querySelectorAll('[data-alike]').forEach(row => row.remove()); }"""


def t08_axe(page: Opened) -> Iterator[str]:
    """axe-core finds no violation of WCAG 2.2 AA, light and dark, wide and narrow, all details open."""
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    without_colours = ", ".join(f"'{rule}': {{enabled: false}}" for rule in AXE_COLOURS)
    others = f"{{runOnly: {AXE_RULES}, rules: {{{without_colours}}}, resultTypes: ['violations']}}"
    colours = f"{{runOnly: {list(AXE_COLOURS)}, resultTypes: ['violations']}}"
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        view = page.fresh(width, scheme)
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        view.evaluate(axe + "; 0")
        found = []
        if scheme == SCHEMES[0]:
            found += view.evaluate(f"axe.run({others}).then(result => result.violations)")
        view.evaluate(_WITHOUT_ROWS_ALIKE)
        found += view.evaluate(f"axe.run({colours}).then(result => result.violations)")
        view.context.close()
        for fault in found:
            yield f"{width} {scheme}: {fault['id']} × {len(fault['nodes'])}, {fault['nodes'][0]['target']}"


_TEXTS = """svg => { const box = svg.getBoundingClientRect(); return [...svg.querySelectorAll('text')].filter(t =>
    t.textContent.trim()).map(t => { const r = t.getBoundingClientRect(), s = getComputedStyle(t);
    return [t.textContent.trim(), s.fill, +s.opacity * +s.fillOpacity, r.left - box.left, r.top - box.top,
    r.width, r.height]; }); }"""


def t09_chart_text_is_legible(page: Opened) -> Iterator[str]:
    """Every text in an SVG has a contrast of at least 4.5 against the pixels behind it, in both schemes."""
    for scheme in SCHEMES:
        view = page.fresh(1280, scheme)
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = !d.closest('figure'))")
        charts = view.query_selector_all("figure svg")
        texts = [chart.evaluate(_TEXTS) for chart in charts]
        view.add_style_tag(content="svg text, svg tspan { fill: transparent !important; }")
        for chart, found in zip(charts, texts, strict=True):
            yield from (f"{scheme}: {fault}" for fault in _faint(page.pixels(chart), found))
        view.context.close()


def _faint(pixels: np.ndarray, texts: list[Any]) -> Iterator[str]:
    height, width, _ = pixels.shape
    for words, fill, opacity, left, top, wide, high in texts:
        rows = slice(max(int(top), 0), min(int(top + high) + 1, height))
        columns = slice(max(int(left), 0), min(int(left + wide) + 1, width))
        behind = pixels[rows, columns].reshape(-1, 3)
        if not len(behind):
            yield f"{words[:30]!r} lies outside of its chart"
            continue
        colour = np.array([float(part) for part in re.findall(r"[\d.]+", fill)[:3]])
        seen = opacity * colour + (1 - opacity) * behind
        # thin lines that cross a label are not what it is read against: four fifths of the pixels must do
        reached = float(np.quantile(contrast(seen, behind), 0.2))
        if reached < LEAST_CONTRAST:
            yield f"{words[:30]!r} has a contrast of {reached:.2f}"


def t10_dark_is_dark(page: Opened) -> Iterator[str]:
    """The dark scheme is honoured."""
    for scheme, dark in (("light", False), ("dark", True)):
        middle = np.median(luminance(page.top_of("main", 200, 1280, scheme)))
        if bool(middle < 0.2) != dark:
            yield f"{scheme}: luminance {middle:.2f}"


_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def t11_no_sideways_scrolling(page: Opened) -> Iterator[str]:
    """The page is no wider than the screen at 390 and 320 pixels."""
    for width in (390, 320):
        wide = page.ask(_OVERFLOW, width)
        if wide > 0:
            yield f"{width} px: {wide} px too wide"


def t12_text_spacing(page: Opened) -> Iterator[str]:
    """Nothing overflows or is cut off with the spacing of WCAG 1.4.12."""
    spacing = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }
    svg * { letter-spacing: normal !important; word-spacing: normal !important; }"""
    for width in (*WIDTHS, 320):
        view = page.fresh(width)
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        view.add_style_tag(content=spacing)
        wide = view.evaluate(_OVERFLOW)
        cut = view.evaluate(
            """[...document.querySelectorAll('main *')].filter(e => !e.closest('svg') && e.clientWidth > 2
            && /hidden|clip/.test(getComputedStyle(e).overflow)
            && !/^(auto|scroll)$/.test(getComputedStyle(e).overflowX)
            && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)).map(e => e.className)"""
        )
        view.context.close()
        if wide > 0 or cut:
            yield f"{width} px: {wide} px too wide, cut off: {cut[:3]}"


def t13_no_scripts(page: Opened) -> Iterator[str]:
    """Readable with JavaScript off, and no script in the file."""
    if re.search(r"<script|\son\w+\s*=|javascript:", page.html, re.I):
        yield "holds a script"
    with_scripts = len(page.fresh_text(scripts=True))
    without = len(page.fresh_text(scripts=False))
    if without < 200 or without != with_scripts:
        yield f"{without} characters without JavaScript, {with_scripts} with it"


def t14_skip_link(page: Opened) -> Iterator[str]:
    """The first Tab stop is a visible skip link that leads to the content."""
    view = page.fresh()
    view.keyboard.press("Tab")
    view.wait_for_timeout(100)
    kind, target, left, top, wide, high = view.evaluate(
        """(() => { const e = document.activeElement, r = e.getBoundingClientRect();
        return [e.className, e.getAttribute('href') || '', r.left, r.top, r.width, r.height]; })()"""
    )
    inside = view.evaluate(
        "t => !!t && t.startsWith('#') && document.querySelector(t)?.matches('main, main *')", target
    )
    view.context.close()
    if "skip" not in kind.split() or left < 0 or top < 0 or wide < 24 or high < 20 or not inside:
        yield f"class {kind!r}, to {target!r}, at {left:.0f}, {top:.0f}, {wide:.0f} × {high:.0f}"


def t15_downloads(page: Opened) -> Iterator[str]:
    """Each CSV has a BOM, as many rows and columns as its label says, and no cell that a spreadsheet would run."""
    for label, name, address in page.ask(
        "[...document.querySelectorAll('a[download]')].map(a => [a.innerText, a.download, a.getAttribute('href')])"
    ):
        if not name.endswith(".csv"):
            continue
        content = content_of(page, address)
        says = re.search(r"([\d,.\s\u202f]+)\s*×\s*(\d+)", label)
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        shape = (len(rows) - 1, len(rows[0]))
        if not content.startswith(b"\xef\xbb\xbf") or b"\r\n" not in content:
            yield f"{name}: no BOM, or lines that do not end as in Windows"
        if not says or (int(re.sub(r"\D", "", says[1])), int(says[2])) != shape:
            yield f"{name}: says {label!r}, holds {shape}"
        runs = [cell for row in rows for cell in row if _would_run(cell)]
        if runs:
            yield f"{name}: {runs[:2]}"


def content_of(page: Opened, address: str) -> bytes:
    """What a link to a file or with a file in it leads to."""
    if not address.startswith("data:"):
        return (page.path.parent / unquote(address)).read_bytes()
    head, _, body = address.partition(",")
    return base64.b64decode(unquote(body)) if head.endswith(";base64") else unquote_to_bytes(body)


def _would_run(cell: str) -> bool:
    return cell[:1] in set("=+-@\t\r＝＋－＠") and not re.fullmatch(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?", cell)


def t16_print(page: Opened) -> Iterator[str]:
    """The PDF is tagged, has an outline, its pages are numbered, and no heading stands alone at the foot of a page."""
    import pypdf

    document = pypdf.PdfReader(io.BytesIO(page.pdf))
    root = document.trailer["/Root"]
    if "/StructTreeRoot" not in root or not root.get("/MarkInfo", {}).get("/Marked"):
        yield "not tagged"
    if not document.outline:
        yield "no outline"
    headings = {_squeezed(text) for text in page.ask("[...document.querySelectorAll('h2, h3')].map(h => h.innerText)")}
    pages = [[line.strip() for line in sheet.extract_text().splitlines() if line.strip()] for sheet in document.pages]
    for i, lines in enumerate(pages, start=1):
        number = f"{i}/{len(pages)}"
        numbered = [line for line in lines if _squeezed(line).endswith(number)]
        if not numbered:
            yield f"page {i} of {len(pages)} has no number"
        body = [line for line in lines if line not in numbered]
        if body and i < len(pages) and _squeezed(body[-1]) in headings:
            yield f"page {i} ends in the heading {body[-1]!r}"


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def t17_no_request(page: Opened) -> Iterator[str]:
    """Opening the page asks nothing of any other file or server."""
    own = page.path.resolve().as_uri()
    page.view()
    yield from (url[:80] for url in page.requests if not url.startswith((own, "data:")))


def t18_chinese_is_marked(page: Opened) -> Iterator[str]:
    """Chinese text carries `lang="zh…"`, in charts and in what is only read out too."""
    yield from page.ask(
        r"""(() => { const out = [], chinese = /[\u3400-\u9fff]/;
        const marked = e => (e.closest('[lang]').getAttribute('lang') || '').startsWith('zh');
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) { const n = walk.currentNode;
            if (chinese.test(n.data) && !n.parentElement.closest('style') && !marked(n.parentElement))
                out.push(n.data.trim().slice(0, 40)); }
        for (const e of document.querySelectorAll('[aria-label], [alt]')) {
            const words = e.getAttribute('aria-label') || e.getAttribute('alt');
            if (chinese.test(words) && !marked(e)) out.push(words.slice(0, 40)); }
        return out; })()"""
    )


_HEIGHTS = """[...document.querySelectorAll('.chart:not(.picture) svg')].flatMap(svg => {
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    return [...svg.querySelectorAll('text')].map(t =>
        [t.textContent, scale * parseFloat(getComputedStyle(t).fontSize)]);
})"""


def t19_chart_text_is_tall_enough(page: Opened) -> Iterator[str]:
    """Words in charts are at least 10.5 pixels tall on a phone and at most 15 on a wide screen."""
    for width, least, most in ((390, 10.5, 15.0), (1280, 12.0, 15.0)):
        for words, height in page.view(width).evaluate(_HEIGHTS):
            if not least <= height <= most:
                yield f"{words[:30]!r} is {height:.1f} px tall at {width} px"


#: By number, in the order in which they are listed.
CHECKS: dict[str, Callable[[Opened], Iterator[str]]] = {
    name[:3].upper(): check for name, check in sorted(globals().items()) if re.match(r"t\d\d_", name)
}
