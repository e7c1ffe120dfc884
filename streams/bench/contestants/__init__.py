"""The others, each a program: `python -m streams.bench.contestants.NAME BOOTSTRAP TOPIC`.

Each reads the topic of single events from its beginning, keeps the small state and tells how far
it is.
"""
