"""The examples of docs/architecture.md work as they stand there: a check, a channel, a source."""

import json
import re
from pathlib import Path

import pytest
from tests.e2e.conftest import ISSUE, Site

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "architecture.md").read_text()
EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```python\n(.*?)```.*?```yaml\n(.*?)```", re.DOTALL)


@pytest.fixture
def extended(site: Site) -> Site:
    """Put the files of the page beside the site and their settings into its configuration."""
    config = (site.root / "config.yaml").read_text().replace("sources: {}\n", "")
    for file, code, settings in EXAMPLE.findall(PAGE):
        (site.root / file).write_text(code)
        section, rest = settings.split("\n", 1)
        config = (
            config.replace(f"{section}\n", settings)
            if f"\n{section}\n" in config
            else f"{config}\n{settings}"
        )
        assert rest
    (site.root / "config.yaml").write_text(config)
    return site


def test_the_page_has_one_example_of_each_kind() -> None:
    assert [file for file, _, _ in EXAMPLE.findall(PAGE)] == ["house_rules.py", "postcards.py", "shelf.py"]


def test_a_check_of_ones_own_is_run(extended: Site) -> None:
    extended.edit(
        "content/explainers/what-a-secretome-is.md", "title: What a secretome is", "title: A miracle"
    )
    done = extended.run("check", env={"PYTHONPATH": str(extended.root)})
    assert done.code == 1
    assert "the title says `miracle`" in done.err


def test_a_channel_of_ones_own_gets_its_posts_once(extended: Site) -> None:
    env = {"PYTHONPATH": str(extended.root)}
    assert extended.run("approve", ISSUE, "--by", "An editor", env=env).code == 0
    assert extended.run("run", "--once", env=env).code == 0
    first = (extended.root / "postcards.txt").read_text()
    assert first.count("https://") == 5
    assert extended.run("run", "--once", env=env).code == 0
    assert (extended.root / "postcards.txt").read_text() == first


def test_a_source_of_ones_own_fills_the_inbox(extended: Site) -> None:
    (extended.root / "shelf.tsv").write_text("7\tA made-up paper\thttps://example.org/7\n")
    found = json.loads(extended.run("watch", "--json", env={"PYTHONPATH": str(extended.root)}).out)
    assert [(one["source"], one["new"]) for one in found] == [("shelf", 1)]
