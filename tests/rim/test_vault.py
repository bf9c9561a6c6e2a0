"""The file that a channel keeps its tokens in."""

import stat
from pathlib import Path

import pytest

from vesicle.model.errors import TemporaryFailure
from vesicle.store.vault import FileVault


def test_what_was_kept_last_is_read_by_the_next_and_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "tokens" / "birds.json"
    vault = FileVault(path)
    assert vault.read() == ""
    vault.keep("one")
    vault.keep("two ☂")
    assert FileVault(path).read() == "two ☂"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["birds.json"]


def test_a_file_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "birds.json").write_bytes(b"\xff\xfe\x00")
    assert FileVault(tmp_path / "birds.json").read() == ""


def test_a_disk_that_refuses_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("a file where the folder should be")
    with pytest.raises(TemporaryFailure, match="cannot be written"):
        FileVault(tmp_path / "tokens" / "birds.json").keep("one")
