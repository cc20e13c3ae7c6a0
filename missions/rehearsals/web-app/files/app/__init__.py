"""Margin: a small place for notes. Python's standard library only."""

__version__ = "0.1.0"
