"""A standalone Spark cluster on this machine: a master and two workers of one core each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cluster", "running"]


@dataclass(frozen=True)
class Cluster:
    """Its address, and the processes of its workers."""

    master: str
    workers: list[subprocess.Popen]

    def kill_a_worker(self) -> None:
        """End the first worker and its executors as a crash of their machine would."""
        worker = self.workers[0]
        executors = [int(pid) for path in Path(f"/proc/{worker.pid}/task").glob("*/children")
                     for pid in path.read_text().split()]  # fmt: skip
        for pid in [worker.pid, *executors]:
            os.kill(pid, signal.SIGKILL)
        worker.wait()


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Start a cluster that keeps its files in a folder, and end it."""
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    processes = [_start(folder, "master", "master.Master", "--host", "127.0.0.1", "--port", str(port))]
    try:
        _wait_for(port)
        for number in (1, 2):
            options = [
                "--host",
                "127.0.0.1",
                "--cores",
                "1",
                "--memory",
                "1g",
                "--work-dir",
                str(folder / f"w{number}"),
            ]
            processes.append(_start(folder, f"worker{number}", "worker.Worker", *options, address))
        yield Cluster(address, processes[1:])
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def _start(folder: Path, name: str, what: str, *arguments: str) -> subprocess.Popen:
    import pyspark

    home = Path(pyspark.__file__).parent
    with (folder / f"{name}.log").open("w") as log:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}", "--webui-port", "0", *arguments],
            env={
                **os.environ,
                "SPARK_HOME": str(home),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "SPARK_NO_DAEMONIZE": "1",
                "SPARK_DAEMON_MEMORY": "256m",
                "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the master did not start within two minutes")
