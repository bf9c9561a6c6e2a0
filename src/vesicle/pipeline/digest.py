"""A digest, frozen as the ledger wants it: one mail for each address of an editor."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256

from vesicle.model.delivery import Frozen, Policy
from vesicle.model.errors import ContentError
from vesicle.model.issue import Newsletter
from vesicle.model.notice import WORD, notice_name
from vesicle.model.problem import Problem
from vesicle.model.word import Cause, Digest, Word
from vesicle.pipeline.send import EMAIL


def digest_mails(
    digest: Digest, *, addresses: Sequence[str], newsletter: Newsletter, templates: Mapping[str, str]
) -> list[Frozen]:
    """Give the mails that tell *digest*, in the name of *newsletter*.

    Raises ContentError where a template is missing or broken; without *addresses* nothing is rendered.
    """
    if not addresses:
        return []
    from vesicle.render.word import word_mail  # noqa: PLC0415 - a daemon renders seldom, and what renders takes memory

    message = word_mail(digest, newsletter=newsletter, templates=templates)
    document = json.dumps(asdict(message), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    seal = sha256(document.encode()).hexdigest()
    return [
        Frozen(
            slug=notice_name(WORD, f"{digest.number}-{place}", seal),
            channel=EMAIL,
            hash=f"sha256:{seal}",
            messages={message.lang: message},
            policy=Policy.RESEND,
            address=address,
        )
        for place, address in enumerate(addresses, start=1)
    ]


def digest_problems(newsletter: Newsletter, templates: Mapping[str, str]) -> tuple[Problem, ...]:
    """Give what is wrong with the templates of these mails."""
    from vesicle.render.word import word_mail  # noqa: PLC0415 - as above

    word = Word(cause=Cause.DRAFT, about="one", state="", text="It is tried.")
    try:
        word_mail(Digest(number=1, words=(word,)), newsletter=newsletter, templates=templates)
    except ContentError as error:
        return error.problems
    return ()
