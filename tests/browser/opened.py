"""A page as a browser shows it, at any width, in light or dark, and as it prints."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["SCHEMES", "WIDTHS", "Opened", "browser", "chromium_path", "discovered", "refuse_faults"]

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
#: What keeps Chromium from looking for its maker's servers, and lets it run as root in a container.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]  # fmt: skip


def chromium_path() -> str | None:
    """The Chromium that the pages are opened in: the one that `CHROMIUM` names, or the one on the path."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def discovered(places: Iterable[Path]) -> list[Path]:
    """The pages at places: a page, a folder of pages, or the folder of all reports.

    Of the folder of all reports, earlier versions are left out: their pages are not written anew.

    Raises
    ------
    FileNotFoundError
        Naming a place that is not there or holds no page.
    """
    found: list[Path] = []
    for place in places:
        pages = [place] if place.is_file() else sorted(place.rglob("*.html"))
        if (place / "index.html").is_file():
            pages = [page for page in pages if "versions" not in page.relative_to(place).parts]
        if not pages:
            raise FileNotFoundError(f"{place}: there is no page. Build the reports first: python -m analysis reports")
        found += pages
    return list(dict.fromkeys(found))


@contextmanager
def browser(executable: str) -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


@dataclass
class Opened:
    """One page on disk. Views are kept open, since many checks look at the same ones."""

    path: Path
    chromium: Any
    requests: list[str] = field(default_factory=list)
    _views: dict[tuple[int, str], Any] = field(default_factory=dict)

    @cached_property
    def html(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def fresh(self, width: int = 1280, scheme: str = "light", *, scripts: bool = True) -> Any:
        """A view of its own, which the check may change; close it with `view.context.close()`."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True, java_script_enabled=scripts
        )
        view = context.new_page()
        view.on("request", lambda request: self.requests.append(request.url))
        view.goto(self.path.resolve().as_uri())
        return view

    def view(self, width: int = 1280, scheme: str = "light") -> Any:
        """The page with all details open."""
        key = (width, scheme)
        if key not in self._views:
            self._views[key] = self.fresh(width, scheme)
            self._views[key].evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        return self._views[key]

    def ask(self, script: str, width: int = 1280, scheme: str = "light") -> Any:
        """The value of a script in the page."""
        return self.view(width, scheme).evaluate(script)

    def fresh_text(self, *, scripts: bool) -> str:
        """What a reader finds in the page, with or without JavaScript."""
        view = self.fresh(scripts=scripts)
        text = view.inner_text("main")
        view.context.close()
        return str(text)

    def pixels(self, element: Any) -> np.ndarray:
        """What an element shows, shape (height, width, 3), from 0 to 255."""
        return _pixels(element.screenshot(animations="disabled", scale="css"))

    def top_of(self, selector: str, height: int, width: int = 1280, scheme: str = "light") -> np.ndarray:
        """The uppermost pixels of the first such element, as `pixels` gives them."""
        view = self.view(width, scheme)
        box = view.locator(selector).first.bounding_box()
        clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": min(height, box["height"])}
        return _pixels(view.screenshot(clip=clip, full_page=True, animations="disabled", scale="css"))

    @cached_property
    def pdf(self) -> bytes:
        """The page as it prints: tagged, with an outline, on the paper that its stylesheet asks for."""
        view = self.fresh()
        content = view.pdf(tagged=True, outline=True, prefer_css_page_size=True, print_background=True)
        view.context.close()
        return bytes(content)

    def close(self) -> None:
        for view in self._views.values():
            view.context.close()
        self._views.clear()


def refuse_faults(name: str, check: Callable[[Opened], Iterable[str]], page: Opened) -> None:
    """Fail the test if a check finds faults in a page, and list them."""
    faults = list(check(page))
    assert not faults, f"{name} on {page.path.name}: {check.__doc__}\n" + "\n".join(faults[:10])


def _pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=float)
