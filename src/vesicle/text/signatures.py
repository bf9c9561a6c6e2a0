"""Signatures of others, verified. Only this file needs `cryptography`; it is loaded by `text.verifying`."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_pem_x509_certificate


def is_signed_by_certificate(
    signed: bytes, signature: bytes, certificate: bytes, *, uses_sha256: bool
) -> bool:
    """Tell whether *signature* is of *signed* by the RSA key of *certificate* (PKCS #1 v1.5)."""
    try:
        key = load_pem_x509_certificate(certificate).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, signed, PKCS1v15(), hashes.SHA256() if uses_sha256 else hashes.SHA1())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def is_signed_by_key(signed: bytes, signature: bytes, public_key: str) -> bool:
    """Tell whether *signature* (DER) is of *signed* by *public_key*, by ECDSA with SHA-256."""
    found = key(public_key)
    if found is None:
        return False
    try:
        found.verify(signature, signed, ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def key(public_key: str) -> EllipticCurvePublicKey | None:
    """Read a public key of the curve P-256 (base64 of DER, framed as PEM or not); None for any other."""
    inner = "".join(line for line in public_key.splitlines() if not line.startswith("-----"))
    try:
        found = load_der_public_key(base64.b64decode(inner, validate=True))
    except (UnsupportedAlgorithm, ValueError, binascii.Error):
        return None
    if not isinstance(found, EllipticCurvePublicKey) or not isinstance(found.curve, SECP256R1):
        return None
    return found
