"""Decides what goes into an issue. Pure."""
