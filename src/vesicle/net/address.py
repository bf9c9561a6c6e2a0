"""Which addresses may be asked: https, and this machine itself."""

from ipaddress import ip_address

import httpx

from vesicle.model.errors import PermanentFailure


def name(url: httpx.URL) -> str:
    """Give *url* without user, password, query and fragment: keys stand there."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"


def is_loopback(url: httpx.URL) -> bool:
    """Tell whether *url* is on this machine."""
    if url.host == "localhost":
        return True
    try:
        return ip_address(url.host).is_loopback
    except ValueError:
        return False


def refuse_open(url: httpx.URL) -> None:
    """Raise PermanentFailure where what is asked at *url* could be read on its way."""
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url)):
        raise PermanentFailure(f"{name(url)} is not read: only https:// is")


def can_be_asked(address: str) -> bool:
    """Tell whether *address* is one that `refuse_open` lets pass."""
    try:
        refuse_open(httpx.URL(address))
    except (PermanentFailure, httpx.InvalidURL):
        return False
    return True
