"""Bytes to values and back: events, snapshots, rejected records, topics. Knows no broker."""
