"""What it costs to turn the sample issue into messages: CPU milliseconds, medians of 50."""

import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from vesicle.app import App
from vesicle.render import mjml
from vesicle.render.environment import environment
from vesicle.render.newsletter import newsletter

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"


def cpu_milliseconds(work: Callable[[], object], *, runs: int = 50) -> float:
    """Give the median CPU time of *runs* calls, after one that warms up."""
    times = []
    for _ in range(runs + 1):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times[1:]) * 1000


def main() -> None:
    """Measure, print a table, write JSON."""
    app = App(ROOT, clock=lambda: datetime.now(UTC), environ=os.environ)
    content = app.content.read()
    issue = next(iter(content.issues.values()))
    series = app.newsletters[issue.newsletter]
    mail = newsletter(issue, series, content, lang="en", templates=app.templates)
    text = "<mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section>"
    simple = f"<mjml><mj-body>{text}</mj-body></mjml>"
    size = f"{len(issue.slugs)} items, {len(mail.html.encode()):,} bytes of HTML"
    found = {
        "read the content folder": cpu_milliseconds(app.content.read, runs=10),
        "compile one line of MJML": cpu_milliseconds(lambda: mjml.compile(simple)),
        "make the Jinja environment": cpu_milliseconds(lambda: environment(app.templates)),
        f"render one mail ({size})": cpu_milliseconds(
            lambda: newsletter(issue, series, content, lang="en", templates=app.templates)
        ),
        "prepare the issue (2 mails, all posts, all checks)": cpu_milliseconds(
            lambda: app.prepare(issue, content), runs=10
        ),
    }
    print("| what | CPU ms (median) |\n|---|---|")
    for name, milliseconds in found.items():
        print(f"| {name} | {milliseconds:.1f} |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "render.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
