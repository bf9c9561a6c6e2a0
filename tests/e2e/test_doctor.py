"""`vesicle doctor` as a person calls it."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Site


def looked(site: Site, *words: str) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in json.loads(site.run("doctor", "--json", *words).out)}


def test_each_line_says_what_how_it_stands_why_and_what_to_do(site: Site) -> None:
    done = site.run("doctor", "--offline")
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    place = next(number for number, line in enumerate(lines) if "doctor.no-source" in line)
    assert lines[place].split()[:2] == ["warning", "configuration"]
    assert [line.split(maxsplit=1)[1] for line in lines[place + 1 : place + 3]] == [
        "nothing is watched",
        "add one below `sources`",
    ]
    assert lines[-1] == "0 faults, 1 warning; 2 not looked at."
    assert "\x1b[" not in done.out


def test_the_lines_come_as_json_too(site: Site) -> None:
    lines = looked(site)
    assert set(lines["doctor.no-source"]) == {
        *("code", "what", "health", "text", "why", "mend", "is_outside"),
    }
    assert lines["doctor.smtp"]["health"] == "good"
    assert lines["doctor.dns"]["health"] == lines["doctor.leaving"]["health"] == "not looked at"
    assert "stands in examples alone" in lines["doctor.dns"]["text"]


def test_a_doctor_makes_no_database(site: Site) -> None:
    assert site.run("doctor").code == 0
    assert not (site.root / ".vesicle").exists()


def test_a_zone_that_nobody_knows_is_a_fault_of_the_settings_and_all_of_them_are_named(site: Site) -> None:
    site.edit("config.yaml", "zone: Asia/Bangkok", "zone: Asia/Bangkock")
    site.edit("config.yaml", "max_items: 5", "max_items: 500")
    done = site.run("doctor")
    assert done.code == 2
    assert "write an IANA zone such as Asia/Bangkok" in done.out
    assert "max_items" in done.out
    assert "3 faults, 0 warnings; 1 not looked at." in done.out


def test_a_folder_without_a_site_is_told(site: Site) -> None:
    (site.root / "config.yaml").unlink()
    done = site.run("doctor")
    assert done.code == 2
    assert "there is no config.yaml here" in done.out


def test_a_mail_server_that_is_away_is_nobodys_mistake(site: Site) -> None:
    with socket.socket() as closed:
        # Bound, so that it is nobody else's, and not listening.
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        site.edit("config.yaml", f"port: {site.server.port}", f"port: {port}")
        done = site.run("doctor")
    assert done.code == 3
    assert "could not be reached" in done.out


def test_the_database_of_another_key_is_told_and_not_touched(site: Site, readers: Path) -> None:
    shutil.copytree(readers, site.root / ".vesicle")
    path = site.root / ".vesicle" / "vesicle.db"
    before = path.read_bytes()
    done = site.run("doctor", env={"VESICLE_KEY": "x" * 64})
    assert done.code == 2
    assert "the database belongs to the key" in done.out
    assert path.read_bytes() == before
