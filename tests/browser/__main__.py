"""Hold built pages against the acceptance checks: `python -m tests.browser [page or folder ...]`.

Prints a table page × check, then every fault; the exit code is 1 where there is one. Without arguments it takes
everything under `reports/` but earlier versions: the index, the latest pages of every profile and the comparisons, in
every language.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.checks import CHECKS
from browser.opened import Opened, browser, chromium_path, discovered


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the pages; 0 if all pass, 1 if one does not, 2 if there is nothing to check or to check it with."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description="Check built pages in Chromium.")
    parser.add_argument("places", nargs="*", type=Path, default=[Path("reports")], help="pages, or folders of pages")
    parser.add_argument("--only", nargs="+", metavar="CHECK", choices=[*CHECKS], default=[*CHECKS],
                        help="for example T08 T16")  # fmt: skip
    options = parser.parse_args(arguments)
    executable = chromium_path()
    if executable is None:
        print("there is no chromium on the path; on Debian: apt-get install chromium", file=sys.stderr)
        return 2
    try:
        pages = discovered(options.places)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    names = [str(page) for page in pages]
    width = max(map(len, names))
    print(f"{'page':{width}}  {'  '.join(f'{name:4}' for name in options.only)}".rstrip())
    faults: list[str] = []
    with browser(executable) as chromium:
        for name, path in zip(names, pages, strict=True):
            found = _faults(path, chromium, options.only)
            print(f"{name:{width}}  {'  '.join('FAIL' if lines else 'PASS' for lines in found.values())}", flush=True)
            faults += [f"{check} {name}: {line}" for check, lines in found.items() for line in lines]
    print("", *faults, f"{len(pages)} pages, {len(faults)} faults", sep="\n")
    return 1 if faults else 0


def _faults(path: Path, chromium: object, checks: Sequence[str]) -> dict[str, list[str]]:
    """The faults of a page by check."""
    page = Opened(path, chromium)
    try:
        return {check: _faults_of(check, page) for check in checks}
    finally:
        page.close()


def _faults_of(check: str, page: Opened) -> list[str]:
    from playwright.sync_api import Error

    try:
        return list(CHECKS[check](page))
    except Error as error:
        return [f"could not be looked at: {str(error).splitlines()[0]}"]


if __name__ == "__main__":
    sys.exit(main())
