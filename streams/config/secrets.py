"""What makes a secret too weak to be one, in words.

It refuses to know what the secret is for, and never repeats it.
"""

from __future__ import annotations

# What the demo plays is public, and so may be the key that hides its invented numbers.
DEMO_CUSTOMER_KEY = b"hotline-streams public demo key"
# A random key of 16 characters has more; a word typed over and over, or a row of digits, has not.
DISTINCT_CHARACTERS_MIN = 8
# Written in examples, and left standing.
PLACEHOLDERS = ("changeme", "change-me", "change_me", "password", "example", "placeholder")


def weakness(secret: str, shortest: int) -> str | None:
    """Say what a secret lacks ("fewer than 16 characters"); None where nothing is seen."""
    if len(secret) < shortest:
        return f"fewer than {shortest} characters"
    if len(set(secret)) < DISTINCT_CHARACTERS_MIN:
        return f"fewer than {DISTINCT_CHARACTERS_MIN} different characters"
    if secret.encode() == DEMO_CUSTOMER_KEY:
        return "the demo's key, which is public"
    if any(word in secret.lower() for word in PLACEHOLDERS):
        return "the word of an example"
    return None
