"""Steps of migration that are too long for the list of them."""
