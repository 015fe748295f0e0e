"""All checks of a single page by number; P1, P3 and P4, which look at how pages are made, are tests of their own.

P1 is `tests/pipeline/test_two_builds.py`, P3 `tests/unit/report/test_without_fonts.py`, P4 in
`tests/pipeline/test_build.py`.
"""

from __future__ import annotations

from browser import acceptance
from browser.figures import different_figures
from browser.words import broken_words

__all__ = ["CHECKS"]

CHECKS = {**acceptance.CHECKS, "P2": different_figures, "P5": broken_words}
