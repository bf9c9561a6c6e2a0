"""From which network somebody comes: as much of an address as a household or a firm has."""

from ipaddress import IPv6Address, ip_address, ip_network

_BITS = {4: 24, 6: 48}


def network(host: str) -> str:
    """Give the /24 (IPv4) or /48 (IPv6) that *host* is in; empty where it is no address.

    An IPv4 address that is written as IPv6 counts as what it is.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, _BITS[address.version]), strict=False))
