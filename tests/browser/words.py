"""Words that a narrow column breaks in the middle."""

from __future__ import annotations

from collections.abc import Iterator

from browser.opened import WIDTHS, Opened

__all__ = ["broken_words"]

#: Of the elements that match, each word whose letters stand on more than one line. Longer words have to be broken
#: somewhere, a hyphen is a place to break, and Chinese may be broken anywhere.
BROKEN = r"""
(selector) => [...document.querySelectorAll(selector)].flatMap((element) => {
  const found = [], walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const word of node.data.matchAll(/[A-Za-z]{4,16}/g)) {
      const range = document.createRange()
      range.setStart(node, word.index)
      range.setEnd(node, word.index + word[0].length)
      const lines = new Set([...range.getClientRects()].filter((r) => r.width > 0).map((r) => Math.round(r.top)))
      if (lines.size > 1) found.push(`${word[0]} in "${element.textContent.trim().slice(0, 60)}"`)
    }
  return found
})
"""
PLACES = ".keys .value, .keys dt, h1, h2, h3, thead th"


def broken_words(page: Opened) -> Iterator[str]:
    """No short word of a heading or a key figure is broken in the middle."""
    for width in WIDTHS:
        for found in page.view(width).evaluate(BROKEN, PLACES):
            yield f"at {width} px: {found}"
