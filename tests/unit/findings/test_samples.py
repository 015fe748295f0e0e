"""What pages say of a sample of customers: nothing where everybody is measured, and true words otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from analysis.findings import samples
from analysis.report.blocks import Blocks
from analysis.sampling import Sample, draw
from translated import left_in_english

WORDS: dict[str, Callable[[Sample], Blocks]] = {
    "measured_on": partial(samples.measured_on, level=0.95),
    "learnt_on": partial(samples.learnt_on, level=0.95),
    "checked_on": partial(samples.checked_on, level=0.95),
    "served_all": partial(samples.served, of_all=True, missed=0, on_sale=40),
    "served_some": partial(samples.served, of_all=False, missed=3, on_sale=40),
    "served_sample": partial(samples.served, of_all=False, missed=0, on_sale=40),
    "carried_over": partial(samples.carried_over, seed=1),
    "started_on": samples.started_on,
    "started_on_frozen": partial(samples.started_on, formed=False),
}


@pytest.mark.parametrize("name", WORDS)
def test_said_of_a_sample_alone_and_in_both_languages(name: str) -> None:
    assert list(WORDS[name](draw(range(50), most=50))) == []
    said = WORDS[name](draw(range(2000), most=300))
    (block,) = said  # a claim that does not hold stops it from being made
    arguments = block.message.arguments
    assert (arguments["n"].value, arguments["of"].value) == (300, 2000)
    assert left_in_english(said) == []


def test_the_error_that_the_draw_brings() -> None:
    """z × √(p (1 − p) ÷ n × (1 − n ÷ N)) at p = ½, computed apart."""
    (block,) = samples.learnt_on(draw(range(2000), most=300), level=0.95)
    expected = 1.959963984540054 * (0.25 / 300 * (1 - 300 / 2000)) ** 0.5
    assert block.message.arguments["share"].value == pytest.approx(expected, rel=1e-9)
