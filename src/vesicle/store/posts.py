"""Posts that wait for a slot of their channel, in a database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, select, update

from vesicle.model.delivery import Gate, State
from vesicle.model.errors import UserError
from vesicle.model.message import Message
from vesicle.model.notice import FAMILY
from vesicle.ports import Published, WaitingPost
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.gates import OPEN_GATES
from vesicle.store.packing import unpack_message
from vesicle.store.tables import deliveries, frozen, messages

# A post is `issue/item/channel`, and has one delivery, to the channel itself.
_IS_POST = and_(frozen.c.slug.like("%/%/%"), ~frozen.c.slug.startswith(f"{FAMILY}/"))


class SqlPosts:
    """A `ports.Posts` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, channel: str) -> Sequence[WaitingPost]:
        """Give what waits on *channel*, the next first."""
        with self._database.reading() as connection:
            return [_post(row) for row in _waiting(connection, frozen.c.channel == channel)]

    def pinned(self, *, until: datetime) -> Sequence[WaitingPost]:
        """Give what was pinned to a moment up to *until*, on any channel."""
        with self._database.reading() as connection:
            return [_post(row) for row in _waiting(connection, frozen.c.pinned <= until)]

    def pin(self, slug: str, at: datetime | None) -> None:
        """Let a post go out at a certain moment, or in its turn again."""
        with self._database.writing() as connection:
            post = _one(connection, slug)
            connection.execute(update(frozen).where(frozen.c.id == post.id).values(pinned=at))

    def move(self, slug: str, *, before: str | None) -> None:
        """Put a post before another that waits on its channel, or behind all others."""
        with self._database.writing() as connection:
            post = _one(connection, slug)
            others = [
                row for row in _waiting(connection, frozen.c.channel == post.channel) if row.id != post.id
            ]
            places = [row.slug for row in others]
            if before is not None and before not in places:
                raise _nothing(before, places)
            others.insert(len(others) if before is None else places.index(before), post)
            for rank, row in enumerate(others, start=1 - len(others)):
                # Whatever comes later has rank 0 and stands behind these.
                connection.execute(update(frozen).where(frozen.c.id == row.id).values(rank=rank))

    def last(self, channel: str, items: Collection[str]) -> Mapping[str, Published]:
        """Tell when each of *items* was last given to *channel*, and what it was."""
        rows = (
            select(frozen.c.slug, func.max(deliveries.c.at).label("at"), messages.c.message)
            .join(deliveries, and_(deliveries.c.frozen_id == frozen.c.id, deliveries.c.subscriber_id == 0))
            .join(messages, messages.c.frozen_id == frozen.c.id)
            .where(_IS_POST, frozen.c.channel == channel)
            .where(deliveries.c.state.in_((State.SENT, State.UNKNOWN)))
            .group_by(frozen.c.slug)
            .order_by(func.max(deliveries.c.at))
        )
        with self._database.reading() as connection:
            found = connection.execute(rows).all()
        wanted = {row.slug.split("/")[1]: row for row in found if row.slug.split("/")[1] in items}
        return {
            item: Published(at=row.at, message=unpack_message(row.message)) for item, row in wanted.items()
        }


def _waiting(connection: Connection, which: object) -> Sequence[AnyRow]:
    rows = (
        select(
            frozen.c.id, frozen.c.slug, frozen.c.channel, frozen.c.gate, frozen.c.pinned, messages.c.message
        )
        .join(messages, messages.c.frozen_id == frozen.c.id)
        .join(deliveries, and_(deliveries.c.frozen_id == frozen.c.id, deliveries.c.subscriber_id == 0))
        .where(_IS_POST, which, frozen.c.is_open.is_(True), frozen.c.gate != Gate.CANCELLED)  # type: ignore[arg-type]  # a condition
        .where(deliveries.c.state.in_((State.PENDING, State.DEFERRED)))
        .group_by(frozen.c.id)
        .order_by(frozen.c.rank, frozen.c.id)
    )
    return connection.execute(rows).all()


def _one(connection: Connection, slug: str) -> AnyRow:
    for row in _waiting(connection, frozen.c.slug == slug):
        return row
    known = [row.slug for row in _waiting(connection, frozen.c.id > 0)]
    raise _nothing(slug, known)


def _nothing(slug: str, known: Sequence[str]) -> UserError:
    waiting = ", ".join(known[:5]) or "none"
    return UserError(f"no post called '{slug}' waits", mend=f"waiting: {waiting}; see `vesicle posts`")


def _post(row: AnyRow) -> WaitingPost:
    message: Message = unpack_message(row.message)
    return WaitingPost(
        slug=row.slug,
        channel=row.channel,
        item=row.slug.split("/")[1],
        text=message.text,
        pinned=row.pinned,
        is_held=row.gate not in OPEN_GATES,
    )
