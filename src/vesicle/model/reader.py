"""What a reader asks for on the public pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vesicle.model.delivery import Frozen
from vesicle.model.subscriber import Consent, Frequency, Subscriber, SuppressionReason


class AskPurpose(StrEnum):
    """What somebody wants: to get the newsletter, or the link to their own data."""

    SIGN_UP = "sign up"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How somebody wants the newsletter; before the day *paused_until* (UTC) not at all."""

    language: str
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EVERY
    paused_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody without a token asked for with an address that may be anybody's.

    It is kept as it came and answered by mail later, so that the page takes the same time and says the same
    whoever is on the list. *network* stands for where it came from (a keyed hash), empty if not known.
    *consent* is the entry of the log for a sign-up, with the wording that was shown.
    """

    purpose: AskPurpose
    email: str
    wishes: Wishes
    consent: Consent
    network: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of whoever asks, by which the answer is decided.

    *number* is that of the next confirmation mail to this person, *asked* how many there were since they last
    confirmed or left; *from_network* and *from_domain* the mails owed in the last hour because of asks from
    the same network, and for addresses of the same domain.
    """

    person: Subscriber | None
    suppression: SuppressionReason | None
    number: int
    asked: int
    from_network: int
    from_domain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is done about an ask.

    With *enrols* the person is put on the list as pending under *new_id*, or made pending again, with what
    they wish, and the consent is logged. *notice* is the mail that is owed to them; None: nothing. *refusal*
    says which limit kept an answer back, empty where none did.
    """

    enrols: bool = False
    new_id: str = ""
    notice: Frozen | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many asks were settled, and how many of them each limit refused."""

    count: int
    refusals: Mapping[str, int]


class Confirmation(StrEnum):
    """What became of a press on the button of a confirmation mail; `void`: the link is used or replaced."""

    CONFIRMED = "confirmed"
    ALREADY = "already"
    VOID = "void"
