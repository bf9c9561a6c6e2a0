"""How to reach the mail servers, how fast, and what every mail carries besides its content."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from vesicle.deliver.email.address import route
from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem

Security = Literal["none", "starttls", "tls"]
_SECURITIES = ("none", "starttls", "tls")
Pipelining = Literal["full", "envelope", "off"]
_PIPELININGS = ("full", "envelope", "off")
Algorithm = Literal["rsa", "ed25519"]
_ALGORITHMS = ("rsa", "ed25519")
_MOST_CONNECTIONS = 200

Rule = tuple[bool, str, str]
"""Whether a rule is kept, what is wrong where it is not, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """A plan for a new server: *first* mails on the day *start* (UTC), each day *growth* times more."""

    start: date
    first: int = 50
    growth: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """Sign every mail ourselves (RFC 6376); *key* is the private key as PEM text."""

    domain: str
    selector: str
    key: str = field(repr=False, metadata={"secret": True})
    algorithm: Algorithm = "rsa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One mail server, how to encrypt, the account, and how much it may be given.

    *security* is `starttls` (usually port 587), `tls` (usually 465) or, to this machine alone, `none`.
    Certificates are verified and nothing falls back to plain text. *timeout* is in seconds, for every
    step but the last; *ehlo* is the name this machine gives itself, its own where empty. *connections* at
    most are open at once and closed after *mails_per_connection* (0: never). *rate* is in mails a second
    and *per_day* in mails a day (UTC), both for all connections together; 0 is no limit. Of several
    servers each gets mails as its *weight* is to that of the others. *pipelining* is used where the server
    offers it: `full`, `envelope` (nothing behind the final dot) or `off`.
    """

    host: str = "localhost"
    port: int = 587
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False, metadata={"secret": True})
    timeout: float = 60.0
    ehlo: str = ""
    weight: float = 1.0
    connections: int = 5
    mails_per_connection: int = 100
    rate: float = 0.0
    per_day: int = 0
    warm_up: WarmUp | None = None
    pipelining: Pipelining = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Server):
    """The fields of one mail server or, below *servers*, those of several by name.

    *domains* limits the mails a second to each recipient domain. *bounce_domain* takes the mails that come
    back: with it, each mail has an envelope sender of its own (VERP). *unsubscribe_address* takes the mails
    of those who leave by writing: `local+TOKEN@domain` stands in List-Unsubscribe. *redirect_all* sends
    every mail to that one address, its subject marked. *cfbl_address* asks for complaints by mail
    (RFC 9477); *precedence* adds that header, usually `bulk`. *dkim* signs here instead of in the mail
    server.

    Raises UserError, with every mistake, for options that cannot work or would not be safe.
    """

    servers: Mapping[str, Server] = field(default_factory=dict)
    domains: Mapping[str, float] = field(default_factory=dict)
    bounce_domain: str = ""
    unsubscribe_address: str = ""
    redirect_all: str = ""
    cfbl_address: str = ""
    precedence: str = ""
    dkim: Dkim | None = None

    def __post_init__(self) -> None:
        wrong = [
            Problem(code="email.options", text=f"email: {text}", where=Place(file="config.yaml"), mend=mend)
            for is_right, text, mend in _rules(self)
            if not is_right
        ]
        if wrong:
            raise UserError(wrong)

    @property
    def reaches_others(self) -> bool:
        """Tell whether mail can leave this machine: a mail server on it may be one that keeps all it gets."""
        return not self.redirect_all and not all(_is_loopback(one.host) for one in self.each().values())

    def each(self) -> Mapping[str, Server]:
        """Give every server by its name; one alone is named after its host."""
        return self.servers or {self.host: self}


def _rules(options: Options) -> Iterator[Rule]:
    for name, server in options.each().items():
        where = f"servers: {name}: " if options.servers else ""
        for is_right, text, mend in (*_reaching(server), *_pacing(server)):
            yield is_right, where + text, mend
    alone = Server()
    both = bool(options.servers) and (options.host, options.username) != (alone.host, alone.username)
    yield not both, "host or username and servers are both there", "write every server below servers"
    yield from _mailing(options)


def _reaching(server: Server) -> tuple[Rule, ...]:
    return (
        (
            server.security in _SECURITIES,
            f"security '{server.security}' is not known",
            "write starttls or tls",
        ),
        (
            server.security != "none" or _is_loopback(server.host),
            f"security 'none' would send every mail and the password in plain text to {server.host}",
            "write starttls or tls; 'none' is for a mail server on this machine",
        ),
        (
            _is_word(server.host),
            "host is not the name of a mail server",
            "write one name, such as smtp.example.org",
        ),
        (
            _is_word(server.ehlo or "-"),
            "ehlo is not the name of a machine",
            "leave it out, or write one name",
        ),
        (
            0 < server.port < 65536,
            f"port {server.port} is not a port",
            "write 587 for starttls, 465 for tls",
        ),
        (server.timeout > 0, f"timeout {server.timeout} is not a time", "write seconds, such as 60"),
        (
            bool(server.username) == bool(server.password),
            "username and password are not both there",
            "write both, or neither for a server that asks for none",
        ),
        (
            server.username.isascii() and server.password.isascii(),
            "username or password has a letter outside ASCII, which mail servers read differently",
            "set a password of ASCII letters, digits and signs",
        ),
    )


def _pacing(server: Server) -> tuple[Rule, ...]:
    plan = server.warm_up
    return (
        (
            server.pipelining in _PIPELININGS,
            f"pipelining '{server.pipelining}' is not known",
            f"write one of {', '.join(_PIPELININGS)}",
        ),
        (server.weight > 0, f"weight {server.weight} is not a share", "write a number above 0, such as 1"),
        (
            0 < server.connections <= _MOST_CONNECTIONS,
            f"connections {server.connections} is not a number of connections",
            f"write 1 to {_MOST_CONNECTIONS}",
        ),
        (
            min(server.mails_per_connection, server.rate, server.per_day) >= 0,
            "mails_per_connection, rate or per_day is below 0",
            "write 0 for no limit",
        ),
        (
            plan is None or (plan.first > 0 and plan.growth >= 1),
            "warm_up would never send anything",
            "write first: 50 and growth: 1.5, or more",
        ),
    )


def _mailing(options: Options) -> tuple[Rule, ...]:
    bounce = options.bounce_domain
    return (
        (
            all(limit > 0 and _is_domain(name) for name, limit in options.domains.items()),
            "domains does not hold a number above 0 for each domain",
            "write them so: domains: {gmail.com: 5}",
        ),
        (not bounce or _is_domain(bounce), f"bounce_domain '{bounce}' is no domain", "write b.example.org"),
        (
            all(map(_is_address, (options.redirect_all, options.cfbl_address))),
            "redirect_all or cfbl_address is not an ASCII address",
            "write one address, such as me@example.org",
        ),
        (
            # A token of 56 characters comes behind it, and 64 may stand before the "@" (RFC 5321).
            _is_address(options.unsubscribe_address) and options.unsubscribe_address.find("@") <= 7,
            f"unsubscribe_address '{options.unsubscribe_address}' is not an address of a short name",
            "write one of at most 7 characters before the @, such as leave@b.example.org",
        ),
        (
            options.precedence in ("", "bulk", "list"),
            f"precedence '{options.precedence}' is not known",
            "leave it out, or write bulk",
        ),
        (
            options.dkim is None
            or (
                options.dkim.algorithm in _ALGORITHMS
                and _is_domain(options.dkim.domain)
                and _is_domain(options.dkim.selector)
            ),
            "dkim has no usable domain, selector or algorithm",
            "write domain: example.org, selector: news1 and algorithm: rsa or ed25519",
        ),
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_word(name: str) -> bool:
    return name.isascii() and name.isprintable() and bool(name) and " " not in name


def _is_domain(name: str) -> bool:
    return name.isascii() and not isinstance(route(f"a@{name}"), str)


def _is_address(address: str) -> bool:
    return not address or (address.isascii() and not isinstance(route(address), str))
