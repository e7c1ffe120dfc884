"""Prints docs/configuration.md: `python -m streams.config > docs/configuration.md`."""

import sys

from streams.config.documentation import page

if __name__ == "__main__":
    sys.stdout.write(page())
