"""Who may look at the board: tokens, sessions, proxies, limits, and the record of who looked.

It refuses to know figures; of visits it hears only how many were shown.
"""
