"""Where the listener listens, and where it keeps what it takes."""

from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """*port* on *host*, an address of this machine alone, is where mails are taken while `vesicle run` runs.

    They are kept in the Maildir *path*, from the site's folder, which is made where it is not there.
    Port 0 is any free one, for tests.
    """

    path: str
    port: int = 8024
    host: str = "127.0.0.1"

    def __post_init__(self) -> None:
        if not self.path or "\0" in self.path:
            raise ValueError("has no path | write the folder for its mails, as .vesicle/returns")
        if not 0 <= self.port < 65536:
            raise ValueError(f"cannot listen on port {self.port} | write a port above 1023, as 8024")
        if not _is_loopback(self.host):
            raise ValueError(
                f"would take mails from everybody who reaches {self.host} | write 127.0.0.1 or ::1: the mail "
                "server of this machine takes mails from others, and hands them over"
            )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
