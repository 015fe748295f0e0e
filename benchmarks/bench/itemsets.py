"""Frequent itemsets: this project's miner beside mlxtend's FP-growth and Borgelt's C (`pip install pyfim`).

Every job starts from the baskets as this project keeps them, a sparse table; what form the peer wants instead is made
by its job where the peer's user would have to make it (mlxtend's one-hot table), and before it where it is a matter of
reading (pyfim's lists). Results are held against each other: how many itemsets, and the sum of their counts.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    from scipy import sparse

    from analysis import rules

__all__ = ["LONGEST", "baskets", "prepare", "works"]

#: Data sets and three smallest supports each.
SEARCHES = {
    "retail": (0.01, 0.002, 0.0005),
    "T10I4D100K": (0.01, 0.005, 0.001),
    "mushroom": (0.3, 0.2, 0.1),
    "groceries": (0.01, 0.005, 0.001),
    "online retail": (0.02, 0.01, 0.005),
}
#: From this share of filled cells on, mlxtend gets a dense table.
DENSE = 0.05
#: Longer than any basket's frequent part: no limit.
LONGEST = 100
GOALS = {
    "mlxtend": Goal(memory_share=0.1, memory_floor_mb=30, together=40),
    "pyfim": Goal(speed=1),
}


def prepare(name: str, path: Path) -> None:
    """The baskets of a public data set as a sparse table."""
    import numpy as np
    import pandas as pd

    from analysis import rules
    from benchmarks.verify.table import reference_data

    if name == "groceries":
        with reference_data("groceries", "groceries.csv").open(newline="") as file:
            data = rules.from_lists(list(csv.reader(file)))
    elif name == "online retail":
        lines = pd.read_csv(
            reference_data("online_retail_II", "online_retail_II.csv.gz"),
            usecols=["Invoice", "StockCode", "Quantity"], dtype={"Invoice": str, "StockCode": str},
        )  # fmt: skip
        sold = lines[~lines["Invoice"].str.startswith(("C", "A")) & (lines["Quantity"] > 0)]
        data = rules.baskets(sold, basket="Invoice", item="StockCode")
    else:
        with gzip.open(reference_data("fimi", f"{name}.dat.gz"), "rt") as file:
            data = rules.from_lists([line.split() for line in file])
    with path.open("wb") as file:
        np.savez(file, indices=data.matrix.indices, indptr=data.matrix.indptr, shape=data.matrix.shape)


def _read(path: Path) -> sparse.csr_array:
    import numpy as np
    from scipy import sparse

    with np.load(path) as kept:
        ones = np.ones(len(kept["indices"]), dtype=bool)
        return sparse.csr_array((ones, kept["indices"], kept["indptr"]), shape=tuple(kept["shape"]))


def baskets(path: Path) -> rules.Baskets:
    """What `prepare` wrote, as baskets of items without names."""
    import numpy as np
    import pandas as pd

    from analysis import rules

    matrix = _read(path)
    return rules.Baskets(
        matrix=matrix, items=np.arange(matrix.shape[1]), labels=tuple(map(str, range(matrix.shape[1]))),
        table=pd.DataFrame(index=range(matrix.shape[0])), amounts=None, set_aside=pd.DataFrame(), max_size=None,
        dropped_rows=0,
    )  # fmt: skip


def _own(support: float, path: Path) -> Job:
    from analysis import rules

    data = baskets(path)

    def job() -> Callable[[], list[int]]:
        found = rules.frequent_itemsets(data, min_support=support, max_length=LONGEST, max_itemsets=10**9)
        return lambda: [len(found), sum(int(counts.sum()) for counts in found.counts)]

    return job


def _mlxtend(support: float, path: Path) -> Job:
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth

    matrix = _read(path)

    def job() -> Callable[[], list[int]]:
        # mlxtend is quicker with pandas' sparse columns, unless most of the table is filled
        sparsely = matrix.nnz < DENSE * matrix.shape[0] * matrix.shape[1]
        table = pd.DataFrame.sparse.from_spmatrix(matrix) if sparsely else pd.DataFrame(matrix.toarray())
        found = fpgrowth(table, min_support=support)
        return lambda: [len(found), int((found["support"] * matrix.shape[0]).round().sum())]

    return job


def _pyfim(support: float, path: Path) -> Job:
    import numpy as np
    from fim import fpgrowth

    from analysis.rules.itemsets import minimum_count

    matrix = _read(path)
    least = minimum_count(support, matrix.shape[0])
    lists = [row.tolist() for row in np.split(matrix.indices, matrix.indptr[1:-1])]

    def tell(found: list[tuple[tuple[int, ...], int]]) -> list[int]:
        # pyfim 6.28 leaves out an item that every basket holds, alone, though not the itemsets it stands in
        everywhere = set(np.flatnonzero(np.bincount(matrix.indices) == len(lists)).tolist())
        left_out = len(everywhere - {members[0] for members, _ in found if len(members) == 1})
        return [len(found) + left_out, sum(count for _, count in found) + left_out * len(lists)]

    def job() -> Callable[[], list[int]]:
        found = fpgrowth(lists, target="s", supp=-least, zmin=1, report="a")
        return lambda: tell(found)

    return job


def works() -> list[Work]:
    """One search a data set and support."""
    return [
        Work(
            f"itemsets of {name} at {support:.2%}",
            partial(prepare, name),
            {OWN: partial(_own, support), "mlxtend": partial(_mlxtend, support), "pyfim": partial(_pyfim, support)},
            GOALS,
        )
        for name, supports in SEARCHES.items()
        for support in supports
    ]
