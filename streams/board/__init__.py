"""The board: reads the workers' snapshots, adds partitions up, and serves what people look at.

`run.run_board` is the service; `view` the figures, `reader` and `feed` how they arrive, `web` how
they are shown, `visits`, `drill` and `why` what is behind them.
"""
