"""Posts that wait for a slot of their channel, in a database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from vesicle.model.delivery import MOST_ATTEMPTS, Gate, Policy, State
from vesicle.model.errors import UserError
from vesicle.model.message import Message
from vesicle.model.notice import FAMILY
from vesicle.model.reactions import Reactions
from vesicle.ports import BY_HAND, Published, PublishedPost, UnknownPost, WaitingPost
from vesicle.store.columns import AnyRow
from vesicle.store.database import Database
from vesicle.store.freezing import ITSELF
from vesicle.store.gates import OPEN_GATES, known_as
from vesicle.store.packing import unpack_message, unpack_receipt
from vesicle.store.tables import deliveries, frozen, messages, receipts
from vesicle.store.tables import reactions as reactions_table

# A post is `issue/item/channel`, and has one delivery, to the channel itself.
_IS_POST = and_(frozen.c.slug.like("%/%/%"), ~frozen.c.slug.startswith(f"{FAMILY}/"))
_TO_ITSELF = and_(deliveries.c.frozen_id == frozen.c.id, deliveries.c.subscriber_id == ITSELF)


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
            .join(deliveries, _TO_ITSELF)
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

    def by_hand(self) -> Sequence[WaitingPost]:
        """Give what a person began to publish by itself and what is still owed of it, on any channel."""
        again = and_(deliveries.c.state == State.UNKNOWN, frozen.c.policy == Policy.RESEND)
        rows = (
            _posts()
            .where(frozen.c.slug.startswith(BY_HAND), frozen.c.gate != Gate.CANCELLED)
            .where(or_(deliveries.c.state.in_((State.PENDING, State.DEFERRED)), again))
        )
        with self._database.reading() as connection:
            return [_post(row) for row in connection.execute(rows)]

    def in_hand(self, channel: str, item: str) -> str:
        """Give the name of a post of *item* that *channel* has in hand at this moment, empty for none."""
        # The condition on the lease is that of the index.
        rows = (
            select(frozen.c.slug)
            .join(deliveries, _TO_ITSELF)
            .where(deliveries.c.lease >= 0, deliveries.c.state.in_((State.TAKEN, State.SENDING)))
            .where(_IS_POST, frozen.c.channel == channel)
        )
        with self._database.reading() as connection:
            found = connection.execute(rows).scalars()
            return next((slug for slug in found if slug.split("/")[1] == item), "")

    def unknown(self) -> Sequence[UnknownPost]:
        """Give the posts of which nobody knows whether they are out, and that no channel finds out."""
        is_given_up = or_(frozen.c.policy == Policy.HOLD, deliveries.c.attempts >= MOST_ATTEMPTS)
        # The condition on the lease is that of the index.
        rows = (
            select(frozen.c.slug, frozen.c.channel, deliveries.c.reason, deliveries.c.at)
            .join(deliveries, _TO_ITSELF)
            .where(deliveries.c.lease >= 0, deliveries.c.state == State.UNKNOWN, _IS_POST, is_given_up)
            .order_by(frozen.c.id)
        )
        with self._database.reading() as connection:
            return [
                UnknownPost(slug=row.slug, channel=row.channel, why=row.reason or "", at=row.at)
                for row in connection.execute(rows)
            ]

    def published(self, *, since: datetime) -> Sequence[PublishedPost]:
        """Give the posts that went out at *since* or later, the latest first."""
        said = (
            select(func.max(receipts.c.id))
            .where(receipts.c.frozen_id == frozen.c.id, receipts.c.subscriber_id == ITSELF)
            .correlate(frozen)
            .scalar_subquery()
        )
        rows = (
            select(frozen.c.slug, frozen.c.channel, deliveries.c.at, receipts.c.said, *_TOLD)
            .join(deliveries, _TO_ITSELF)
            .outerjoin(receipts, receipts.c.id == said)
            .outerjoin(reactions_table, reactions_table.c.frozen_id == frozen.c.id)
            .where(_IS_POST, deliveries.c.state == State.SENT, deliveries.c.at >= since)
            .order_by(deliveries.c.at.desc(), frozen.c.id.desc())
        )
        with self._database.reading() as connection:
            return [_published(row) for row in connection.execute(rows)]

    def count(self, slug: str, reactions: Reactions, *, at: datetime) -> None:
        """Keep how a post was taken, instead of what was counted before."""
        told = {**asdict(reactions), "at": at}
        with self._database.writing() as connection:
            known = known_as(connection, slug)
            row = insert(reactions_table).values(frozen_id=known.id, **told)
            connection.execute(row.on_conflict_do_update(index_elements=["frozen_id"], set_=told))


_TOLD = tuple(reactions_table.c[name] for name in ("likes", "replies", "shares", "clicks"))


def _published(row: AnyRow) -> PublishedPost:
    told = Reactions(likes=row.likes, replies=row.replies, shares=row.shares, clicks=row.clicks)
    return PublishedPost(
        slug=row.slug,
        channel=row.channel,
        at=row.at,
        receipt=unpack_receipt(row.said),
        reactions=None if told == Reactions() else told,
    )


def _posts() -> Select[Any]:
    return (
        select(
            frozen.c.id, frozen.c.slug, frozen.c.channel, frozen.c.gate, frozen.c.pinned, messages.c.message
        )
        .join(messages, messages.c.frozen_id == frozen.c.id)
        .join(deliveries, _TO_ITSELF)
        .where(_IS_POST)
        .group_by(frozen.c.id)
        .order_by(frozen.c.rank, frozen.c.id)
    )


def _waiting(connection: Connection, which: object) -> Sequence[AnyRow]:
    rows = (
        _posts()
        .where(which, frozen.c.is_open.is_(True), frozen.c.gate != Gate.CANCELLED)  # type: ignore[arg-type]  # a condition
        .where(deliveries.c.state.in_((State.PENDING, State.DEFERRED)))
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
