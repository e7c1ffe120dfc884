"""The others, each a program of its own: `python -m streams.bench.contestants.NAME BOOTSTRAP TOPIC`.

Each reads the topic of single events from its beginning, keeps the small state and tells its progress.
"""
