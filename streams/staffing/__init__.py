"""Staffing arithmetic: pure, and not built yet."""
