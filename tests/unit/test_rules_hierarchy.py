"""Categories: the tree from rows, baskets rolled up, generalised rules against the source's example and brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import rules
from analysis.errors import AnalysisError
from analysis.rules.hierarchy import mixes_levels

#: Srikant and Agrawal (1995), "Mining generalized association rules", figures 1 and 2.
CLOTHES = {
    "Jacket": "Clothes > Outerwear",
    "Ski Pants": "Clothes > Outerwear",
    "Shirt": "Clothes",
    "Shoes": "Footwear",
    "Hiking Boots": "Footwear",
}
SOLD = [["Shirt"], ["Jacket", "Hiking Boots"], ["Ski Pants", "Hiking Boots"], ["Shoes"], ["Shoes"], ["Jacket"]]


def rows_of(lists: list[list[str]], categories: dict[str, str | None]) -> pd.DataFrame:
    pairs = [(key, item) for key, items in enumerate(lists) for item in items]
    rows = pd.DataFrame(pairs, columns=["basket_key", "product_id"])
    return rows.assign(category=rows["product_id"].map(categories))


def generalised(lists: list[list[str]], categories: dict[str, str | None]) -> rules.Baskets:
    rows = rows_of(lists, categories)
    return rules.generalise(rules.baskets(rows), rules.hierarchy(rows))


@pytest.mark.parametrize("algorithm", rules.ALGORITHMS)
def test_the_example_of_srikant_and_agrawal(algorithm: str) -> None:
    found = rules.frequent_itemsets(generalised(SOLD, CLOTHES), min_support=0.3, algorithm=algorithm)
    last = {items: tuple(sorted(item.split(" > ")[-1] for item in items)) for items in found.table["items"]}
    counts = {last[items]: count for items, count in found.table[["items", "count"]].itertuples(index=False)}
    assert counts == {
        ("Jacket",): 2, ("Outerwear",): 3, ("Clothes",): 4, ("Shoes",): 2, ("Hiking Boots",): 2, ("Footwear",): 4,
        ("Hiking Boots", "Outerwear"): 2, ("Clothes", "Hiking Boots"): 2, ("Footwear", "Outerwear"): 2,
        ("Clothes", "Footwear"): 2,
    }  # fmt: skip
    table = rules.association_rules(found, min_confidence=0.6).table
    said = {
        (a.removesuffix(" (category)"), c.removesuffix(" (category)"), round(confidence, 3))
        for a, c, confidence in table[["antecedent", "consequent", "confidence"]].itertuples(index=False)
    }
    assert said == {
        ("Outerwear", "Hiking Boots", 0.667), ("Outerwear", "Footwear", 0.667),
        ("Hiking Boots", "Outerwear", 1.0), ("Hiking Boots", "Clothes", 1.0),
    }  # fmt: skip


def test_a_rule_that_its_category_leads_one_to_expect_is_not_interesting() -> None:
    # section 2: if a quarter of the milk sold is skim milk, and milk goes with cereal, skim milk => cereal says nothing
    milk = [["skim", "cereal"]] * 20 + [["whole", "cereal"]] * 60 + [["skim"]] * 5 + [["whole"]] * 15
    lists = milk + [["cereal"]] * 20 + [["bread"]] * 80
    rules_found = mined(lists, {"skim": "milk", "whole": "milk"})
    assert verdicts(rules_found) == {("milk", "cereal"): True, ("skim", "cereal"): False, ("whole", "cereal"): False}
    # a product of the category that goes with it more surely than the category does
    lists = [["skim", "cereal"]] * 25 + [["whole", "cereal"]] * 15 + [["whole"]] * 60 + [["cereal"]] * 10
    rules_found = mined(lists + [["bread"]] * 80, {"skim": "milk", "whole": "milk"})
    assert verdicts(rules_found)[("skim", "cereal")]
    assert not verdicts(rules_found)[("whole", "cereal")]


def mined(lists: list[list[str]], categories: dict[str, str | None]) -> rules.Rules:
    found = rules.frequent_itemsets(generalised(lists, categories), min_support=0.01)
    return rules.association_rules(found, min_confidence=0.1, only_consequents=["cereal"])


def verdicts(found: rules.Rules) -> dict[tuple[str, str], bool]:
    keys = zip(found.table["antecedent"].str.removesuffix(" (category)"), found.table["consequent"], strict=True)
    return dict(zip(keys, rules.interesting(found, factor=1.1).tolist(), strict=True))


def test_an_ancestor_that_is_not_interesting_is_passed_over() -> None:
    # the middle level adds nothing to the widest, so the product is held against the widest
    lists = [["skim", "cereal"]] * 20 + [["skim"]] * 20 + [["rye", "cereal"]] * 20 + [["rye"]] * 20 + [["x"]] * 80
    found = mined(lists, {"skim": "food > milk", "rye": "food > bread"})
    said = verdicts(found)
    assert said[("food", "cereal")]
    assert not said[("milk", "cereal")]
    assert not said[("skim", "cereal")]


some_lists = st.lists(st.lists(st.sampled_from("abcdef"), max_size=6, unique=True), min_size=1, max_size=20)
some_paths = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["K", "K > L", "K > M", "N"]), max_size=6)


@settings(max_examples=60, deadline=None)
@given(some_lists, some_paths, st.sampled_from([0.1, 0.3]), st.sampled_from(rules.ALGORITHMS))
def test_generalised_itemsets_by_counting_every_set(lists, paths, support, algorithm) -> None:
    if not any(lists):
        return
    lists = [items for items in lists if items]
    data = generalised(lists, {item: paths.get(item) for item in "abcdef"})
    above = {item: [" > ".join(path.split(" > ")[: k + 1]) for k in range(path.count(">") + 1)]
             for item, path in paths.items()}  # fmt: skip
    above |= {category: [category.split(" > ")[0]] for category in ("K > L", "K > M")}
    wide = [set(items) | {up for item in items for up in above.get(item, [])} for items in lists]
    expected = {}
    for k in range(1, 4):
        for itemset in combinations(sorted(set().union(*wide)), k):
            if any(other in above.get(item, []) and other != item for item in itemset for other in itemset):
                continue
            count = sum(set(itemset) <= basket for basket in wide)
            if count / len(wide) >= support:
                expected[frozenset(itemset)] = count
    found = rules.frequent_itemsets(data, min_support=support, max_length=3, algorithm=algorithm).table
    assert {frozenset(items): n for items, n in found[["items", "count"]].itertuples(index=False)} == expected


def test_baskets_rolled_up_by_hand() -> None:
    rows = rows_of([["tea", "cup", "nail"], ["nail", "thing"], ["thing"]],
                   {"tea": "Food > Drinks", "cup": "Food", "nail": "Tools > Iron"})  # fmt: skip
    rows["amount"] = [2.0, 3.0, np.nan, 5.0, 7.0, 1.0]
    data, tree = rules.baskets(rows), rules.hierarchy(rows)
    assert (tree.depth, tree.without, tree.several) == (2, 1, 0)
    wide = rules.roll_up(data, tree, level=1)
    assert wide.items.tolist() == ["Food", "Tools"]
    assert wide.matrix.toarray().tolist() == [[True, True], [False, True], [False, False]]
    np.testing.assert_array_equal(wide.amounts.toarray(), [[5.0, np.nan], [0.0, 5.0], [0.0, 0.0]])
    assert wide.table["size"].tolist() == [2, 1, 0]
    narrow = rules.roll_up(data, tree, level=2)
    assert narrow.items.tolist() == ["Food", "Food > Drinks", "Tools > Iron"]
    assert narrow.labels == ("Food", "Drinks", "Iron")
    with pytest.raises(AnalysisError, match="level"):
        rules.roll_up(data, tree, level=0)


def test_giant_baskets_of_products_stay_aside_at_the_level_of_categories() -> None:
    rows = rows_of([[f"p{k}" for k in range(5000)], ["p1", "p2"]], {f"p{k}": "one" for k in range(5000)})
    data = rules.roll_up(rules.baskets(rows, max_size=100), rules.hierarchy(rows), level=1)
    assert (data.n, len(data.set_aside)) == (1, 1)


def test_the_most_frequent_category_counts_and_ties_go_by_text() -> None:
    rows = pd.DataFrame({"product_id": list("aaabbcd"), "category": ["x", "y", "y", "q", "p", " k >  l ", None]})
    tree = rules.hierarchy(rows)
    assert tree.paths == {"a": ("y",), "b": ("p",), "c": ("k", "l")}
    assert (tree.several, tree.without, tree.depth) == (2, 1, 2)
    assert rules.hierarchy(rows, max_levels=1).paths["c"] == ("k",)
    assert "a" not in rules.hierarchy(rows, exclude=["a"]).paths
    assert rules.hierarchy(rows.assign(category=[1, 2, 2, 3, 4, 5, np.nan])).paths["a"] == ("2.0",)
    with pytest.raises(AnalysisError, match=r"category.*there are product_id"):
        rules.hierarchy(rows[["product_id"]])
    with pytest.raises(AnalysisError, match="separator"):
        rules.hierarchy(rows, separator=" ")


def test_which_rules_mix_levels() -> None:
    found = mined(SOLD * 3 + [["cereal", "Jacket"]] * 5, CLOTHES | {"cereal": "Food"})
    mixed = dict(zip(found.table["antecedent"], mixes_levels(found), strict=True))
    assert mixed == {"Jacket": False, "Clothes (category)": True, "Outerwear (category)": True}
    with pytest.raises(AnalysisError, match="at least 1"):
        rules.interesting(found, factor=0.5)


@pytest.mark.reference_data
def test_a_real_hierarchy_found_alike_by_all_algorithms(reference_data) -> None:
    # The Complete Journey: 75,000 lines, departments above product categories
    folder = reference_data / "complete_journey"
    lines = pd.read_parquet(next(folder.glob("transactions*.parquet")))
    goods = pd.read_parquet(folder / "products.parquet").set_index("product_id")
    path = goods["department"].astype(str) + " > " + goods["product_category"].astype(str)
    rows = pd.DataFrame({"basket_key": lines["basket_id"], "product_id": lines["product_id"]})
    rows["category"] = rows["product_id"].map(path)
    tree = rules.hierarchy(rows)
    data = rules.generalise(rules.baskets(rows), tree)
    first, *others = (
        rules.frequent_itemsets(data, min_support=0.002, max_length=3, algorithm=name) for name in rules.ALGORITHMS
    )
    assert tree.depth == 2
    assert len(first.levels[1]) > 50
    assert all(rules.compare_algorithms(first, other) for other in others)
