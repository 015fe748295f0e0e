"""The one exception whose text is meant for the person at the keyboard."""

__all__ = ["AnalysisError", "ClaimError"]


class AnalysisError(Exception):
    """A fault that the user can mend.

    The message names the file, column or key, the value that was met, what was expected and what to do.
    The command line prints it without a traceback and ends with exit code 1.
    """


class ClaimError(AnalysisError):
    """A sentence of a report asserts something that its numbers do not show."""
