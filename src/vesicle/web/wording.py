"""The words that readers agree to: shown, hashed and kept as they are."""

from collections.abc import Mapping, Sequence

from vesicle.render.words import words


def wordings(templates: Mapping[str, str], languages: Sequence[str], *, site: str) -> Mapping[str, str]:
    """Give for each language what is agreed to by signing up to *site*."""
    return {lang: words(templates, lang)["page consent"].format(site=site) for lang in languages}
