"""Dashboards and rules, built from the definitions."""
