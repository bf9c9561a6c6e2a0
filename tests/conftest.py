"""Settings for all tests."""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

# A slow machine is no fault of the code. Where CI is set, hypothesis takes its own profile, which draws the
# same examples every time.
settings.register_profile("here", deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what takes long, and what needs other programs, but where VESICLE_LIVE is set."""
    if os.environ.get("VESICLE_LIVE"):
        return
    for item in items:
        if item.get_closest_marker("long") or item.get_closest_marker("live"):
            item.add_marker(pytest.mark.skip(reason="runs where VESICLE_LIVE is set"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Where VESICLE_LIVE is set, a live test that is skipped has failed: a skip must not hide a gap."""
    report = yield
    if report.skipped and item.get_closest_marker("live") and os.environ.get("VESICLE_LIVE"):
        report.outcome = "failed"
        report.longrepr = f"a live test was skipped: {report.longrepr}"
    return report
