"""By what the stores tell two things apart. Pure."""

import hmac

from vesicle.model.delivery import Frozen
from vesicle.model.subscriber import Subscriber

HASH_BYTES = 16


def normalised(address: str) -> str:
    """Give *address* without spaces around it and with its domain in lower case.

    The part before the `@` is left as it is: the mail server it belongs to may tell its cases apart
    (RFC 5321 section 2.4).
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def address_key(address: str) -> str:
    """Give what two spellings of one address have in common, so that nobody is on the list twice.

    A domain counts in ASCII, as bounces and servers write it (RFC 5890: U-label and A-label).
    """
    key = normalised(address).lower()
    if key.isascii():
        return key
    local, at, domain = key.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return key


def address_hash(key: bytes, address: str) -> bytes:
    """Give the 16 bytes that stand for *address* wherever it must not be written itself.

    HMAC-SHA-256 under the site's *key*: without it nobody can try out addresses against a hash.
    """
    named = b"vesicle address " + address_key(address).encode(errors="surrogatepass")
    return hmac.digest(key, named, "sha256")[:HASH_BYTES]


def delivery_key(frozen: Frozen, to: Subscriber | None) -> str:
    """Give the name that the delivery of *frozen* to a person, or to its channel itself, has for ever."""
    return f"{frozen.slug}:{to.id if to else frozen.channel}"


def delivery_language(frozen: Frozen, to: Subscriber | None) -> str:
    """Give the language *to* reads *frozen* in: their own where it has that, else its first."""
    if to and to.language in frozen.messages:
        return to.language
    return next(iter(frozen.messages))
