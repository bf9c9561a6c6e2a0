"""Brings a site's files up to date with git, forward and never back."""

import os
import subprocess
from pathlib import Path

from vesicle.model.errors import TemporaryFailure

_SECONDS = 120
_PULL = ("git", "pull", "--ff-only", "--quiet", "--no-rebase", "--no-edit")


def pull(root: Path) -> bool:
    """Pull the branch that is checked out in *root*; tell whether that changed anything.

    Raises TemporaryFailure where git cannot: no network, no repository, or work that is not upstream.
    """
    before = _git(root, "git", "rev-parse", "HEAD")
    _git(root, *_PULL)
    return _git(root, "git", "rev-parse", "HEAD") != before


def _git(root: Path, *command: str) -> str:
    # Nobody sits at a terminal to type a password, and messages are to be those of the program itself.
    environ = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": _ssh(), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=root, env=environ, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TemporaryFailure(f"git did not answer: {type(error).__name__}") from error
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise TemporaryFailure(f"git cannot pull: {said}")
    return done.stdout.strip()


def _ssh() -> str:
    return os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20")
