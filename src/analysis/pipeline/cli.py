"""The command line: `python -m analysis <command>`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.pipeline.lockfile import keep_lock
from analysis.pipeline.project import NOTEBOOKS, Build, find_root

__all__ = ["main"]

Command = Callable[[argparse.Namespace, Path], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a fault that the user can mend is one message and exit code 1."""
    options = _parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        root = find_root()
        if options.timed:
            keep_lock(root)
        options.command(options, root)
    except (AnalysisError, OSError) as error:
        if options.debug:
            raise
        print(f"\nerror: {_told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; nothing that was finished is lost: dvc repro goes on from here", file=sys.stderr)
        return 130
    if options.timed:
        print(f"  done in {time.perf_counter() - started:.1f} s", flush=True)
    return 0


def _told(error: AnalysisError | OSError) -> str:
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror or error}. Check that the file is there and that you may read and write it."
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Customer value analysis.")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_people_commands(commands)
    _add_stage_commands(commands)
    return parser


def _add(commands: object, name: str, command: Command, help: str, *, timed: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)  # type: ignore[attr-defined]
    # --debug may stand before or after the command
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.set_defaults(command=command, timed=timed)
    return parser


def _add_people_commands(commands: object) -> None:
    reports = _add(commands, "reports", _reports, "bring all reports up to date and say what ran, why and how long")
    reports.add_argument("--profile", help="add this profile to the list first, and build it")
    reports.add_argument("--jobs", type=int, help="stages that run at a time; by default as many as processors")
    opened = _add(commands, "open", _open, "open a notebook in JupyterLab with a run's parameters")
    opened.add_argument("topic", choices=sorted(NOTEBOOKS))
    opened.add_argument("--profile", default="demo")
    opened.add_argument("--no-server", action="store_true", help="only write the notebook and say where it is")
    opened.add_argument("--no-browser", action="store_true", help="start JupyterLab without opening a browser")
    profile = _add(commands, "profile", _profile, "list the profiles that are built, add one or remove one")
    profile.add_argument("action", choices=["list", "add", "remove"])
    profile.add_argument("name", nargs="?")
    _add(commands, "heal", _heal, "mend what a killed run or a removed source file left behind, where DVC cannot go on")
    check = _add(commands, "check", _check, "check every profile and its source files, without running anything")
    check.add_argument("--profile", help="only this one")
    data = _add(commands, "data", _data, "put a profile's public source data in place")
    data.add_argument("--profile", required=True)
    export = _add(commands, "export", _export, "write tables, or a list of customers, to exports/, which git ignores")
    export.add_argument("--profile", default="demo")
    export.add_argument("--language", help="language of the workbook; by default the profile's main one")
    export.add_argument("--format", choices=["csv", "xlsx"], default="csv",
                        help="xlsx: all tables and figures of the pages in one workbook; csv: customers")  # fmt: skip
    export.add_argument("--by", choices=["total", "average", "orders"], default="total",
                        help="the best by total spend, average spend (total divided by orders), or orders")  # fmt: skip
    export.add_argument("--size", type=int, default=10, help="how many customers")
    export.add_argument("--result", help="instead of the best: a result by customer, such as recommendation/offers")
    export.add_argument("--real-ids", action="store_true", help="the source's customer ids instead of pseudonyms")
    freeze = _add(commands, "freeze", _freeze, "keep the segments of the last build in a file, so that they stay")
    freeze.add_argument("profile")
    freeze.add_argument("--to", help="the file to write; by default params/frozen/<profile>.json")
    freeze.add_argument("--replace", action="store_true", help="take the place of a file that is there")
    history = _add(commands, "history", _history, "make published versions again from git and the DVC cache")
    history.add_argument("action", choices=["rebuild"])
    compare = _add(commands, "compare", _compare, "set two published versions side by side on a page")
    compare.add_argument("first")
    compare.add_argument("second")
    mark = _add(commands, "mark", _mark, "mark a published version as corrected or withdrawn")
    mark.add_argument("version")
    mark.add_argument("status", choices=["corrected", "withdrawn"])
    mark.add_argument("--reason", required=True)


def _add_stage_commands(commands: object) -> None:
    _add(commands, "notebooks", _notebooks, "stage: canonical notebooks")
    for name, command, help in (
        ("inputs", _inputs, "stage: check a profile and link its source files"),
        ("ingest", _ingest, "stage: source files to all-text Parquet and quarantine"),
        ("features", _features, "stage: clean tables to customer features, baskets, months"),
        ("pages", _pages, "stage: draw the pages"),
        ("publish", _publish, "stage: keep the pages as a version, refresh the index"),
    ):
        _add(commands, name, command, help, timed=True).add_argument("--profile", required=True)
    run = _add(commands, "run", _run, "stage: execute one notebook", timed=True)
    run.add_argument("topic", choices=sorted(NOTEBOOKS))
    run.add_argument("--profile", required=True)


