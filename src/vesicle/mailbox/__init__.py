"""Where mails come back to: one kind of mailbox a file."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol, runtime_checkable

from vesicle.ports import Mailbox


@runtime_checkable
class Listening(Protocol):
    """A mailbox that mails are handed to while somebody listens."""

    def listen(self) -> AbstractContextManager[object]:
        """Take mails inside the `with`; raises UserError or TemporaryFailure where nobody can listen."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A mailbox that stays connected from one question to the next."""

    def close(self) -> None:
        """Let the connection go; the next question opens it again."""
        ...


@contextmanager
def listening(mailboxes: Iterable[Mailbox]) -> Iterator[None]:
    """Take what other programs hand to *mailboxes* inside the `with`, each kept before it is answered.

    Raises UserError or TemporaryFailure where one of them cannot listen; then none of them does.
    """
    with ExitStack() as stack:
        for mailbox in mailboxes:
            if isinstance(mailbox, Listening):
                stack.enter_context(mailbox.listen())
        yield


def close(mailboxes: Iterable[Mailbox]) -> None:
    """Let all connections of *mailboxes* go; the next question opens them again."""
    for mailbox in mailboxes:
        if isinstance(mailbox, Closing):
            mailbox.close()
