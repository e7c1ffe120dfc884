"""`python -m streams.cli`: the same command where it is not installed."""

from streams.cli import main

if __name__ == "__main__":
    main()
