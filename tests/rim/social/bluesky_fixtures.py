"""The fixtures of the tests of Bluesky: a file that uses one imports it."""

from collections.abc import Iterator

import pytest
from tests.rim.social.bluesky_pds import Pds
from tests.rim.social.bluesky_stand import NOW, Stand

from vesicle.testing.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def pds(clock: FixedClock) -> Iterator[Pds]:
    """A server; afterwards, no request may have been wrong by its lexicon."""
    made = Pds(clock)
    with made.server:
        yield made
    assert made.problems == []


@pytest.fixture
def stand(pds: Pds, clock: FixedClock) -> Stand:
    return Stand(server=pds.server.url, clock=clock)
