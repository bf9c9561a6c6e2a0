"""Does one thing in a process of its own: `python -m sending.apart FUNCTION JOB` in the folder `bench`."""

import json
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from sending.work import Job, Spent

BENCH = Path(__file__).resolve().parents[1]
LONGEST_SECONDS = 3600


def apart(function: str, job: Job, *, before: list[str] | None = None) -> dict[str, Any] | str:
    """Let another process do *function*, such as `ours.with_ledger`, behind the words of *before*.

    Give its answer or, where it failed, the last that it said.
    """
    command = [*(before or []), sys.executable, "-m", "sending.apart", function, json.dumps(asdict(job))]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=LONGEST_SECONDS, cwd=BENCH
        )
    except subprocess.TimeoutExpired:
        return f"not done after {LONGEST_SECONDS} seconds"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1][:200]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def database(folder: str, count: int) -> Path:
    """Give a database with *count* readers, made once; ends the program where it cannot be made."""
    home = Path(folder, str(count))
    if not home.exists():
        home.mkdir()
        said = apart("ours.add_people", Job(port=0, connections=0, count=count, folder=str(home)))
        if isinstance(said, str):
            raise SystemExit(f"no database with readers: {said}")
    return home / "vesicle.db"


def main(function: str, job: Job) -> None:
    """Do in this process what was asked of it, and print the answer as the last line."""
    module, _, name = function.partition(".")
    answer = getattr(import_module(f"sending.{module}"), name)(job)
    print(json.dumps(asdict(answer) if isinstance(answer, Spent) else answer))


if __name__ == "__main__":
    main(sys.argv[1], Job(**json.loads(sys.argv[2])))
