"""What travels inside the package: the default templates and a sample site."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from vesicle.model.errors import UserError
from vesicle.store import files

PACKAGE = Path(__file__).resolve().parents[1]
_ENDINGS = (".j2", ".po", ".typ", ".toml")


def site() -> Path:
    """Give the folder that holds the packaged `templates/`, `content/` and `config.yaml`.

    In an installed package they are inside it; in a checkout they are the checkout's own.
    """
    inside = PACKAGE / "site"
    return inside if inside.is_dir() else PACKAGE.parents[1]


def templates(root: Path) -> Mapping[str, str]:
    """Read the packaged templates, each replaced by the site's own of the same name where it has one."""
    found: dict[str, str] = {}
    for folder in (site() / "templates", root / "templates"):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix in _ENDINGS:
                found[path.relative_to(folder).as_posix()] = files.read_text(path, root=folder)
    return found


IGNORED = """# What vesicle makes on this machine: the database with addresses and abstracts, posts, previews.
.vesicle/
outbox/
preview/
"""


def make_site(folder: Path) -> None:
    """Copy the sample configuration and content into *folder*; raises UserError where a site is already."""
    if (folder / "config.yaml").exists() or (folder / "content").exists():
        raise UserError(f"there is a site in {folder} already", mend="choose an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(site() / "config.yaml", folder / "config.yaml")
    shutil.copytree(site() / "content", folder / "content")
    files.create_text(folder / ".gitignore", IGNORED)
