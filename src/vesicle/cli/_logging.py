"""Where the lines of the log go, and what they look like."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from vesicle.cli._log_file import DatedFile
from vesicle.text.happening import Happening, parsed, stamp
from vesicle.text.removal import without_personal

if TYPE_CHECKING:
    from vesicle.settings.running import LoggingSettings

_OURS = "vesicle"
# sd-daemon(3): the journal takes the weight of a line from its beginning.
_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

Look = Callable[[Happening], str]


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines to a stream; where it is closed they are lost, and that stops nothing."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: what logging itself would say holds the arguments of the line."""


class Formatter(logging.Formatter):
    """Makes a line of a record, by *look*, with neither personal data nor *secrets* in it."""

    def __init__(self, look: Look, *, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._look = look
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Give the line; a record whose arguments do not fit its text is written without them."""
        return self._look(self._happening(record).mended(self._clean))

    def _happening(self, record: logging.LogRecord) -> Happening:
        event, facts = _told(record)
        more = {name: str(value) for name, value in vars(record).items() if name not in _STANDARD}
        trace = [self.formatException(record.exc_info)] if record.exc_info else []
        trace += [record.stack_info] if record.stack_info else []
        return Happening(
            at=datetime.fromtimestamp(record.created, UTC),
            level=record.levelname.lower(),
            event=event,
            facts={**facts, **more},
            trace="\n".join(trace),
        )

    def _clean(self, text: str) -> str:
        visible = "".join(
            one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text
        )
        return without_personal(visible, secrets=self._secrets)


def set_up_logging(
    settings: "LoggingSettings",
    stream: TextIO,
    *,
    root: Path,
    environ: Mapping[str, str],
    is_service: bool,
    secrets: tuple[str, ...] = (),
) -> None:
    """Let what is logged go to *stream* and, for a service, to the files that *settings* name.

    Of a command that is no service only warnings are shown. A second call takes the place of the first. None
    of *secrets* is ever written.
    """
    look = _look(settings.format == "json", has_journal=_is_journal(stream, environ))
    lines = Lines(stream)
    lines.setFormatter(Formatter(look, secrets=secrets))
    lines.setLevel(logging.NOTSET if is_service else logging.WARNING)
    handlers: list[logging.Handler] = [lines]
    if is_service and settings.folder:
        file = DatedFile(root / settings.folder, keep=timedelta(days=settings.keep_days))
        file.setFormatter(Formatter(_look(settings.format == "json", has_journal=False), secrets=secrets))
        handlers.append(file)
    _replace_handlers(handlers)
    level = logging.getLevelName(settings.level.upper())
    logging.getLogger(_OURS).setLevel(level)
    logging.getLogger("uvicorn").setLevel(max(level, logging.INFO))
    # What else there is would tell of every request, its URL with it: httpx at the level `info`.
    logging.getLogger().setLevel(logging.WARNING)


def _replace_handlers(handlers: list[logging.Handler]) -> None:
    top = logging.getLogger()
    for one in [one for one in top.handlers if isinstance(one, Lines | DatedFile)]:
        top.removeHandler(one)
        one.close()
    for handler in handlers:
        top.addHandler(handler)


def _told(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    """Give the event and facts of a record; what others log has the name of their logger and a text."""
    values = record.args if isinstance(record.args, tuple) else ()
    if isinstance(record.msg, str) and (found := parsed(record.msg, values)):
        return found
    text = str(record.msg)
    with suppress(TypeError, ValueError, KeyError):
        text = record.getMessage()
    return record.name, {"text": text}


def _look(is_json: bool, *, has_journal: bool) -> Look:
    def plain(one: Happening) -> str:
        return one.as_json() if is_json else f"{stamp(one.at)} {one.level.upper()} {one.as_text()}"

    def for_journal(one: Happening) -> str:
        # The journal has the time and the weight beside each line.
        priority = _PRIORITIES.get(logging.getLevelName(one.level.upper()), 7)
        lines = (one.as_json() if is_json else one.as_text()).splitlines()
        return "\n".join(f"<{priority}>{line}" for line in lines)

    return for_journal if has_journal else plain


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether *stream* leads to the journal: systemd names the file that does (systemd.exec(5))."""
    named = environ.get("JOURNAL_STREAM", "")
    with suppress(OSError, ValueError):
        there = os.fstat(stream.fileno())
        return named == f"{there.st_dev}:{there.st_ino}"
    return False
