"""Imported once for all stages of a build, by the process that they are forked from: nothing else is done here."""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # an optional check that costs a second
