"""The nouns of Vesicle: frozen, keyword-only dataclasses and the error tree. Standard library only."""
