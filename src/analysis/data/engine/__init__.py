"""The engine that runs the SQL files: DuckDB or, for those who outgrow one machine, Spark.

Cleaning and features are SQL files in `data/sql`, each one `SELECT`, written in the subset that DuckDB and
Spark run as the same text. An engine only has to bind a name to an input, turn a `SELECT` into a table or a
view, answer a query with a DataFrame and write a table to Parquet; `Engine` names these duties. Spark is loaded only
by those who ask for it: `from analysis.data.engine.spark import SparkEngine`.
"""

from analysis.data.engine.duckdb import DuckDBEngine
from analysis.data.engine.frames import as_path_or_text, as_text
from analysis.data.engine.protocol import Engine
from analysis.data.engine.statements import SQL_FOLDER, Literal, literal, quoted, render, sql_text

__all__ = [
    "SQL_FOLDER",
    "DuckDBEngine",
    "Engine",
    "Literal",
    "as_path_or_text",
    "as_text",
    "literal",
    "quoted",
    "render",
    "sql_text",
]
