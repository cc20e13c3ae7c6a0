"""A small service that tracks parcels. Its contract is openapi.json."""

__version__ = "1.0.0"
