"""Signs mails (DKIM, RFC 6376; Ed25519: RFC 8463): relaxed headers, simple body.

The only file that needs `cryptography`, which the extra `dkim` installs.
"""

import logging
import re
import signal
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from os import cpu_count
from threading import Lock

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from vesicle.deliver.email.options import Algorithm, Dkim
from vesicle.deliver.email.strands import kept
from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem

_log = logging.getLogger(__name__)

# RFC 6376, section 5.4.1, and both headers to leave by (RFC 8058, section 4).
_SIGNED = frozenset(
    {b"from", b"reply-to", b"subject", b"date", b"to", b"message-id", b"mime-version", b"content-type"}
    | {b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"list-help", b"list-owner"}
    | {b"list-archive", b"feedback-id", b"auto-submitted", b"cfbl-address"}
)
_FIELD = re.compile(rb"([^:\r\n]+):((?:[^\r]|\r\n[ \t])*)\r\n")
_FOLD = re.compile(rb"(?:\r\n)?[ \t]+")
# RFC 8301, section 3.2: no shorter keys.
_SHORTEST_KEY = 1024

Key = RSAPrivateKey | Ed25519PrivateKey


def signer(options: Dkim) -> Callable[[bytes], bytes]:
    """Give what makes the DKIM-Signature field of a mail; raise UserError for a key that is not one."""
    key = _loaded(options.key.encode(), options.algorithm)
    if isinstance(key, Ed25519PrivateKey):
        # Of the hash (RFC 8463, section 3), and here: to hand it to another process would take longer.
        return _Signer(options, lambda told: key.sign(sha256(told).digest()))
    return _Signer(options, _Pool(options.key.encode()))


def public_key(options: Dkim) -> str:
    """Give what stands behind `p=` in the record of the key (base64); raise UserError for a key that is none.

    That of Ed25519 is bare (RFC 8463, section 4), that of RSA in DER (RFC 6376, section 3.6.1).
    """
    key = _loaded(options.key.encode(), options.algorithm).public_key()
    if isinstance(key, Ed25519PublicKey):
        return b64encode(key.public_bytes_raw()).decode()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


class _Signer:
    """Writes the field, and leaves the arithmetic to *seal*."""

    def __init__(self, options: Dkim, seal: Callable[[bytes], bytes]) -> None:
        self._seal = seal
        self._tags = f"v=1; a={options.algorithm}-sha256; c=relaxed/simple; d={options.domain};".encode()
        self._selector = options.selector.encode()

    def __call__(self, mail: bytes) -> bytes:
        """Give the field for *mail*, with its CRLF, to be put before it."""
        end = mail.index(b"\r\n\r\n") + 2
        fields = [
            (name.strip().lower(), value)
            for name, value in _FIELD.findall(mail, 0, end)
            if name.strip().lower() in _SIGNED
        ]
        body_hash = b64encode(sha256(memoryview(mail)[end + 2 :]).digest())
        # From once more than it is there: nobody can add another one (RFC 6376, section 8.15).
        names = b":".join([*(name for name, _ in fields), b"from"])
        unsigned = b"%b s=%b;\r\n h=%b;\r\n bh=%b;\r\n b=" % (
            self._tags,
            self._selector,
            names.replace(b":list-", b":\r\n list-"),
            body_hash,
        )
        signed = [_relaxed(name, value) for name, value in fields]
        # Fields of one name are signed from the last one up; ours are there once.
        told = b"".join(signed) + _relaxed(b"dkim-signature", unsigned).removesuffix(b"\r\n")
        seal = b64encode(self._seal(told))
        lines = b"\r\n ".join(seal[place : place + 72] for place in range(0, len(seal), 72))
        return b"DKIM-Signature: %b%b\r\n" % (unsigned, lines)


class _Pool:
    """Seals in other processes: RSA holds the lock of this one. Safe with threads.

    Only what is sealed travels, a few hundred bytes. Where the processes die, it goes on in this one.
    """

    def __init__(self, pem: bytes) -> None:
        self._pem = pem
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._is_broken = False

    def __call__(self, told: bytes) -> bytes:
        """Give the seal of *told*."""
        if not self._is_broken:
            try:
                return kept(self._started().submit(_seal, told))
            except BrokenProcessPool:
                self._is_broken = True
                _log.warning("deliver.dkim-processes-died")
        return _rsa_seal(self._pem, told)

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    cpu_count() or 1,
                    mp_context=get_context("spawn"),
                    initializer=_begin,
                    initargs=(self._pem,),
                )
            return self._pool


_PEM: list[bytes] = []


def _begin(pem: bytes) -> None:
    """Make a process ready to seal."""
    # Ctrl-C goes to every process of the terminal; the sending one decides what is still finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _PEM.append(pem)


def _seal(told: bytes) -> bytes:
    return _rsa_seal(_PEM[0], told)


def _rsa_seal(pem: bytes, told: bytes) -> bytes:
    key = _loaded(pem, "rsa")
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key.sign(told, PKCS1v15(), hashes.SHA256())


@cache
def _loaded(pem: bytes, algorithm: Algorithm) -> Key:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refused("is not a private key in PEM without a password") from error
    if algorithm == "ed25519" and isinstance(key, Ed25519PrivateKey):
        return key
    if algorithm == "rsa" and isinstance(key, RSAPrivateKey):
        if key.key_size < _SHORTEST_KEY:
            raise _refused(f"has {key.key_size} bits, and receivers want {_SHORTEST_KEY} at least")
        return key
    raise _refused(f"is no {algorithm} key")


def _relaxed(name: bytes, value: bytes) -> bytes:
    """Give a field as it counts (RFC 6376, section 3.4.2)."""
    return b"%b:%b\r\n" % (name, _FOLD.sub(b" ", value).strip())


def _refused(what: str) -> UserError:
    problem = Problem(
        code="email.dkim",
        text=f"email: dkim: the key {what}",
        where=Place(file="config.yaml"),
        mend="make one with: openssl genrsa 2048",
    )
    return UserError([problem])
