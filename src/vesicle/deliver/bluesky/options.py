"""Which account posts, and on which server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vesicle.model.errors import UserError
from vesicle.model.problem import Place, Problem
from vesicle.net.address import can_be_asked
from vesicle.text.atproto import is_did, is_handle


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The account, its server, and who counts how posts were taken.

    *handle* names the account, as `alice.bsky.social`, and *password* is an app password of it, which
    Bluesky makes under Settings, Privacy and security. *server* is the account's own (its PDS), and *view*
    one that has seen everything (an AppView) and tells it to anybody.

    Raises UserError, with every mistake, for options that cannot work or would not be safe.
    """

    server: str = "https://bsky.social"
    handle: str = ""
    password: str = field(default="", repr=False, metadata={"secret": True})
    view: str = "https://public.api.bsky.app"

    def __post_init__(self) -> None:
        wrong = [
            Problem(
                code="bluesky.options", text=f"bluesky: {text}", where=Place(file="config.yaml"), mend=mend
            )
            for text, mend in _mistakes(self)
        ]
        if wrong:
            raise UserError(wrong)

    @property
    def missing(self) -> str:
        """Name what is not there yet and has to be before anything is posted, empty where nothing is."""
        return " and ".join(name for name in ("handle", "password") if not getattr(self, name))


def _mistakes(options: Options) -> Iterator[tuple[str, str]]:
    for name in ("server", "view"):
        address = getattr(options, name)
        if not _is_base(address):
            yield (
                f"{name} '{address}' is not the address of a server",
                "write one such as https://bsky.social",
            )
    if options.handle and not (is_handle(options.handle) or is_did(options.handle)):
        yield (
            f"handle '{options.handle}' is not the name of an account",
            "write it without @, such as alice.bsky.social",
        )


def _is_base(address: str) -> bool:
    """Tell whether *address* is that of a server, which passwords may be sent to, and nothing besides."""
    parts = urlsplit(address)
    return (
        can_be_asked(address)
        and address.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
        and "@" not in address
    )
