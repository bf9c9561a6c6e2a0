"""Who is told by mail what needs a person."""

from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, Field

from vesicle.settings.addresses import mailbox
from vesicle.settings.strict import Line, Strict


class EditorSettings(Strict):
    """What the editor is told by mail: drafts that are ready, what was sent, held or missed, what fails."""

    addresses: tuple[Annotated[Line, AfterValidator(mailbox)], ...] = Field(
        default=(), description="Who is told; nobody where it is empty, and everything is still in the log."
    )
    digest_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="Minutes from one mail to the next, and to the next about the same thing. What is urgent "
        "(a retraction, a rate that is too high, an issue that is held) is told at once.",
    )
    most_a_day: int = Field(
        default=24,
        ge=1,
        le=1000,
        description="Mails on one day (UTC). After them, one more tells what is urgent, and says that it is "
        "the last.",
    )
    newsletter: str = Field(
        default="",
        description="Slug of the newsletter whose sender they have; that of `notices` where it is not "
        "written.",
    )

    def mailboxes(self) -> tuple[str, ...]:
        """Give the addresses, each once and without names."""
        return tuple(dict.fromkeys(parseaddr(one)[1] for one in self.addresses))
