"""Where deliveries go: one channel a file or folder, with its `Options` and its `Channel`."""
