"""Customer value analysis: raw customer data to reports that people can trust."""

__version__ = "0.1.0"
