"""The tests. A package by itself, since packages that others install can be called tests too."""
