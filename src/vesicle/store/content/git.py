"""Brings a site's files up to date with git, forward and never back."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from vesicle.model.errors import TemporaryFailure
from vesicle.ports import never

_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_PULL = ("git", "pull", "--ff-only", "--quiet", "--no-rebase", "--no-edit")


def pull(root: Path, *, stopping: Callable[[], bool] = never) -> bool:
    """Pull the branch that is checked out in *root*; tell whether that changed anything.

    *stopping* tells to give up. Raises TemporaryFailure where git cannot: no network, no repository, or work
    that is not upstream.
    """
    before = _git(root, stopping, "git", "rev-parse", "HEAD")
    _git(root, stopping, *_PULL)
    return _git(root, stopping, "git", "rev-parse", "HEAD") != before


def _git(root: Path, stopping: Callable[[], bool], *command: str) -> str:
    # Nobody sits at a terminal to type a password, and messages are to be those of the program itself.
    environ = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": _ssh(), "LC_ALL": "C"}
    try:
        with subprocess.Popen(
            command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            out, said = _answer(process, stopping)
    except OSError as error:
        raise TemporaryFailure(f"git cannot be started: {error.strerror}") from error
    if process.returncode:
        said = " ".join(said.split()) or f"it ended with {process.returncode}"
        raise TemporaryFailure(f"git cannot pull: {said}")
    return out.strip()


def _answer(process: "subprocess.Popen[str]", stopping: Callable[[], bool]) -> tuple[str, str]:
    """Wait for the answer; end the process where it takes too long, or is not waited for any more."""
    for _ in range(int(_SECONDS / _LOOK_SECONDS)):
        try:
            return process.communicate(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if stopping():
                break
    process.kill()
    raise TemporaryFailure("git did not answer in time")


def _ssh() -> str:
    return os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20")
