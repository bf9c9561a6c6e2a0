"""How values are kept in columns: moments as UTC or ticks, closed sets as small whole numbers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from math import ceil
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary, Row, SmallInteger
from sqlalchemy.types import TypeDecorator

Member = TypeVar("Member", bound=Enum)

AnyRow = Row[*tuple[Any, ...]]
"""A row of any columns."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, UTC in the column and UTC when read; a naive one raises ValueError."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into the naive UTC that SQLite stores."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a datetime without a zone cannot be stored: {value}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back the zone that the column does not hold."""
        return None if value is None else value.replace(tzinfo=UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ticks(moment: datetime, per_second: int = 1) -> int:
    """Give *moment* as a whole number of ticks since 1970, rounded up, so that no wait gets shorter."""
    return ceil(moment.timestamp() * per_second)


class Ticks(TypeDecorator[datetime]):
    """An aware datetime as `ticks`: four to six bytes of SQLite instead of 26."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, per_second: int = 1) -> None:
        super().__init__()
        self.per_second = per_second

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Count the ticks."""
        return None if value is None else ticks(value, self.per_second)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give the moment back."""
        return None if value is None else _EPOCH + timedelta(seconds=value / self.per_second)


class Coded(TypeDecorator[Member], Generic[Member]):
    """A member of an enum, kept as the number that *codes* gives it; a number is never reused."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, codes: Mapping[Member, int]) -> None:
        super().__init__()
        self.codes = tuple(codes.items())
        self._code = dict(codes)
        self._member = {code: member for member, code in codes.items()}

    def process_bind_param(self, value: Member | None, dialect: Dialect) -> int | None:
        """Give the number of a member."""
        return None if value is None else self._code[value]

    def process_literal_param(self, value: Member | None, dialect: Dialect) -> str:
        """Write the number of a member into the SQL itself, where an index with a condition needs it."""
        return "NULL" if value is None else str(self._code[value])

    def process_result_value(self, value: int | None, dialect: Dialect) -> Member | None:
        """Give the member of a number."""
        return None if value is None else self._member[value]


class CodedSet(TypeDecorator[frozenset[Member]], Generic[Member]):
    """Members of an enum, kept as one whole number with the bit of each code set."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, codes: Mapping[Member, int]) -> None:
        super().__init__()
        self.codes = tuple(codes.items())

    def process_bind_param(self, value: frozenset[Member] | None, dialect: Dialect) -> int | None:
        """Set the bits."""
        return None if value is None else sum(1 << code for member, code in self.codes if member in value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> frozenset[Member] | None:
        """Give those whose bits are set."""
        return (
            None if value is None else frozenset(member for member, code in self.codes if value >> code & 1)
        )


class Hexadecimal(TypeDecorator[str]):
    """Lower-case hexadecimal digits, kept as half as many bytes; other text raises ValueError."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Give the bytes that the digits stand for."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Give the digits again."""
        return None if value is None else value.hex()
