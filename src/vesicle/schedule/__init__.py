"""Decides when something is due and to whom it is owed. Pure."""
