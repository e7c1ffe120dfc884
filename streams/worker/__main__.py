"""`python -m streams.worker [CONFIGURATION]`: the worker without the command line around it."""

import sys
from pathlib import Path

from streams.config import ConfigError, load
from streams.worker.run import run_worker

EXIT_BAD_CONFIGURATION = 2


def main(arguments: list[str]) -> int:
    """Run with the configuration file named, if any; returns the exit code."""
    try:
        return run_worker(load(Path(arguments[0]) if arguments else None))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_CONFIGURATION


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
