"""Whether something comes from whom it claims: shared secrets and signatures, compared in constant time."""

import base64
import binascii
import hmac
from functools import lru_cache
from importlib import import_module
from types import ModuleType

from vesicle.model.errors import UserError


def is_secret(given: str, secret: str) -> bool:
    """Tell whether *given* is *secret*; nothing is where there is no secret."""
    return bool(secret) and hmac.compare_digest(_bytes(given), _bytes(secret))


def holds_secret(authorization: str, secret: str) -> bool:
    """Tell whether an Authorization header holds *secret*: Bearer token, or password of Basic (RFC 7617)."""
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return is_secret(rest.strip(), secret)
    if scheme.lower() != "basic":
        return False
    try:
        told = base64.b64decode(rest.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return is_secret(told.decode("utf-8", "replace").partition(":")[2], secret)


def is_sealed(signed: str, seal: str, secret: str) -> bool:
    """Tell whether *seal* is the HMAC-SHA-256 of *signed* under *secret*, in hexadecimal digits."""
    made = hmac.digest(_bytes(secret), _bytes(signed), "sha256").hex()
    return bool(secret) and hmac.compare_digest(made.encode(), _bytes(seal.lower()))


def is_signed_by_certificate(signed: bytes, signature: str, *, certificate: bytes, uses_sha256: bool) -> bool:
    """Tell whether *signature* (base64) is the RSA signature of *signed* by the owner of *certificate* (PEM).

    The hash is SHA-1 where *uses_sha256* is not set. Raises UserError without the extra `webhooks`.
    """
    raw = _decoded(signature)
    return raw is not None and bool(
        _signatures().is_signed_by_certificate(signed, raw, certificate, uses_sha256=uses_sha256)
    )


def is_signed_by_key(signed: bytes, signature: str, *, public_key: str) -> bool:
    """Tell whether *signature* (base64) is the ECDSA signature (SHA-256) of *signed* by *public_key*.

    The key is base64 of DER, or PEM. Raises UserError without the extra `webhooks`.
    """
    raw = _decoded(signature)
    return raw is not None and bool(_signatures().is_signed_by_key(signed, raw, public_key))


def is_key(public_key: str) -> bool:
    """Tell whether *public_key* is one of the curve P-256; raise UserError without the extra `webhooks`."""
    return _signatures().key(public_key) is not None


@lru_cache(maxsize=1)
def _signatures() -> ModuleType:
    try:
        # `cryptography` is wanted by those alone whose provider signs so.
        return import_module("vesicle.text.signatures")
    except ImportError as error:
        mend = "install it with: pip install 'vesicle[webhooks]'"
        raise UserError("signed webhooks need the package cryptography", mend=mend) from error


def _decoded(signature: str) -> bytes | None:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
