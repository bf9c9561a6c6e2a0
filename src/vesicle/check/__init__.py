"""What is wrong with an issue, its items and its messages: one Check per file, named by its module."""
