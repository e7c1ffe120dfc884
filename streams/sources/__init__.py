"""Real systems' records into events, one file per system, and the way from there into Kafka.

A source turns one record (a line, a row) into a `Taken`. What it must remember between records it
gives and takes back as plain JSON, so that it can be stored beside the read position.
"""
