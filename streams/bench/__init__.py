"""Speed and size, measured beside others in the same run: `hotline bench`.

Read `load` (the made-up hotline), `ground` (the broker and processes that everything runs on), then
`throughput`, `latency`, `memory` and `checkpoint`, one a subcommand. `contestants` are the others.
Absolute rates belong to the machine; what is worth keeping are ratios of one run.
"""
