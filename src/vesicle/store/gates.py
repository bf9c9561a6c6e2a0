"""What was frozen, found by its slug, and whether it may go out. In the transaction of whoever asks."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from vesicle.model.delivery import Gate, Policy
from vesicle.model.errors import UserError
from vesicle.store.columns import AnyRow
from vesicle.store.tables import events, frozen

WITH_ITS_ISSUE = "held with its issue"
OPEN_GATES = tuple(gate for gate in Gate if gate.is_open)


def find(connection: Connection, slug: str) -> AnyRow | None:
    """Give the row of what was frozen under *slug*, or None."""
    return connection.execute(select(frozen).where(frozen.c.slug == slug)).one_or_none()


def known_as(connection: Connection, slug: str) -> AnyRow:
    """Give the row of what was frozen under *slug*; UserError, with the latest there are, where none was."""
    known = find(connection, slug)
    if known is None:
        issues = ~frozen.c.slug.contains("/")
        rows = select(frozen.c.slug).where(issues).order_by(frozen.c.id.desc()).limit(5)
        found = ", ".join(connection.execute(rows).scalars()) or "nothing yet"
        raise UserError(f"nothing called '{slug}' was frozen for sending", mend=f"the latest: {found}")
    return known


def hold(connection: Connection, slug: str, why: str = "") -> None:
    """Hold what is open, with its posts; *why* is for people."""
    if known_as(connection, slug).gate.is_open:
        held = update(frozen).where(frozen.c.gate.in_(OPEN_GATES))
        connection.execute(held.where(_posts_of(slug)).values(gate=Gate.HELD, why=WITH_ITS_ISSUE))
        connection.execute(held.where(frozen.c.slug == slug).values(gate=Gate.HELD, why=why))


def let_go(connection: Connection, slug: str, gate: Gate) -> None:
    """Set the gate of what was held, and of its posts, but for those that were held or cancelled alone."""
    alone = (frozen.c.gate == Gate.HELD) & (frozen.c.why != WITH_ITS_ISSUE)
    posts = update(frozen).where(_posts_of(slug), ~alone, frozen.c.gate != Gate.CANCELLED)
    connection.execute(posts.values(gate=gate, why=""))
    connection.execute(update(frozen).where(frozen.c.slug == slug).values(gate=gate))


def hold_all(connection: Connection) -> None:
    """Hold everything that is not done, because the database is an older copy of itself.

    Notices go on: better twice than never.
    """
    waits = frozen.c.is_open.is_(True) & (frozen.c.gate != Gate.CANCELLED) & (frozen.c.policy == Policy.HOLD)
    connection.execute(update(frozen).where(waits).values(gate=Gate.RESTORED))


def set_gate(connection: Connection, slug: str, gate: Gate) -> None:
    """Set the gate of an issue and of its posts, which go where it goes."""
    ours = (frozen.c.slug == slug) | _posts_of(slug)
    connection.execute(update(frozen).where(ours).values(gate=gate))


def posts_of(connection: Connection, slug: str) -> list[int]:
    """Give the numbers of an issue's posts."""
    return list(connection.execute(select(frozen.c.id).where(_posts_of(slug))).scalars())


def _posts_of(slug: str) -> ColumnElement[bool]:
    return frozen.c.slug.startswith(f"{slug}/", autoescape=True)


def forgive(connection: Connection, slug: str, now: datetime) -> None:
    """Count what came back of it, and how late it is, from *now* on: a person knows of what came before."""
    latest = select(func.coalesce(func.max(events.c.id), 0)).scalar_subquery()
    connection.execute(
        update(frozen).where(frozen.c.slug == slug).values(why="", resumed=latest, resumed_at=now)
    )
