"""Where in the folder of a site posts are written that a person or another program takes from there."""

import os
import re
from pathlib import Path, PurePosixPath

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem


def file_name(text: str) -> str:
    """Give *text* as one part of a path: no separator, no `..`, nothing hidden, at most 120 characters."""
    return re.sub(r"[^\w.-]+|\.{2,}", "-", text).lstrip(".")[:120] or "-"


def refuse_outside(folder: str, *, who: str) -> None:
    """Raise UserError where *folder*, as the settings of *who* name it, is not one of the site."""
    parts = PurePosixPath(folder).parts
    if not parts or any(part != file_name(part) for part in parts):
        problem = Problem(
            code=f"{who}.options",
            text=f"{who}: folder '{folder}' is not a folder of the site",
            where=Place(file="config.yaml"),
            mend="write a relative path of letters, digits, '-', '_' and '.', such as outbox",
        )
        raise UserError([problem])


def write(path: Path, content: bytes) -> None:
    """Write a new file; its content survives a power cut, its name only after `disk.sync_folder`."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
