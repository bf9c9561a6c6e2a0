"""When a form was shown, sealed into the form itself, so that nothing has to be remembered of it."""

from datetime import UTC, datetime, timedelta

from vesicle.text import tokens

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def seal(key: bytes, form: str, *, now: datetime) -> str:
    """Give the stamp of a form that is shown at *now*; it counts for the form of that name alone."""
    return tokens.make(key, f"form {form}", str((now - _EPOCH) // _MILLISECOND))


def age(key: bytes, form: str, stamp: str, *, now: datetime) -> timedelta | None:
    """Give how long ago *stamp* was made for *form*; None where it was not made with *key* for it."""
    made = tokens.read(key, f"form {form}", stamp)
    if made is None or not made.isdecimal():
        return None
    return now - (_EPOCH + int(made) * _MILLISECOND)
