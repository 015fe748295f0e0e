"""Print the tables and write them down: `python -m benchmarks.verify [name …]`."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import time
from pathlib import Path

import pandas as pd

from analysis.errors import AnalysisError
from benchmarks import verify
from benchmarks.verify.table import Table

RECORDS = Path(__file__).resolve().parents[1] / "verification.json"
#: Modules that hold no tables of their own.
SHARED = ("__main__", "table")


def modules() -> list[str]:
    """Names of the modules that give tables."""
    return sorted(found.name for found in pkgutil.iter_modules(verify.__path__) if found.name not in SHARED)


def show(table: Table) -> None:
    """Print one table with its source and whether its goal was met."""
    print(f"\n## {table.title}\n\nbeside: {table.source}\n")
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_colwidth", 60):
        print(table.frame.to_string(index=False, na_rep=""))
    if table.goal:
        met = len(table.frame) - table.missed
        print(f"\ngoal: {table.goal} — met by {met} of {len(table.frame)}")


def record(table: Table) -> dict[str, object]:
    """A table as plain JSON values, six significant digits."""
    rows = json.loads(table.frame.to_json(orient="records", double_precision=10))
    for row in rows:
        row |= {key: float(f"{value:.6g}") for key, value in row.items() if isinstance(value, float)}
    return {
        "table": table.name,
        "title": table.title,
        "source": table.source,
        "goal": table.goal,
        "missed": table.missed,
        "rows": rows,
    }


def write(tables: list[Table], path: Path = RECORDS) -> None:
    """Put the tables into the file; those of other modules stay."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    merged = {item["table"]: item for item in kept} | {table.name: record(table) for table in tables}
    text = json.dumps([merged[name] for name in sorted(merged)], ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Run what is asked for; the exit code is 1 where a goal was missed."""
    known = modules()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"any of: {', '.join(known)}; none: all")
    wanted = parser.parse_args().name or known
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
    missed = 0
    for name in wanted:
        start = time.perf_counter()
        try:
            tables = importlib.import_module(f"benchmarks.verify.{name}").tables()
        except AnalysisError as error:
            print(f"\nerror: {name}: {error}", file=sys.stderr)
            missed += 1
            continue
        for table in tables:
            show(table)
            missed += table.missed
        write(tables)
        print(f"\n({name}: {time.perf_counter() - start:.0f} s)", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
