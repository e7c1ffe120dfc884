"""Staffing arithmetic: how many people a queue needs, and whom to move. docs/staffing.md has the
formulas. Pure: it knows no clock, no input or output, and no library.
"""
