"""Writes pages to look at into a folder."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from vesicle.store import files


def write_pages(folder: Path, pages: Mapping[str, str], *, site: Path, pictures: Mapping[str, bytes]) -> None:
    """Write *pages* (path → text) and *pictures* into *folder*, with those of the site in `images/`."""
    for path, picture in pictures.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(picture)
    for path, text in pages.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        files.replace_text(folder / path, text)
    if (site / "content" / "images").is_dir():
        shutil.copytree(site / "content" / "images", folder / "images", dirs_exist_ok=True)
