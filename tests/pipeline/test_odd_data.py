"""Data that methods cannot say much about still give pages: each says what does not apply, and none fails."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from analysis.pipeline.project import PAGES
from projects import Project
from stages import build_in_process

COLUMNS = {
    "invoice_id": "invoice",
    "customer_id": "customer",
    "product_id": "product",
    "description": "description",
    "timestamp": "time",
    "quantity": "quantity",
    "unit_price": "price",
}
HEADER = ",".join(COLUMNS.values())
#: Words that stand on a page only where a figure that is none was printed; "None of 2 customers" is a sentence.
NO_FIGURE = re.compile(r"\b(nan|inf|Traceback)\b|\bNone\b(?! of)")
Ahead = Callable[[list[str]], dict[str, str]]


@pytest.fixture
def project(copy_of_project: Callable[..., Project]) -> Project:
    return copy_of_project("odd")


def words(project: Project, profile: str, page: str) -> str:
    """The visible text of a page, without style, charts and the list of parameters at its end."""
    text = (project.root / "reports" / "latest" / profile / f"{page}.html").read_text(encoding="utf-8")
    text = re.sub(r"(?s)<(style|svg)\b.*?</\1>", "", text)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    return text.rsplit("Where these numbers come from", 1)[0]


def pages(project: Project, profile: str) -> dict[str, str]:
    """The words of each English page; the Chinese ones stand beside them."""
    folder = project.root / "reports" / "latest" / profile
    names = {path.stem for path in folder.glob("*.html")}
    assert names == {*PAGES, *(f"{name}.zh-Hans" for name in PAGES)}
    return {name: words(project, profile, name) for name in PAGES}


def test_two_rows_of_two_customers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["1,A,x,tea,2025-01-01 10:00,1,3", "2,B,y,cup,2025-02-01 11:00,2,4"]
    project.own_profile("two", [HEADER, *lines], COLUMNS)
    build_in_process(project, "two", monkeypatch)
    text = pages(project, "two")
    for name, page in text.items():
        assert not NO_FIGURE.search(page), name
    assert "Nothing is estimated" in text["regression"]
    assert "so all stay together" in text["clustering"]
    assert "nothing to correlate" in text["correlation"]
    assert "no rules" in text["rules"]
    assert "cannot be learnt or judged" in text["classification"]
    # Another version of pages whose small groups are withheld: the two can still be set side by side.
    path = project.root / "params" / "two.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("top_list: 15", "top_list: 14"), encoding="utf-8")
    build_in_process(project, "two", monkeypatch)
    assert len(list((project.root / "reports" / "versions").glob("two-*"))) == 2


def test_a_giant_basket_hostile_words_and_prices_that_are_no_numbers(hostile_profile: Project) -> None:
    folder = hostile_profile.root / "reports" / "latest" / "hostile"
    for path in folder.glob("*.html"):
        assert "<script" not in path.read_text(encoding="utf-8").lower(), path.name
    text = pages(hostile_profile, "hostile")
    for name, page in text.items():
        assert not NO_FIGURE.search(page), name
    assert "more than 150 products: 1" in text["rules"] and "5,000" in text["rules"]
    assert "Unreadable price" in text["cleaning"]


def test_one_customer(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{n},A,p{n % 3},cup {n % 3},2025-0{1 + n % 9}-1{n % 9} 10:00,1,{2 + n}" for n in range(40)]
    project.own_profile("one", [HEADER, *lines], COLUMNS)
    build_in_process(project, "one", monkeypatch)
    for name, page in pages(project, "one").items():
        assert not NO_FIGURE.search(page), name


# What looks ahead, where the data hold nothing to look at


@pytest.fixture
def ahead(project: Project, monkeypatch: pytest.MonkeyPatch) -> Ahead:
    """All pages of one file of purchases without browsing, feedback and the like."""

    def build(lines: list[str]) -> dict[str, str]:
        project.own_profile("own", [HEADER, *lines], COLUMNS)
        build_in_process(project, "own", monkeypatch)
        text = pages(project, "own")
        for name, page in text.items():
            assert not NO_FIGURE.search(page), name
        return text

    return build


def purchases(days: list[int], customers: int, product: Callable[[int, int], int]) -> list[str]:
    """Every customer buys one product on every one of the days, counted from the start of 2025 (and a few days on)."""
    lines = []
    for customer in range(customers):
        for place, after in enumerate(days):
            day = date(2025, 1, 1) + timedelta(days=after + customer % 7)
            what = product(customer, place)
            lines.append(f"{len(lines)},{customer},p{what},product {what},{day} 10:00,1,{2 + customer % 5}")
    return lines


def test_a_horizon_longer_than_the_data(ahead: Ahead) -> None:
    text = ahead(purchases([0, 12, 30], 60, lambda customer, place: (customer * 3 + place) % 17))
    assert "who will buy again cannot be learnt or judged" in text["classification"]
    assert "browsing minutes, pages per session" in text["classification"], "what is not in the data is named"
    assert "so there is nothing to learn from and nothing to test" in text["recommendation"]
    assert "how right they are is not known" in text["lifetime"]
    for topic in ("who will buy again: the classification page", "what to offer: the recommendation page"):
        assert f"Nothing can be said about {topic} says why" in text["summary"]
    assert "treat it as a guess" in text["summary"]


def test_customers_who_all_come_back_for_products_that_were_never_sold_before(ahead: Ahead) -> None:
    days = list(range(0, 400, 25))
    text = ahead(purchases(days, 60, lambda customer, place: 100 * (place // 3) + customer % 9))
    assert "Of 60 customers all did the same: 100 % bought again" in text["classification"]
    assert (
        "bought as new only what nobody had bought before: no offer could have been right 60"
        in (text["recommendation"])
    )
    assert "for single customers the simple guess wins" in text["lifetime"]
    assert "worse than the best simple guess" in text["summary"]
    assert "so the simple list is the better choice" in text["summary"]


def test_customers_with_one_purchase_each(ahead: Ahead) -> None:
    lines = [
        f"{n},{n},p{n % 13},product {n % 13},{date(2025, 1, 1) + timedelta(days=n % 360)} 10:00,1,{1 + n % 7}"
        for n in range(300)
    ]
    text = ahead(lines)
    assert "Of 210 customers all did the same: 0 % bought again" in text["classification"]
    assert "Of 210 customers known before 30 July 2025 nobody came back" in text["recommendation"]
    assert "None of 300 customers bought again" in text["lifetime"]
    assert text["summary"].count("page says why") >= 3
