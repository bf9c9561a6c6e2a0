"""What comes back after a delivery, as events: one file a provider, and `mail` for what comes as mail."""
