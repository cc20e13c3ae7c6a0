"""What the API can do: one module each, with a function `register(router, store)`."""

FEATURES = (
    "notes",
    # Add a feature above this line.
)
