"""`hotline doctor`: looks at a deployment from outside and says in plain words what is wrong.

`cluster` asks Kafka, `services` the boards and workers; the other modules judge what they are shown
and know neither; `run` puts them together. It only reads: it joins no group and commits nothing.
"""
