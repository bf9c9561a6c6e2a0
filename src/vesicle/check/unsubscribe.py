from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from vesicle.model.message import Message, Personal
from vesicle.model.problem import Place, Problem
from vesicle.ports import Case, Part

_WHY = "Gmail and Yahoo ask it of everyone who writes to many (RFC 8058), and the law nearly everywhere."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Nothing can be set: every e-mail has a way out."""


class Check:
    """Every e-mail lets its reader leave: by a link in both parts, and by the mail program's own button."""

    needs: ClassVar[frozenset[Part]] = frozenset({Part.MESSAGES})

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield an error for each way out that an e-mail lacks."""
        for message in case.messages:
            if not (message.html or message.channel == "email"):
                continue
            where = case.issue.where if case.issue else Place(file=message.slug)
            for what, text, mend in _missing(message):
                yield Problem(code=f"unsubscribe.{what}", text=text, where=where, mend=mend, why=_WHY)


def _missing(message: Message) -> Iterator[tuple[str, str, str]]:
    name, url = f"the e-mail in {message.lang}", Personal.UNSUBSCRIBE_URL
    headers = {header.lower(): value.strip() for header, value in message.headers}
    if not any(link.url == url for link in message.links):
        yield (
            "html",
            f"{name} has no unsubscribe link",
            "link to the unsubscribe URL in the footer's template",
        )
    if url not in message.text:
        yield (
            "text",
            f"the plain text of {name} has no unsubscribe URL",
            "print the unsubscribe URL in the template of the text part",
        )
    if f"<{url}>" not in headers.get("list-unsubscribe", ""):
        yield (
            "header",
            f"{name} has no List-Unsubscribe header with the unsubscribe URL",
            f"add the header `List-Unsubscribe: <{url}>`",
        )
    if headers.get("list-unsubscribe-post", "") != "List-Unsubscribe=One-Click":
        yield (
            "one-click",
            f"{name} has no List-Unsubscribe-Post header",
            "add the header `List-Unsubscribe-Post: List-Unsubscribe=One-Click`",
        )
