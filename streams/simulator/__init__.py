"""What is played instead of a PBX: recordings, their re-timing and pacing."""
