"""Write environment.yml: conda makes the Python, and pip installs the locked packages, so that versions are the same.

The direct dependencies are repeated as comments, with the versions that the lock gives them on the lowest Python.
`--check` only says whether the file is up to date.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

TEMPLATE = """\
# For conda users: the same versions as requirements.lock. After `conda env create`:
#   conda activate customer-value-analysis && pip install --no-deps --no-build-isolation -e .
name: customer-value-analysis
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python >=3.11,<3.15
  - git
  - make
  - pip
  - pip:
      - --require-hashes
      - -r requirements.lock
# Direct dependencies, as locked for the lowest Python:
{direct}
"""


def direct_dependencies() -> list[str]:
    """Names of the direct dependencies, from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(re.match(r"[A-Za-z0-9._-]+", item)[0] for item in project["dependencies"])


def locked(name: str) -> str:
    """The first version that the lock names: the one for the lowest Python."""
    wanted = re.sub(r"[-_.]+", "-", name).lower()
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line)
        if match and re.sub(r"[-_.]+", "-", match[1]).lower() == wanted:
            return match[2]
    raise SystemExit(f"requirements.lock does not hold {name}; run: make lock")


def main() -> None:
    """Write the file, or check it."""
    direct = "\n".join(f"#   {name}=={locked(name)}" for name in direct_dependencies())
    content = TEMPLATE.format(direct=direct)
    target = ROOT / "environment.yml"
    if "--check" in sys.argv:
        if target.read_text(encoding="utf-8") != content:
            raise SystemExit("environment.yml is not in step with pyproject.toml and requirements.lock; run: make lock")
        return
    target.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
