"""What the worked examples say about the seven inputs, computed a second time without the package.

The files are made as the notebook makes them; pandas, SciPy, statsmodels and scikit-learn do the rest.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from statsmodels.regression.linear_model import OLS
from statsmodels.tools import add_constant

from analysis.correlation import halves
from analysis.data.demo import build, shapes

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "notebooks" / "07_worked_examples.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    everything = json.loads(EXAMPLES.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in everything if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def folder(cells: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    call = "world = build(seed=7, customers=100, months=12, end=date(2025, 12, 20))"
    assert sum(call in "".join(cell["source"]) for cell in cells) == 1
    path = tmp_path_factory.mktemp("shapes")
    world = build(seed=7, customers=100, months=12, end=date(2025, 12, 20))
    shapes.write_shapes(world, path, root=path)
    return path


def lines(cells: list[dict[str, Any]], part: str) -> list[str]:
    """The lines of output of the one cell that holds a text."""
    (cell,) = [cell for cell in cells if part in "".join(cell["source"])]
    return "".join("".join(output["text"]) for output in cell["outputs"]).splitlines()


def row(cells: list[dict[str, Any]], part: str, first: str) -> list[str]:
    """The words of the first line of output that begins with a text, without it."""
    found = [line for line in lines(cells, part) if line.lstrip().startswith(first)]
    return found[0].strip().removeprefix(first).split()


def table(cells: list[dict[str, Any]], part: str, header: str) -> pd.DataFrame:
    """The rows below the line that begins with the words of a header, as far as they have as many words."""
    text, words = lines(cells, part), header.split()
    start = next(i for i, line in enumerate(text) if line.split()[: len(words)] == words)
    names, rows = text[start].split(), []
    for line in text[start + 1 :]:
        if len(line.split()) != len(names):
            break
        rows.append(line.split())
    return pd.DataFrame(rows, columns=names)


@pytest.fixture(scope="module")
def purchases(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "purchase_data.csv", dtype=str, encoding="utf-8-sig")


def test_every_file_of_every_shape_is_named(cells: list[dict[str, Any]], folder: Path) -> None:
    code = "\n".join("".join(cell["source"]) for cell in cells)
    for path in sorted(folder.iterdir()):
        stem = path.name.removesuffix("_data.csv").removeprefix("test_")
        assert path.name in code or f'"{stem}"' in code or f"}}{stem}" in code, path.name


def test_baskets(cells: list[dict[str, Any]], folder: Path) -> None:
    bought = pd.read_csv(folder / "transaction_data.csv", dtype=str).drop_duplicates()
    sets = bought.groupby(["transaction_date", "customer_id"])["product_id"].agg(set)
    shown = " ".join(lines(cells, "rules.baskets(sales)"))
    assert f"{len(sets)} baskets × {bought['product_id'].nunique()} products, {sum(map(len, sets))} of" in shown
    days = pd.to_datetime(sets.index.get_level_values(0))
    span = (days.max() - days.min()).days + 1
    late = days > days.max() - pd.Timedelta(days=round(span * 0.25))
    early, later = list(sets[~late]), list(sets[late])
    part = 'algorithm="apriori"'
    assert f"mined in {len(early)} baskets" in lines(cells, part)[0]
    for _, rule in table(cells, part, "antecedent consequent").iterrows():
        a, c = {rule["antecedent"]}, {rule["consequent"]}
        both = a | c
        n_both, n_a, n_c = (sum(items <= basket for basket in early) for items in (both, a, c))
        assert int(rule["count"]) == n_both
        assert float(rule["support"]) == pytest.approx(n_both / len(early), abs=5e-5)
        assert float(rule["confidence"]) == pytest.approx(n_both / n_a, abs=5e-5)
        assert float(rule["lift"]) == pytest.approx(n_both * len(early) / n_a / n_c, abs=5e-5)
        assert int(rule["later_count"]) == sum(both <= basket for basket in later)


def test_spend(cells: list[dict[str, Any]], folder: Path) -> None:
    bought = pd.read_csv(folder / "transactions.csv", dtype={"customer_id": str}).drop_duplicates()
    kept = bought.dropna(subset=["amount"]).assign(day=lambda frame: frame["time"].str[:10])
    people = kept.groupby("customer_id").agg(total=("amount", "sum"), orders=("day", "nunique"))
    best = people.sort_values("total", ascending=False).head(10)
    shown = table(cells, "people.nlargest(10", "customer_id frequency")
    assert shown["customer_id"].tolist() == best.index.tolist()
    assert shown["frequency"].astype(int).tolist() == best["orders"].tolist()
    assert shown["monetary"].astype(float).to_numpy() == pytest.approx(best["total"].to_numpy(), abs=5e-3)
    average = best["total"] / best["orders"]
    assert shown["average_order_value"].astype(float).to_numpy() == pytest.approx(average.to_numpy(), abs=5e-3 + 1e-9)


def test_satisfaction(cells: list[dict[str, Any]], folder: Path) -> None:
    train, test = (pd.read_csv(folder / f"{name}customer_feedback.csv", encoding="gb18030") for name in ("", "test_"))
    columns, target = ["购买次数", "购买金额", "浏览时长"], "满意度评分"
    train, test = train.dropna(subset=[target]), test.dropna(subset=[target])
    middle = train[columns].median()
    x, new = (add_constant(np.log1p(frame[columns].fillna(middle))) for frame in (train, test))
    fit = OLS(train[target], x).fit(cov_type="HC3", use_t=True)
    for i, name in enumerate(["intercept", *columns]):
        expected = [fit.params.iloc[i], fit.bse.iloc[i], *fit.conf_int().iloc[i], fit.pvalues.iloc[i]]
        found = [float(word) for word in row(cells, "regression.design(train", name + " ")]
        assert found == pytest.approx(expected, abs=6e-5), name
    squares = (test[target] - fit.predict(new)) ** 2, (test[target] - train[target].mean()) ** 2
    part = "regression.held_out_errors(known[target]"
    assert float(row(cells, part, "line: MSE")[0]) == pytest.approx(squares[0].mean(), abs=5e-3)
    assert float(row(cells, part, "mean: MSE")[0]) == pytest.approx(squares[1].mean(), abs=5e-3)
    assert float(row(cells, part, "R² of the line")[0]) == pytest.approx(
        1 - squares[0].sum() / squares[1].sum(), abs=5e-3
    )
    # What the words beside it say: the line is not shown to be better than the mean.
    assert squares[0].mean() > squares[1].mean()


def test_groups(cells: list[dict[str, Any]], folder: Path) -> None:
    people = pd.read_csv(folder / "customer_data.csv", na_values=["unknown"])
    values = people[["age", "income", "purchase_frequency", "amount"]]
    values = values.fillna(values.median())
    logged = values.assign(**{name: np.log1p(values[name]) for name in values if stats.skew(values[name]) > 1})
    matrix = StandardScaler().fit_transform(logged)
    shown = table(cells, "clustering.segment(people", "k inertia")
    for k, slack in ((2, 6e-3), (3, 0.1)):  # the best of many starts may miss the very best by a hair, and more beyond
        theirs = KMeans(k, n_init=20, random_state=0).fit(matrix)
        found = shown[shown["k"] == str(k)].iloc[0]
        assert theirs.inertia_ - 6e-3 <= float(found["inertia"]) <= theirs.inertia_ + slack
        assert float(found["silhouette"]) == pytest.approx(silhouette_score(matrix, theirs.labels_), abs=6e-3)
    labels = KMeans(2, n_init=20, random_state=0).fit_predict(matrix)
    means = people.assign(group=labels).groupby("group")["amount"].mean().sort_values(ascending=False)
    loyal = lines(cells, "loyal = frame")
    assert [float(line.split()[-1]) for line in loyal[-2:]] == pytest.approx(means.tolist(), abs=0.06)


def test_four_sources(cells: list[dict[str, Any]], folder: Path, purchases: pd.DataFrame) -> None:
    read = {"browse": "utf-8", "social": "cp1252", "feedback": "utf-8"}
    events = {name: pd.read_csv(folder / f"{name}_data.csv", dtype=str, encoding=code) for name, code in read.items()}
    rows = purchases["customer_id"].value_counts()
    product = rows.copy()
    for frame in events.values():
        product = (product * frame["customer_id"].value_counts()).dropna()
    assert f"joined: {int(product.sum())} rows of {len(product)} customers" in lines(cells, "joined = bought")[1]
    sold = purchases.drop_duplicates().dropna(subset=["amount"])
    who = {name: set(frame["customer_id"]) for name, frame in {"sales": sold, **events}.items()}
    everybody = sorted(set.union(*who.values()))
    seen = pd.DataFrame({name: ["yes" if key in ids else "·" for key in everybody] for name, ids in who.items()})
    expected = seen.value_counts().to_dict()
    shown = table(cells, "cleaned.customers_in_sources", "sales browsing")
    found = {tuple(words[:-1]): int(words[-1]) for words in shown.itertuples(index=False)}
    assert found == expected
    people = table(cells, "features.build(cleaned.tables", "customer_id frequency").set_index("customer_id")
    ratings = events["feedback"].assign(rating=lambda frame: frame["rating"].astype(float))
    visits = events["browse"]["customer_id"].value_counts()
    for key, values in people.iterrows():
        assert int(values["browsing_sessions"]) == visits.get(key, 0)
        mean = ratings.loc[ratings["customer_id"] == key, "rating"].mean()
        assert float(values["satisfaction"]) == pytest.approx(mean, abs=5e-3)


def test_recommendations_by_what_was_bought(cells: list[dict[str, Any]], purchases: pd.DataFrame) -> None:
    owned = pd.crosstab(purchases["customer_id"], purchases["product_id"]).clip(upper=1)
    shown = table(cells, "recommendation.recommend(bought, neighbours=5, most=2)", "customer_id rank")
    search = NearestNeighbors(n_neighbors=len(owned), metric="cosine", algorithm="brute").fit(owned)
    distance, index = search.kneighbors(owned)
    for _, advice in shown.iterrows():
        place = owned.index.get_loc(advice["customer_id"])
        pairs = sorted((round(d, 9), i) for d, i in zip(distance[place], index[place], strict=True) if i != place)
        near = [(1 - d, i) for d, i in pairs[:5] if d < 1]
        total = sum(similarity for similarity, _ in near)
        score = sum(similarity for similarity, i in near if owned[advice["product_id"]].iloc[i]) / total
        assert float(advice["score"]) == pytest.approx(score, abs=5e-4)
        assert not owned.loc[advice["customer_id"], advice["product_id"]]


def test_recommendations_judged_by_time(cells: list[dict[str, Any]], folder: Path) -> None:
    behaviour = pd.read_csv(folder / "user_behavior_data.csv", dtype=str)
    early = behaviour["purchase_time"] < "2025-11-20"
    before = behaviour[early].groupby("user_id")["product_id"].agg(set)
    after = behaviour[~early].groupby("user_id")["product_id"].agg(set)
    fresh = {user: after[user] - before[user] for user in before.index.intersection(after.index)}
    fresh = {user: products for user, products in fresh.items() if products}
    buyers = pd.Series([product for products in before for product in products]).value_counts()
    hits = {"most bought": 0, "neighbours": 0}
    for user, products in fresh.items():
        mine = before[user]
        alike = {
            other: len(mine & theirs) / np.sqrt(len(mine) * len(theirs))
            for other, theirs in before.items()
            if other != user and mine & theirs
        }
        near = sorted(alike, key=lambda other: (-round(alike[other], 12), other))[:5]
        scores = {product: sum(alike[n] for n in near if product in before[n]) for product in buyers.index}
        for way, values in (("most bought", buyers.to_dict()), ("neighbours", scores)):
            others = [product for product in values if product not in mine and values[product] > 0]
            best = sorted(others, key=lambda product: (-round(values[product], 12), product))[:5]
            hits[way] += bool(products & set(best))
    shown = lines(cells, "recommendation.popular(earlier")
    for line in shown:
        way, _, rest = line.partition(":")
        assert rest.strip().startswith(f"{hits[way.strip()]} of {len(fresh)} users")


def test_posts(cells: list[dict[str, Any]], folder: Path) -> None:
    posts = pd.read_csv(folder / "social_media_data.csv")
    part = "nearest = correlation.correlate(answer"
    found = table(cells, part, "first second")
    for _, pair in found.iterrows():
        rho = stats.spearmanr(posts[pair["first"]], posts[pair["second"]]).statistic
        assert float(pair["estimate"]) == pytest.approx(rho, abs=5e-4)
    totals = posts[["likes", "comments", "shares"]].sum()
    for name, total in totals.items():
        assert int(row(cells, "import sqlite3", str(name))[0]) == total
    half = halves(posts["user_id"].astype(str), random_state=1)  # ids are texts in the notebook
    x = add_constant(posts[["likes", "comments"]].astype(float))
    fit = OLS(posts["shares"][half], x[half]).fit(
        cov_type="cluster", cov_kwds={"groups": posts["user_id"][half]}, use_t=True
    )
    part = "half = correlation.halves"
    for i, name in enumerate(["intercept", "likes", "comments"]):
        expected = [fit.params.iloc[i], fit.bse.iloc[i], *fit.conf_int().iloc[i]]
        assert [float(word) for word in row(cells, part, name + " ")] == pytest.approx(expected, abs=6e-4), name
    off = posts["shares"][~half] - fit.predict(x[~half])
    assert float(row(cells, part, "line: RMSE")[0]) == pytest.approx(np.sqrt((off**2).mean()), abs=5e-3)
    assert not set(posts["user_id"][half]) & set(posts["user_id"][~half])
