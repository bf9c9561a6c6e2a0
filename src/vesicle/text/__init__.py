"""Pure functions of strings: citations, front matter, fingerprints, HTML inspection, tokens."""
