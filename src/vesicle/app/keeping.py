"""The database of one site as a whole: copied, put back, kept small."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vesicle.model.errors import UserError
from vesicle.pipeline.arrived import seals, settle_arrived
from vesicle.pipeline.retention import tidy
from vesicle.ports import never
from vesicle.queue.clock import wait
from vesicle.queue.lock import sole_backup, sole_importer, sole_sender
from vesicle.schedule.calendar import moment

if TYPE_CHECKING:
    from vesicle.app import App
    from vesicle.model.backup import Backup, Restoration, Restored
    from vesicle.model.retention import Tidied

REST_SECONDS = 0.02
"""How long others can write between two steps of tidying, each of which takes about as long."""

_OURS = re.compile(r"vesicle-\d{8}T\d{6}Z\.db")


class Keeping:
    """The database of the site of *app*."""

    def __init__(self, app: "App") -> None:
        self._app = app

    def back_up(
        self, to: Path, *, keep: int | None, told: Callable[[int, int], None]
    ) -> "tuple[Backup, list[Path]]":
        """Copy the database to the new file *to*, or into the folder *to* under a name by the time (UTC).

        Of a folder's copies of that naming only the newest *keep* stay, if that is given; give those that
        went. Raises UserError and TemporaryFailure as `store.snapshot.back_up` does.
        """
        from vesicle.store.snapshot import back_up  # noqa: PLC0415 - as for the database

        app, now = self._app, self._app.clock()
        if not app.database_path.exists():
            raise UserError(f"there is no database yet at {app.database_path}", mend="nothing to back up")
        if keep is not None and not to.is_dir():
            raise UserError(f"--keep counts the copies in a folder, and {to} is none", mend="name a folder")
        target = to / f"vesicle-{now:%Y%m%dT%H%M%SZ}.db" if to.is_dir() else to
        if not target.parent.is_dir():
            raise UserError(f"there is no folder {target.parent}", mend="make it, for its owner alone")
        with sole_backup(app.database_path):
            made = back_up(app.database, target, now=now, told=told)
            return made, _thin_out(to, keep) if keep is not None else []

    def restore(self, file: Path) -> "Restored":
        """Put the copy *file* in the database's place; TemporaryFailure while a sender or import runs."""
        from vesicle.store.restoring import restore  # noqa: PLC0415 - as for the database

        app = self._app
        with sole_sender(app.database_path), sole_importer(app.database_path):
            return restore(file, app.database_path, key=app.key, now=app.clock())

    def restoration(self) -> "Restoration | None":
        """Tell whether the database is a copy that was put back, and when; None where it is not."""
        from vesicle.store.provenance import restoration  # noqa: PLC0415 - as for the database

        with self._app.database.reading() as connection:
            return restoration(connection)

    def tidy(self, now: datetime, *, stopping: Callable[[], bool] = never) -> "Tidied":
        """Let go of what was kept for longer than `retention:` says; a send goes on meanwhile.

        For once a day. Raises TemporaryFailure where the database is locked for too long.
        """
        from vesicle.store.retention import SqlRetention  # noqa: PLC0415 - as for the database

        return tidy(
            SqlRetention(self._app.database),
            self._app.settings.retention.retention(),
            now=now,
            rest=partial(wait, REST_SECONDS),
            stopping=stopping,
        )

    def settle_arrived(self, slug: str, lines: Iterable[str]) -> int:
        """Call sent whatever of *slug* the *lines* of a mail server's log name; return how many."""
        return settle_arrived(self._app.deliveries, slug, seals(lines), key=self._app.key)

    def doubts(self, slug: str, restored: datetime) -> bool:
        """Tell whether an issue that the database does not know may have gone out before it was *restored*.

        It may where it was approved before, or was due before where nobody had to approve it.
        """
        issue = self._app.content.read().issues.get(slug)
        if issue is None:
            return False
        if issue.approval is not None:
            return issue.approval.at <= restored
        return moment(issue.due, self._app.newsletters[issue.newsletter].zone) <= restored


def _thin_out(folder: Path, keep: int) -> list[Path]:
    """Delete the oldest copies in *folder* beyond the newest *keep*; give their names."""
    # Their names sort as their moments do.
    found = sorted(one for one in folder.iterdir() if _OURS.fullmatch(one.name))
    gone = found[: max(0, len(found) - keep)]
    for one in gone:
        one.unlink()
    return gone
