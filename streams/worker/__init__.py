"""The worker: a Faust app that folds input partitions into states and saves them in Kafka.

Read `transport` (lists instead of records), `folding` (the offset check), `partition` (one state
and what it still owes), `checkpoint` and `restore` (how a state survives), `app` (how Faust drives
them), `health`, `liveness` and `watch` (whether it does), `run` (from settings to exit code).
"""
