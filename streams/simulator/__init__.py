"""What is played instead of a PBX: recordings, seeded days of a made-up hotline; their pacing."""
