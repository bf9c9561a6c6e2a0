"""The mail servers of the channel `email`, tried as far as the first mail."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from vesicle.deliver.email.options import Server
from vesicle.deliver.email.trying import Step, Try
from vesicle.model.checkup import Line, away, fault, good, warning

SOON = timedelta(days=14)
_WHY = "no mail goes out by this server"
_FAULTS = {
    Step.NAME: (
        "doctor.smtp-name",
        "write its name as your provider does: channels: email: host",
    ),
    Step.ENCRYPT: (
        "doctor.smtp-encryption",
        "try `security: tls` with port 465 or `security: starttls` with port 587, as your provider says",
    ),
    Step.CERTIFICATE: (
        "doctor.smtp-certificate",
        "write the name that its certificate is for as `host`, or have the certificate renewed",
    ),
    Step.LOGIN: (
        "doctor.smtp-login",
        "look at `username` and `password` and the variables of the environment that they name",
    ),
    Step.CONNECT: (
        "doctor.smtp-refused",
        "see what it says, and ask whoever runs it",
    ),
}


def look(name: str, server: Server, result: Try, *, now: datetime) -> Iterator[Line]:
    """Yield how the mail server called *name* stands, by the *result* of trying it."""
    what = f"mail server {name}" if name == server.host else f"mail server {name} ({server.host})"
    if result.step is Step.READY:
        yield _ready(what, server, result, now=now)
    elif result.step in (Step.CONNECT, Step.LOGIN) and result.is_temporary:
        mend = f"see that it runs, and that no firewall keeps port {server.port} shut: some hosters do"
        yield away("doctor.smtp-away", what, result.said, why=_WHY, mend=mend)
    else:
        code, mend = _FAULTS[result.step]
        yield fault(code, what, result.said, why=_WHY, mend=mend)


def _ready(what: str, server: Server, result: Try, *, now: datetime) -> Line:
    if result.ends and result.ends - now < SOON:
        text = f"its certificate ends on {result.ends:%Y-%m-%d}"
        why, mend = (
            "from then on no mail goes out by it",
            "have it renewed: whoever runs the server does that",
        )
        return warning("doctor.smtp-certificate-ends", what, text, why=why, mend=mend)
    encrypted = {"none": "not encrypted, on this machine", "tls": "TLS", "starttls": "STARTTLS"}
    login = "logged in" if server.username else "without a login"
    return good("doctor.smtp", what, f"{encrypted[server.security]}, {login}")
