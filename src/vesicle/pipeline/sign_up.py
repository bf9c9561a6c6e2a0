"""What somebody wrote into the form to sign up, and whether it can be used. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from vesicle.deliver.email.address import Route, route
from vesicle.model.reader import Wishes
from vesicle.model.subscriber import Frequency
from vesicle.text.hints import likely_domain

LONGEST_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3, less the angle brackets."""

IsThrowaway = Callable[[str], bool]
"""Tell whether mailboxes of a domain (ASCII, small letters) are made to be thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What readers can choose from, and the words they agree to, by language.

    *version* is the name of these words for the consent log.
    """

    languages: tuple[str, ...]
    topics: tuple[str, ...]
    wordings: Mapping[str, str]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of the form, as they came.

    *trap* is the field that people do not see. *accepted* is an address that somebody has seen a hint about
    and goes on with all the same.
    """

    email: str = ""
    topics: tuple[str, ...] = ()
    language: str = ""
    frequency: str = Frequency.EVERY
    trap: str = ""
    stamp: str = ""
    accepted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a form is answered with; where nothing is in the way, it can be used.

    *errors* has the key of a word for each field. *better* is an address that was probably meant,
    *throwaway* a domain whose mailboxes do not last. *stamp* is what the form is shown again with, and
    *is_unstamped* tells that it came from elsewhere and is sent once more.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    better: str = ""
    throwaway: str = ""
    stamp: str = ""
    is_unstamped: bool = False

    @property
    def stops(self) -> bool:
        """Tell whether the form has to be shown again."""
        return bool(self.errors or self.better or self.throwaway or self.is_unstamped)


def judge(form: Form, offer: Offer, *, is_throwaway: IsThrowaway) -> Verdict:
    """Say everything that is wrong with *form*, and what may be; nobody on the list is looked up."""
    errors = dict(_errors(form, offer))
    if errors or form.accepted == form.email:
        return Verdict(errors=errors)
    local, _, domain = form.email.rpartition("@")
    better = likely_domain(domain)
    if better:
        return Verdict(better=f"{local}@{better}")
    ascii_domain = _ascii_domain(form.email)
    return Verdict(throwaway=ascii_domain if is_throwaway(ascii_domain) else "")


def address_error(email: str) -> str:
    """Give the key of the word for what is wrong with an address; empty where mail can go to it."""
    if not email:
        return "page error email missing"
    is_short = len(email) <= LONGEST_ADDRESS
    where = route(email) if is_short else ""
    return "" if isinstance(where, Route) and "." in where.domain else "page error email"


def wishes(form: Form, offer: Offer) -> Wishes:
    """Give what *form* wishes; whoever chooses no topic gets all that are offered."""
    topics = tuple(topic for topic in offer.topics if topic in form.topics) or offer.topics
    return Wishes(language=form.language, topics=topics, frequency=Frequency(form.frequency))


def _errors(form: Form, offer: Offer) -> list[tuple[str, str]]:
    found = [("email", address_error(form.email))]
    found += [("topics", _unoffered(form.topics, offer.topics))]
    found += [("language", _unoffered([form.language], offer.languages))]
    found += [("frequency", _unoffered([form.frequency], [one.value for one in Frequency]))]
    return [(name, error) for name, error in found if error]


def _unoffered(chosen: Collection[str], offered: Collection[str]) -> str:
    return "" if set(chosen) <= set(offered) else "page error choice"


def _ascii_domain(email: str) -> str:
    where = route(email)
    return where.domain.lower() if isinstance(where, Route) else ""
