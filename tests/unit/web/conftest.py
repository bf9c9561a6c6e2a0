"""The pages of a site for each test, and a form that a person has filled in."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from tests.unit.web.site import Pages


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def client(pages: Pages) -> TestClient:
    return pages.client()


@pytest.fixture
def fill(pages: Pages) -> Callable[..., dict[str, str | list[str]]]:
    """Give the fields of a form to sign up that a person has filled in, with changes."""

    def filled(**changes: str | list[str]) -> dict[str, str | list[str]]:
        stamp = pages.reception.stamp("sign up")
        pages.later(seconds=30)
        fields = {
            "email": "new@readers.example",
            "language": "en",
            "frequency": "every issue",
            "stamp": stamp,
        }
        return {**fields, **changes}

    return filled
