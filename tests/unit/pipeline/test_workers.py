"""Stages that are forked from a process which has imported what they need say and return what others do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: The first run starts a process anew; once the other one is ready, the rest are forked from it.
SCRIPT = """
import sys
from pathlib import Path
from analysis.pipeline.workers import Workers

if __name__ == "__main__":
    workers = Workers(Path.cwd())
    for wait in (0, 120):
        if wait:
            workers._ready.wait(wait)
        for arguments in (["profile", "list"], ["profile", "add", "nowhere"]):
            said = []
            code = workers.run(arguments, {}, lambda line, error: said.append((error, line)))
            print(workers._ready.is_set(), code, sorted(said))
"""


def test_a_forked_stage_says_and_returns_what_a_new_process_does(tmp_path: Path) -> None:
    script, log = tmp_path / "script.py", tmp_path / "log"
    script.write_text(SCRIPT)
    with log.open("w") as file:  # a file, as a scheduled run has it: its position must not matter
        subprocess.run([sys.executable, str(script)], cwd=ROOT, stdout=file, check=True)
    lines = [line.split(" ", 1) for line in log.read_text().splitlines()]
    assert [ready for ready, _ in lines][-2:] == ["True", "True"]
    assert [said for _, said in lines[:2]] == [said for _, said in lines[2:]]
    assert lines[0][1].startswith("0 [(False, 'demo')") and "there is no profile 'nowhere'" in lines[1][1]


def test_what_stages_are_forked_from_has_imported_what_they_use() -> None:
    code = "import sys, analysis.pipeline.preloaded as p; print(p.MODULES and set(p.MODULES) <= sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "True"
