"""The tests of Margin. Run them all: python3 -m unittest discover -s tests -t ."""
