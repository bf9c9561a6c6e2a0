"""Where papers come from: one Source per file, named by its module."""
