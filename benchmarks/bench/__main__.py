"""Measure, print a table and write it down: `python -m benchmarks.bench [name …] [--runs n] [--only text]`.

Medians of at least three runs in fresh processes. Peers that the project does not depend on are used where they are
installed (`make peers`). The data is what ANALYSIS_REFERENCE_DATA names. The table goes to
`benchmarks/results.json`, where the records of what was not measured this time stay, and from there to the README.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path

from benchmarks import bench
from benchmarks.bench import table
from benchmarks.bench.measure import BenchmarkError, Record, Skipped, grown, measure, together

RESULTS = Path(__file__).resolve().parents[1] / "results.json"
#: Modules that measure nothing.
SHARED = ("__main__", "child", "measure", "table", "work")
FEWEST = 3
WIDTHS = (44, 9, 9, 10, 10, 9, 9, 5)
HEAD = ("work", "subject", "peer", "wall s", "CPU s", "peak MB", "times", "goal")


def modules() -> list[str]:
    """Names of the modules that measure something."""
    return sorted(found.name for found in pkgutil.iter_modules(bench.__path__) if found.name not in SHARED)


def line(record: Record) -> str:
    """One row of the table."""
    met = {None: "", True: "met", False: "MISSED"}[record.met]
    figures = [record.seconds, record.cpu_seconds, record.peak_mb, record.ratio]
    formats = (".3f", ".3f", ".1f", ".1f")
    texts = ["" if value is None else format(value, form) for value, form in zip(figures, formats, strict=True)]
    return _columns((record.work, record.subject, record.peer, *texts, met))


def _columns(texts: tuple[str, ...]) -> str:
    aligned = (
        f"{text:<{w}}" if place < 3 else f"{text:>{w}}"
        for place, (text, w) in enumerate(zip(texts, WIDTHS, strict=True))
    )
    return " ".join(aligned).rstrip()


def write(records: list[Record], path: Path = RESULTS) -> None:
    """Put the records into the file, in place of those of the same work, subject and peer."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    merged = {(item["work"], item["subject"], item["peer"]): item for item in kept}
    merged |= {(record.work, record.subject, record.peer): record.rounded() for record in records}
    ordered = [merged[key] for key in sorted(merged)]
    path.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def run(name: str, runs: int, only: str) -> list[Record]:
    """Measure the works of one module, each printed and written as soon as it is known."""
    module = f"benchmarks.bench.{name}"
    works = [work for work in importlib.import_module(module).works() if only in work.name]
    records: list[Record] = []
    for work in works:
        for outcome in measure(module, work, runs):
            if isinstance(outcome, Skipped):
                print(f"{outcome.what}: skipped, {outcome.why}", flush=True)
            else:
                records.append(outcome)
                print(line(outcome), flush=True)
        write(records)
    across = [*([] if only else together(name, works, records)), *grown(works, records)]
    for record in across:
        print(line(record), flush=True)
    write(across)
    return records + across


def main() -> int:
    """Run what is asked for; the exit code is 1 where a goal was missed or a subject failed."""
    known = modules()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="*", help=f"any of: {', '.join(known)}; none: all")
    parser.add_argument("--runs", type=int, default=FEWEST, help=f"runs of each subject, {FEWEST} or more")
    parser.add_argument("--only", default="", metavar="TEXT", help="works whose name holds this text")
    asked = parser.parse_args()
    wanted = asked.name or known
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
    if asked.runs < FEWEST:
        parser.error(f"--runs must be at least {FEWEST}, got {asked.runs}")
    print(_columns(HEAD))
    try:
        records = [record for name in wanted for record in run(name, asked.runs, asked.only)]
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    newest = table.markdown(json.loads(RESULTS.read_text(encoding="utf-8")))
    table.README.write_text(table.in_readme(table.README.read_text(encoding="utf-8"), newest), encoding="utf-8")
    return int(any(record.met is False for record in records))


if __name__ == "__main__":
    sys.exit(main())
