"""An engine for papermill that runs a notebook's cells in this process: one process a stage, no kernel beside it.

A kernel costs a second to start and stop, and imports everything once more. What a cell gives is recorded as a kernel
would send it: streams, displayed objects, the value of its last line, its error.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import nbformat
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

__all__ = ["NAME", "InProcessEngine"]

#: What `papermill.execute_notebook` calls it.
NAME = "in-process"


class Outputs:
    """What the cell that runs has given so far."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._shown: dict[str, list[Any]] = {}
        self._clear_first = False

    def begin(self) -> list[Any]:
        """A new cell; the list fills while it runs."""
        self.items, self._clear_first = [], False
        return self.items

    def add(self, kind: str, **parts: Any) -> None:
        """An output of a kind that the notebook format knows."""
        if self._clear_first:
            self.clear()
        self.items.append(nbformat.v4.new_output(kind, **parts))

    def write(self, name: str, text: str) -> None:
        """Text of a stream, joined to what it wrote just before."""
        last = self.items[-1] if self.items and not self._clear_first else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self.add("stream", name=name, text=text)

    def show(self, data: dict[str, Any], metadata: dict[str, Any], *, id: str | None, update: bool) -> None:
        """A displayed object; those with an id may be replaced later, wherever they stand."""
        data = plain(data)
        if update:
            for output in self._shown.get(id or "", ()):
                output["data"], output["metadata"] = nbformat.from_dict(data), nbformat.from_dict(metadata)
            return
        self.add("display_data", data=data, metadata=metadata)
        if id is not None:
            self._shown.setdefault(id, []).append(self.items[-1])

    def clear(self, *, wait: bool = False) -> None:
        """Forget what the cell gave: now, or when something new comes."""
        self._clear_first = wait
        if not wait:
            self.items.clear()


def plain(data: dict[str, Any]) -> Any:
    """A bundle as it is after a journey as JSON, the only way in which a kernel can send it."""
    return json.loads(json.dumps(data, default=json_default))


class _Stream(io.TextIOBase):
    """Standard output or error while a cell runs."""

    encoding = "utf-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        self._name, self._outputs = name, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._outputs.write(self._name, text)
        return len(text)


class _Publisher(DisplayPublisher):
    """Takes what `display` shows."""

    shell: Any

    def publish(self, data: Any, metadata: Any = None, *_: Any, **options: Any) -> None:
        transient = options.get("transient") or {}
        self.shell.outputs.show(
            data, metadata or {}, id=transient.get("display_id"), update=bool(options.get("update"))
        )

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear(wait=wait)


class _Hook(DisplayHook):
    """Takes the value of a cell's last line."""

    shell: Any

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.outputs.add(
            "execute_result", data=plain(format_dict), metadata=md_dict or {}, execution_count=self.prompt_count
        )

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Compiler(CachingCompiler):
    """Names cells by their numbers in messages."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"<cell {number}>"


class ZMQInteractiveShell(InteractiveShell):
    """The shell of one notebook. Packages know by this name that they are in a notebook and not in a terminal."""

    compiler_class = Type(_Compiler)
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def __init__(self, **options: Any) -> None:
        self.outputs = Outputs()
        super().__init__(**options)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        name = getattr(etype, "__name__", str(etype))
        self.outputs.add("error", ename=name, evalue=str(evalue), traceback=list(stb))


@contextmanager
def _shell() -> Iterator[ZMQInteractiveShell]:
    """A shell with a namespace of its own, which is `__main__` while it lives."""
    main = sys.modules["__main__"]
    shell = ZMQInteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        yield shell
    finally:
        sys.modules["__main__"] = main
        ZMQInteractiveShell.clear_instance()


class InProcessEngine(Engine):
    """Runs the cells one after the other and stops at the first that fails."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Called by papermill, which keeps the notebook on disk as far as it ran and raises what a cell recorded."""
        with _shell() as shell:
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                try:
                    failed = cell.cell_type == "code" and cell.source.strip() and not _run(shell, cell)
                    if failed:
                        nb_man.cell_exception(cell, cell_index=index)
                        break
                finally:
                    nb_man.cell_complete(cell, cell_index=index)


def _run(shell: ZMQInteractiveShell, cell: Any) -> bool:
    """Run one cell into its outputs; whether it went well."""
    cell.execution_count = shell.execution_count
    cell.outputs = shell.outputs.begin()
    with redirect_stdout(_Stream("stdout", shell.outputs)), redirect_stderr(_Stream("stderr", shell.outputs)):
        result = shell.run_cell(cell.source, store_history=True)
    fault = result.error_before_exec or result.error_in_exec
    if isinstance(fault, KeyboardInterrupt):
        raise fault
    return fault is None


papermill_engines.register(NAME, InProcessEngine)
