"""The Chromium of live tests: where it is, and what is missing where it cannot be driven."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_CHROMIUM = shutil.which("chromium")


def _missing() -> str:
    if not _CHROMIUM:
        return "there is no chromium on this machine"
    is_there = find_spec("playwright") and find_spec("axe_playwright_python")
    return "" if is_there else "the dependency group `browser` is not installed"


LIVE = [pytest.mark.live, pytest.mark.skipif(bool(_missing()), reason=_missing())]
"""The marks of a module whose tests look at something in a browser."""


@contextmanager
def launched() -> Iterator["Browser"]:
    """Run Chromium without a window inside the `with`."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - skipped where it is not installed

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()
