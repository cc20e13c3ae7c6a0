"""Texts by name, one file each, in a folder."""

import os
import subprocess


def put(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def get(folder, name):
    with open(os.path.join(folder, name)) as file:
        return file.read()


def count(folder, word):
    """How many texts hold the word."""
    command = "grep -l '%s' %s/* 2>/dev/null | wc -l" % (word, folder)
    return int(subprocess.run(command, shell=True, capture_output=True, text=True).stdout)
