"""By what the stores tell two things apart. Pure."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

from vesicle.model.message import Message
from vesicle.model.subscriber import Subscriber, SubscriberStatus

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


def delivery_key(slug: str, channel: str, to: Subscriber | None) -> str:
    """Give the name that the delivery of *slug* to a person, or to its channel itself, has for ever."""
    return f"{slug}:{to.id if to else channel}"


def message_for(texts: Mapping[str, Message], to: Subscriber | None) -> Message:
    """Give the message that *to* reads: in their own language where there is one, else the first."""
    return texts[to.language] if to and to.language in texts else next(iter(texts.values()))


def addressee(slug: str, address: str) -> Subscriber:
    """Give whoever has *address*, which alone got what was frozen under *slug*, in the form of a reader.

    Their id is made of the slug: nobody on the list has it, and it tells nothing of the address.
    """
    made = sha256(f"vesicle addressee {slug}".encode()).hexdigest()[:32]
    return Subscriber(id=made, email=address, status=SubscriberStatus.CONFIRMED, language="")
