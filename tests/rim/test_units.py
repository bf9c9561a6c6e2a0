"""The units for systemd: they are valid, closed, and the program works within them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "docs" / "systemd").glob("*.service"))
VESICLE = str(Path(sys.executable).with_name("vesicle"))
# Within `exec`: no memory that can be written and executed from here on (PR_SET_MDWE, prctl(2), Linux 6.3).
DENY = """
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def needs(program: str) -> str:
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed")
    return found


def installed(unit: Path, folder: Path) -> Path:
    """A copy whose program is there, as on the server that it is for."""
    copy = folder / unit.name
    copy.write_text(unit.read_text().replace("/srv/letters/.venv/bin/vesicle", "/bin/true"))
    return copy


def test_both_units_are_there_and_only_the_daemon_has_a_watchdog() -> None:
    assert [one.name for one in UNITS] == ["vesicle-pages.service", "vesicle.service"]
    assert ["WatchdogSec=" in one.read_text() for one in UNITS] == [False, True]


@pytest.mark.live
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    done = run(needs("systemd-analyze"), "verify", str(installed(unit, tmp_path)))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.live
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_unit_is_as_closed_as_the_page_says(unit: Path, tmp_path: Path) -> None:
    done = run(
        needs("systemd-analyze"), "security", "--offline=true", "--no-pager", str(installed(unit, tmp_path))
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found
    assert float(found[1]) <= 1.3
    assert "exposure of 1.2" in (ROOT / "docs" / "running.md").read_text()


@pytest.mark.live
def test_all_that_we_do_works_where_no_memory_is_written_and_executed(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", DENY, VESICLE, "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.live
def test_all_that_we_do_is_among_the_system_calls_of_the_unit(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    done = run(needs("strace"), "-f", "-qq", "-o", str(trace), VESICLE, "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    used = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", trace.read_text(errors="replace"), re.MULTILINE))
    allowed = calls("@system-service") - calls("@privileged") - calls("@resources")
    assert len(used) > 40
    # SQLite hands new files to the owner of the database where it runs as root, which the unit does not.
    assert used - allowed <= {"fchown"}


def calls(group: str) -> set[str]:
    """All system calls of a group of systemd's, those of the groups in it too."""
    done = run(needs("systemd-analyze"), "syscall-filter", "--no-pager", group)
    words = {line.strip() for line in done.stdout.splitlines()[1:] if line.strip() and "#" not in line}
    groups = {word for word in words if word.startswith("@")}
    return (words - groups).union(*map(calls, groups))
