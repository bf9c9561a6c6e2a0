import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text.networks import network


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_a_network_is_as_much_as_a_household_has(host: str, found: str) -> None:
    assert network(host) == found


@given(st.ip_addresses().map(str))
def test_every_address_has_a_network(host: str) -> None:
    assert network(host)
