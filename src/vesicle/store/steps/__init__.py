"""What the numbered steps of `migrations.py` do, where one is long."""
