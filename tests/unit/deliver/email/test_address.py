"""Addresses as SMTP wants them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.deliver.email.address import Route, route


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org",
        "a.b+c@sub.example.co.th",
        "o'hara@example.ie",
        "a..b.@docomo.example",
        "x@localhost",
        "!#$%&'*+/=?^_`{|}~-@x.org",
    ],
)
def test_an_address_of_ascii_is_left_as_it_is(address: str) -> None:
    assert route(address) == Route(address=address)


@pytest.mark.parametrize(
    ("address", "routed"),
    [
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@ตัวอย่าง.example", "a@xn--72c1a1bt4awk9o.example"),
        ("ผู้อ่าน@example.com", "ผู้อ่าน@example.com"),
    ],
)
def test_a_domain_is_written_in_ascii_and_the_rest_is_kept(address: str, routed: str) -> None:
    found = route(address)
    assert isinstance(found, Route)
    assert found.address == routed
    assert found.needs_utf8 is not routed.isascii()


@pytest.mark.parametrize("address", ["a@straße.example", "a@faß.de", "a@می‌خواهم.example"])
def test_a_domain_that_two_standards_read_differently_is_refused(address: str) -> None:
    assert "xn--" in str(route(address))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "a@",
        "@b.org",
        "a",
        "a b@c.org",
        "<a@b.org>",
        "a@b.org>",
        "a,b@c.org",
        'a"b@c.org',
        "a@b..org",
        "a@.org",
        "a@b.org.",
        "a@-b.org",
        "a@b-.org",
        "a@b c.org",
        "a@[127.0.0.1]",
        "a\u00a0b@c.org",
        "a\u2028@c.org",
        "x" * 65 + "@b.org",
        "a@" + "b" * 64 + ".org",
        "a@" + "b." * 130 + "org",
        "a@ü..org",
        "a@" + "ü" * 64 + ".org",
        "\ud800@b.org",
    ],
)
def test_what_smtp_cannot_carry_gets_a_reason(address: str) -> None:
    assert isinstance(route(address), str)


@settings(deadline=None)
@given(st.one_of(st.text(), st.builds("{}@{}".format, st.text(min_size=1), st.text(min_size=1))))
def test_no_text_becomes_a_route_that_could_break_a_command(address: str) -> None:
    found = route(address)
    if isinstance(found, Route):
        assert not re.search(r"[\s<>\x00-\x20\x7f]", found.address)
        assert found.domain.isascii()
        assert found.address.encode()
