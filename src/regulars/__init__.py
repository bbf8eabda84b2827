"""Regulars turns customers into regulars."""

__version__ = "0.1.0"
