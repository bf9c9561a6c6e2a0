"""Which rules of time zones this machine has."""

import re
from importlib.metadata import version
from pathlib import Path
from zoneinfo import TZPATH

_LENGTH = 200


def zone_rules() -> str:
    """Give their version as the IANA writes it (`2026a`), empty where it cannot be told.

    That of the system counts where there is one, as for `zoneinfo`, else that of the package tzdata.
    """
    folders = [Path(folder) for folder in TZPATH if (Path(folder) / "UTC").exists()]
    if not folders:
        year, _, number = version("tzdata").partition(".")
        return f"{year}{'?abcdefghijklmnopqrstuvwxyz'[int(number)]}" if number.isdecimal() else year
    for name in ("tzdata.zi", "+VERSION"):
        path = folders[0] / name
        if path.is_file():
            found = re.search(r"\d{4}[a-z]?", path.read_bytes()[:_LENGTH].decode("ascii", "replace"))
            return found[0] if found else ""
    return ""
