"""The log as it is written: streams, files, days, the journal."""

import ast
import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vesicle.cli._log_file import DatedFile
from vesicle.cli._logging import Formatter, Lines, set_up_logging
from vesicle.settings.running import LoggingSettings
from vesicle.text.happening import Happening, parsed

ROOT = Path(__file__).resolve().parents[2]
DAY = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)
Write = Callable[..., str]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    top = logging.getLogger()
    names = ("", "vesicle", "uvicorn", "uvicorn.error")
    levels = {name: logging.getLogger(name).level for name in names}
    # A server of another test in this process may have silenced it.
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    yield
    for one in [one for one in top.handlers if isinstance(one, Lines | DatedFile)]:
        top.removeHandler(one)
        one.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Set logging up, let something be logged, give what was written."""

    def write(log: Callable[[logging.Logger], object], *, is_service: bool = True, **settings: object) -> str:
        stream = io.StringIO()
        read = LoggingSettings.model_validate(settings)
        set_up_logging(read, stream, root=tmp_path, environ={}, is_service=is_service, secrets=("s3cr3t",))
        log(logging.getLogger("vesicle.somewhere"))
        return stream.getvalue()

    return write


def test_a_line_of_text_says_when_how_grave_and_what(write: Write) -> None:
    line = write(lambda log: log.info("deliver.sent channel=%s", "email"))
    at, level, rest = line.split(" ", 2)
    assert datetime.fromisoformat(at).tzinfo == UTC
    assert (level, rest) == ("INFO", "deliver.sent channel=email\n")


def test_a_line_of_json_has_the_facts_as_fields(write: Write) -> None:
    line = write(
        lambda log: log.warning("readers.refused asks=%d", 5, extra={"lane": "posts"}), format="json"
    )
    found = json.loads(line)
    assert datetime.fromisoformat(found.pop("at")).tzinfo == UTC
    assert found == {"level": "warning", "event": "readers.refused", "asks": 5, "lane": "posts"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_personal_or_secret_is_removed_from_facts_and_traces(write: Write, form: str) -> None:
    def log(logger: logging.Logger) -> None:
        try:
            raise ValueError("ann@example.org is nobody; s3cr3t")
        except ValueError:
            logger.exception("run.failed to=%s", "ann@example.org", extra={"who": "ann@example.org"})

    found = write(log, format=form)
    assert "ValueError" in found
    assert "ann" not in found
    assert "example.org" not in found
    assert "s3cr3t" not in found


def test_a_terminal_is_sent_no_control_characters(write: Write) -> None:
    assert "\x1b" not in write(lambda log: log.warning("run.failed error=%s", "\x1b]0;hello\x07"))


def test_what_others_log_has_the_name_of_their_logger(write: Write) -> None:
    found = write(lambda _: logging.getLogger("uvicorn.error").info("Started server process [%d]", 7))
    assert found.split(" ", 2)[2] == 'uvicorn.error text="Started server process [7]"\n'


def test_requests_of_the_http_client_are_not_told(write: Write) -> None:
    assert write(lambda _: logging.getLogger("httpx").info("HTTP Request: GET https://x.example/k")) == ""


def test_arguments_that_do_not_fit_stop_nothing() -> None:
    record = logging.makeLogRecord({"name": "uvicorn", "msg": "%d apples", "args": ("no",)})
    assert Formatter(Happening.as_text).format(record) == 'uvicorn text="%d apples"'


def test_below_its_level_nothing_is_written(write: Write) -> None:
    assert write(lambda log: log.info("a.b"), level="warning") == ""
    assert "a.b" in write(lambda log: log.debug("a.b"), level="debug")


def test_of_a_command_that_is_no_service_only_warnings_are_shown_and_no_file_is_made(
    write: Write, tmp_path: Path
) -> None:
    found = write(lambda log: (log.info("a.b"), log.warning("a.c")), is_service=False, folder="log")
    assert [line.split()[2] for line in found.splitlines()] == ["a.c"]
    assert not (tmp_path / "log").exists()


def test_a_second_set_up_takes_the_place_of_the_first(write: Write, tmp_path: Path) -> None:
    for _ in range(3):
        found = write(lambda log: log.info("a.b"), folder="log")
    assert len(found.splitlines()) == 1
    (file,) = (tmp_path / "log").iterdir()
    assert len(file.read_text().splitlines()) == 3
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_closed_stream_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    set_up_logging(LoggingSettings(), stream, root=tmp_path, environ={}, is_service=True)
    stream.close()
    logging.getLogger("vesicle").warning("a.b to=%s", "ann@example.org")
    assert capsys.readouterr().err == ""


def test_the_journal_is_told_the_weight_of_every_line(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        there = os.fstat(stream.fileno())
        environ = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
        set_up_logging(LoggingSettings(), stream, root=tmp_path, environ=environ, is_service=True)
        log = logging.getLogger("vesicle")
        log.info("a.b n=%d", 1)
        try:
            raise ValueError("x")
        except ValueError:
            log.exception("a.c")
        stream.seek(0)
        lines = stream.read().splitlines()
    assert lines[0] == "<6>a.b n=1"
    assert lines[1] == "<3>a.c"
    assert {line[:3] for line in lines[1:]} == {"<3>"}
    assert len(lines) > 4


def test_a_stream_that_is_not_the_journal_has_no_weights(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as stream:
        set_up_logging(
            LoggingSettings(), stream, root=tmp_path, environ={"JOURNAL_STREAM": "1:2"}, is_service=True
        )
        logging.getLogger("vesicle").info("a.b")
        stream.seek(0)
        assert stream.read().endswith("Z INFO a.b\n")


def record(at: datetime, text: str = "a.b") -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": text, "levelno": logging.INFO})
    made.created = at.timestamp()
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_day_has_a_file_and_old_ones_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "vesicle-notes.log").touch()
    (tmp_path / "vesicle-2026-99-99.log").touch()
    handler = DatedFile(tmp_path, keep=timedelta(days=2))
    for days in range(5):
        handler.handle(record(DAY + timedelta(days=days)))
    handler.close()
    assert names(tmp_path) == [
        "vesicle-2026-11-28.log",
        "vesicle-2026-11-29.log",
        "vesicle-2026-11-30.log",
        "vesicle-2026-99-99.log",
        "vesicle-notes.log",
    ]


def test_a_clock_that_goes_back_writes_into_the_file_of_that_day(tmp_path: Path) -> None:
    handler = DatedFile(tmp_path, keep=timedelta(days=30))
    for minutes in (0, 2, -1, 3):
        handler.handle(record(DAY + timedelta(minutes=minutes), f"at.{minutes}"))
    handler.close()
    assert (tmp_path / "vesicle-2026-11-26.log").read_text() == "at.0\nat.-1\n"
    assert (tmp_path / "vesicle-2026-11-27.log").read_text() == "at.2\nat.3\n"


def test_two_processes_may_write_to_one_file(tmp_path: Path) -> None:
    first, second = (DatedFile(tmp_path, keep=timedelta(days=1)) for _ in range(2))
    for number in range(10):
        (first if number % 2 else second).handle(record(DAY, f"at.{number}"))
    first.close()
    second.close()
    (file,) = tmp_path.iterdir()
    assert file.read_text().splitlines() == [f"at.{number}" for number in range(10)]


def test_a_folder_that_cannot_be_written_is_told_once_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    handler = DatedFile(tmp_path / "log", keep=timedelta(days=1))
    for _ in range(3):
        handler.handle(record(DAY, "to ann@example.org"))
    assert capsys.readouterr().err == "log.unwritten error='File exists'\n"
    (tmp_path / "log").unlink()
    handler.handle(record(DAY))
    handler.close()
    assert names(tmp_path / "log") == ["vesicle-2026-11-26.log"]


def logged() -> Iterator[tuple[str, int, str, int]]:
    """Give file, line, template and number of values of each call that logs in the package."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_log = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in levels
                and ("_log" in ast.unparse(node.func.value) or "getLogger" in ast.unparse(node.func.value))
            )
            if is_log and isinstance(node, ast.Call):
                first = node.args[0]
                template = first.value if isinstance(first, ast.Constant) else ast.unparse(first)
                yield str(path.relative_to(ROOT)), node.lineno, str(template), len(node.args) - 1


def test_all_that_we_log_is_an_event_with_facts() -> None:
    found = list(logged())
    assert len(found) > 10
    assert [one for one in found if parsed(one[2], ("x",) * one[3]) is None] == []
