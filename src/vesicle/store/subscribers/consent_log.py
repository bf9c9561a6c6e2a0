"""The log of what people agreed to, which is only ever added to. In the transaction of whoever asks."""

from sqlalchemy import Connection, func, insert, select

from vesicle.model.subscriber import Consent
from vesicle.store.tables import consents, forms


def log_consent(connection: Connection, number: int, consent: Consent) -> None:
    """Add *consent* behind those of the person whose row has *number*."""
    before = select(func.count()).where(consents.c.subscriber_id == number)
    row = {
        "subscriber_id": number,
        "number": connection.execute(before).scalar_one() + 1,
        "event": consent.event,
        "at": consent.at,
        "form_id": form_id(connection, consent),
    }
    connection.execute(insert(consents).values(row))


def form_id(connection: Connection, consent: Consent) -> int:
    """Give the number of what a consent was given to, written down when it is new."""
    columns = {
        "source": consent.source,
        "wording": consent.wording,
        "version": consent.version,
        "language": consent.language,
    }
    same = select(forms.c.id).filter_by(**columns)
    number = connection.execute(same).scalar_one_or_none()
    if number is None:
        number = connection.execute(insert(forms).values(columns).returning(forms.c.id)).scalar_one()
    return int(number)