# Each command imports what it needs: a stage's start is most of its time.


def _reports(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.repro import reproduce

    reproduce(options.profile, root=root, jobs=options.jobs)


def _open(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.opening import open_notebook

    open_notebook(
        options.topic, options.profile, root=root, server=not options.no_server, browser=not options.no_browser
    )


def _profile(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline import profiles

    if options.action == "list":
        print("\n".join(profiles.listed_profiles(root=root)))
        return
    if not options.name:
        raise AnalysisError(f"name the profile: python -m analysis profile {options.action} NAME")
    if options.action == "add":
        added = profiles.add_profile(options.name, root=root)
        print(f"{options.name} {'is now' if added else 'was already'} on the list in dvc.yaml. Build it: dvc repro")
    else:
        removed = profiles.remove_profile(options.name, root=root)
        print(f"{options.name} {'is no longer' if removed else 'was not'} on the list in dvc.yaml")


def _check(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.inputs import check_profile
    from analysis.pipeline.remote import remote_files

    names = [options.profile] if options.profile else sorted(path.stem for path in (root / "params").glob("*.yaml"))
    faults = []
    for name in names:
        try:
            with remote_files(name, root=root) as remote:
                check_profile(name, root=root, remote=remote)
            print(f"params/{name}.yaml: valid")
        except AnalysisError as error:
            faults.append(str(error))
    if faults:
        raise AnalysisError("\n".join(faults))


def _data(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.inputs import place_data

    reference = os.environ.get("ANALYSIS_REFERENCE_DATA")
    print(place_data(options.profile, root=root, reference=Path(reference) if reference else None))


def _export(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.exports import export_result, export_top_customers, export_workbook

    if options.format == "xlsx":
        path = export_workbook(options.profile, language=options.language, root=root)
        print(f"{path.relative_to(root)}: all tables of the pages")
        return
    whose = {"real_ids": options.real_ids, "root": root}
    if options.result:
        path = export_result(options.profile, result=options.result, **whose)
    else:
        path = export_top_customers(options.profile, by=options.by, size=options.size, **whose)
    print(f"{path.relative_to(root)}: a list of customers. Share it with those alone who may see it.")


def _history(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.history import rebuild

    results = rebuild(root=root)
    for item in results:
        found = f"{item.version} {item.outcome}" if item.version else "lost: its outs are no longer in the DVC cache"
        print(f"{item.commit[:10]} {item.profile}: {found}")
    count = sum(item.outcome == "rebuilt" for item in results)
    print(f"{count} versions brought back; reports/index.html is refreshed")


def _freeze(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.freezing import freeze

    print(freeze(options.profile, root=root, to=options.to, replace=options.replace))


def _compare(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.publish import compare

    print(compare(options.first, options.second, root=root).relative_to(root))


def _mark(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.publish import decide

    version = decide(options.version, options.status, options.reason, root=root)
    print(f"{version.id} is marked as {options.status}. Commit reports/decisions.yaml so that others see it.")


def _heal(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.links import drop_dead_links
    from analysis.pipeline.lockfile import heal_lock
    from analysis.pipeline.profiles import listed_profiles

    done = [heal_lock(root)]
    for name in listed_profiles(root=root):
        done += [f"{name}: the source file {file} is gone" for file in drop_dead_links(name, root=root)]
    print("\n".join(line for line in done[1:] if line) or ("" if done[0] else "nothing needed mending"))


def _notebooks(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.canonical import write_canonical

    write_canonical(root / "notebooks", root / "build" / "notebooks")


def _inputs(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.inputs import prepare_inputs
    from analysis.pipeline.remote import remote_files

    with remote_files(options.profile, root=root) as remote:
        prepare_inputs(options.profile, root=root, remote=remote)


def _ingest(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.tables import ingest_sources

    ingest_sources(options.profile, root=root)


def _features(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.tables import build_features

    build_features(options.profile, root=root)


def _run(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.runner.execute import execute

    execute(options.topic, options.profile, root=root)


def _pages(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.pages import build_pages

    build_pages(options.profile, root=root)
    print(f"  pages in {Build(root, options.profile).pages.relative_to(root)}/")


def _publish(options: argparse.Namespace, root: Path) -> None:
    from analysis.pipeline.publish import publish

    version = publish(options.profile, root=root)
    print(f"  version {version.id}; start at reports/index.html")
