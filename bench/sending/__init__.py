"""What bench/send.py and bench/scale.py are made of: the work, the sinks, ourselves, and the peers."""
