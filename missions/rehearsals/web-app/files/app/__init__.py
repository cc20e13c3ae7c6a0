"""Margin: a small place for notes. Python's standard library only."""

__version__ = "1.0.0"
