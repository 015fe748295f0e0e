"""Sources: raw files of a profile to all-text tables under canonical column names, and a quarantine.

>>> from analysis.data.sources import TABLES
>>> list(TABLES)
['transactions', 'browsing', 'social', 'feedback', 'customers']
"""

from analysis.data.sources.fetch import place_online_retail
from analysis.data.sources.ingest import ingest
from analysis.data.sources.parts import check
from analysis.data.sources.remote import RemoteFile, RemoteFiles, find_remote
from analysis.data.sources.report import FileReport, IngestReport
from analysis.data.sources.specs import TABLES, SourceSpec, TableMeaning, is_address, resolve_files

__all__ = [
    "TABLES",
    "FileReport",
    "IngestReport",
    "RemoteFile",
    "RemoteFiles",
    "SourceSpec",
    "TableMeaning",
    "check",
    "find_remote",
    "ingest",
    "is_address",
    "place_online_retail",
    "resolve_files",
]
