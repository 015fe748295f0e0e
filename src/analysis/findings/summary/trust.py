"""How far the page can be trusted: what the cleaning kept, and what none of this says."""

from __future__ import annotations

from analysis.findings.summary.drawn import Figures, taken_over, value_of
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import percent
from analysis.report.wording import message

__all__ = ["trust"]


def trust(cleaning: Figures) -> Blocks:
    """The share of lines that was used, and the limit that holds for every page."""
    words = message(
        "Everything here describes what was observed. That two things go together does not say that changing one "
        "changes the other; only a trial does."
    )
    return blocks(
        taken_over(cleaning, "share_kept"),
        _kept(cleaning),
        Note("no_cause", words, "limit"),
    )


def _kept(cleaning: Figures) -> Block | None:
    share = value_of(cleaning, "share_kept")
    if share is None:
        return None
    return sentence(
        "kept",
        "{share} of the lines in the purchase files were used as sales; the cleaning page accounts for every other "
        "line, in rows and in money.",
        claim="share > none",
        share=share,
        none=percent(0.0),
    )
