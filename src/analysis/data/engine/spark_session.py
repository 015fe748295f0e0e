"""Opening Spark: what must be installed, where it runs, and that it keeps quiet and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["OLDEST_JAVA", "check_java", "java_version", "open_session"]

#: The oldest Java that Spark 4 runs on.
OLDEST_JAVA = 17

#: Spark tells faults as exceptions as well; its log would only repeat them.
_LOGGING = """\
rootLogger.level = fatal
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = spark: %m%n
"""


def open_session(master: str, driver_memory: str, options: Mapping[str, str], *, scratch: Path) -> SparkSession:
    """Start Spark, or say in one sentence why not.

    Parameters
    ----------
    master : str
        As Spark's `--master`.
    driver_memory : str
        As Spark's `--driver-memory`.
    options : mapping of str to str
        Further Spark settings; they come last.
    scratch : Path
        Folder of this run for Spark's own files.

    Raises
    ------
    AnalysisError
        If pyspark or Java is missing or too old, or Spark does not start.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise AnalysisError(
            f"the engine spark needs pyspark, which is not installed; say: make spark (Java {OLDEST_JAVA} or newer is"
            " needed too)"
        )
    check_java()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    # Workers on other machines know their own Python; those started here must not take another one.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("customer-value-analysis").master(master)
    for name, value in {**_settings(master, driver_memory, scratch), **options}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (Py4JError, PySparkException, OSError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise AnalysisError(
            f"Spark did not start with master {master!r}: {reason}. Check spark.master and spark.options of the profile"
        ) from error


def java_version(java: str) -> int | None:
    """The major version of a Java, None where it cannot be run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'version "(?:1[.])?([0-9]+)', said)
    return int(found[1]) if found else None


def check_java() -> None:
    """Refuse a machine without a Java that Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    advice = (
        f"Spark needs Java {OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless), on the PATH or"
        " where JAVA_HOME says"
    )
    version = java_version(java) if java else None
    if version is None:
        raise AnalysisError(f"no Java was found. {advice}")
    if version < OLDEST_JAVA:
        raise AnalysisError(f"{java} is Java {version}. {advice}")


def _settings(master: str, driver_memory: str, scratch: Path) -> dict[str, str]:
    logging = scratch / "log4j2.properties"
    logging.write_text(_LOGGING, encoding="utf-8")
    quiet = f"-Dlog4j2.configurationFile={logging.as_uri()} -Dderby.system.home={scratch.as_posix()}"
    settings = {
        "spark.driver.memory": driver_memory,
        "spark.driver.extraJavaOptions": quiet,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
        "spark.local.dir": str(scratch / "local"),
        "spark.sql.parquet.compression.codec": "zstd",
    }
    if re.match(r"local\b|spark://(127[.]0[.]0[.]1|localhost)\b", master):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if master.startswith("local"):
        # All of Spark is one process here, in which throughput counts and pauses do not.
        settings["spark.driver.defaultJavaOptions"] = "-XX:+UseParallelGC"
        # A partition for each of 200 tasks would be most of the time of a small table on one machine.
        settings["spark.sql.shuffle.partitions"] = "8"
    return settings
