"""The wheel holds all that an installed Vesicle needs."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = "from vesicle.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with what is installed already: no network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_templates_sample_content_and_configuration(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    for folder in ("templates", "content"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert files
        assert {f"vesicle/site/{path.relative_to(ROOT).as_posix()}" for path in files} <= names
    assert {"vesicle/site/config.yaml", "vesicle/testing/ncbi/words.txt", "vesicle/py.typed"} <= names


@pytest.mark.long
def test_an_installed_vesicle_makes_a_site_and_previews_it(wheel: Path, tmp_path: Path) -> None:
    ZipFile(wheel).extractall(tmp_path / "installed")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}

    def vesicle(*words: str) -> str:
        command = [sys.executable, "-c", RUN, *words]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    vesicle("init", "site")
    assert "no problems" in vesicle("--site", "site", "check")
    vesicle("--site", "site", "preview", "--no-open")
    assert (tmp_path / "site" / "preview").is_dir()
    assert str(tmp_path / "installed") in vesicle_file(environ)


def vesicle_file(environ: dict[str, str]) -> str:
    command = [sys.executable, "-c", "import vesicle; print(vesicle.__file__)"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
