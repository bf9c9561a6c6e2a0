"""The address by which readers leave with one click (RFC 8058)."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from vesicle.model.checkup import Line, away, fault, good, unseen
from vesicle.model.errors import NotFound, OutsideError, TemporaryFailure

_WHAT = "leaving with one click"
_WHY = "nobody could leave: such mail is refused by large providers, and no issue is sent"


def look(address: str, get: Callable[[str], bytes]) -> Iterator[Line]:
    """Yield whether the page at *address*, a link that belongs to nobody, answers."""
    host = urlsplit(address).hostname or ""
    try:
        get(address)
    except OutsideError as error:
        yield _failed(error)
    else:
        yield good("doctor.leaving", _WHAT, f"{host} answers")


def unreachable(url: str) -> Line:
    """Give the line of a site whose *url* nobody can own."""
    text = f"{url} stands in examples alone"
    return unseen("doctor.leaving", _WHAT, text, mend="write your own address as `site: url`")


def _failed(error: OutsideError) -> Line:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        mend = "have the certificate of your pages renewed, for the name in `site: url`"
        return fault("doctor.leaving-certificate", _WHAT, text, why=_WHY, mend=mend)
    if isinstance(error, NotFound):
        mend = "let the proxy hand /u/ to `vesicle serve`: docs/proxy.md"
        return fault("doctor.leaving-missing", _WHAT, text, why=_WHY, mend=mend)
    if isinstance(error, TemporaryFailure):
        mend = "start `vesicle serve`, and see that `site: url` leads to it from outside: docs/proxy.md"
        return away("doctor.leaving-away", _WHAT, text, why=_WHY, mend=mend)
    mend = "let the proxy answer /u/ itself, without a redirect or a login: docs/proxy.md"
    return fault("doctor.leaving-refused", _WHAT, text, why=_WHY, mend=mend)
