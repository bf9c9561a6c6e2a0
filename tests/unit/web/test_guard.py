"""What stands before all pages, and what is the same for everybody."""

import logging
from dataclasses import replace
from datetime import datetime

import pytest
from starlette.testclient import TestClient
from tests.unit.web.site import ANN, HOST, Pages

from vesicle.model.errors import Forged, NotFound, TemporaryFailure, UserError
from vesicle.model.reader import Wishes
from vesicle.model.subscriber import Subscriber, SubscriberStatus
from vesicle.testing.memory import MemoryReaders, MemorySubscribers
from vesicle.text.doors import Door
from vesicle.web.application import routes
from vesicle.web.description import description
from vesicle.web.guard import BODY_BYTES, HOOK_BYTES
from vesicle.web.limits import Limits

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


@pytest.mark.parametrize("path", ["/", "/nothing", "/health", "/style.css", "/u/x", "/c/x"])
def test_every_answer_has_the_headers_that_protect(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "camera=()" in headers["permissions-policy"]
    cached = "public, max-age=3600" if path == "/style.css" else "no-store"
    assert headers["cache-control"] == cached
    assert ("x-robots-tag" in headers) == (path != "/")
    assert "server" not in headers
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "", f"{HOST}.evil.example", "[::2]:80", "localhost.example"]
)
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert (answer.status_code, answer.headers["content-security-policy"]) == (400, POLICY)


@pytest.mark.parametrize(
    "host", [HOST, HOST.upper(), f"{HOST}:443", "localhost:8000", "127.0.0.1", "[::1]:80"]
)
def test_the_sites_own_host_and_this_machine_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


CROSS = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": f"https://{HOST}"},
    {"origin": "https://evil.example"},
]
OWN = [
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"sec-fetch-site": "none"},
    {"origin": f"https://{HOST}"},
    {"origin": "null"},
    {},
]


@pytest.mark.parametrize("door", [Door.CONFIRM, Door.CHOOSE, Door.DATA])
def test_what_another_site_sends_is_refused_but_for_leaving(pages: Pages, door: Door) -> None:
    client = pages.client()
    for headers in CROSS:
        assert client.post(pages.path(door), headers=headers).status_code == 403
        assert client.post(pages.path(Door.LEAVE), headers=headers).status_code == 200
        assert client.post("/sign-up", headers=headers).status_code == 200
    for headers in OWN:
        assert client.post(pages.path(door), headers=headers).status_code == 200


def test_a_body_that_is_too_long_is_refused(pages: Pages, client: TestClient) -> None:
    assert client.post("/sign-up", content=b"x" * (BODY_BYTES + 1), headers=FORM).status_code == 413
    assert client.post("/sign-up", content=b"x" * BODY_BYTES, headers=FORM).status_code == 200
    assert client.post("/hooks/ses", content=b"x" * (HOOK_BYTES + 1)).status_code == 413
    assert client.post("/hooks/ses", content=b"x" * HOOK_BYTES).status_code == 204
    assert [len(body) for _, body in pages.reports] == [HOOK_BYTES]


FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_a_form_with_too_many_fields_counts_as_empty(pages: Pages, client: TestClient) -> None:
    many = "&".join(f"f{number}=1" for number in range(200))
    assert client.post("/sign-up", content=f"email=a@b.example&{many}", headers=FORM).status_code == 200
    assert pages.readers.asks == []


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (None, 204),
        (Forged("x"), 403),
        (NotFound("x"), 404),
        (UserError("x"), 400),
        (TemporaryFailure("x"), 503),
    ],
)
def test_a_report_is_answered_by_what_became_of_it(
    pages: Pages, client: TestClient, failure: Exception | None, status: int
) -> None:
    pages.failure = failure
    assert client.post("/hooks/ses", content=b"{}").status_code == status


def test_the_log_has_neither_token_nor_address(
    pages: Pages, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="vesicle"):
        client.post(pages.path(Door.LEAVE), data={"email": "ann@readers.example"})
        client.get("/evil%0d%0aweb.answered path=/u status=999/x")
        client.get("/sign-up?lang=en&email=ann@readers.example")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("vesicle")]
    assert lines == [
        "web.answered path=/u status=200",
        "web.answered path=other status=404",
        "web.answered path=/sign-up status=200",
    ]


@pytest.mark.parametrize(("lang", "said"), [("en", "no such page"), ("th", "ไม่มีหน้านี้"), ("fa", "چنین صفحه‌ای")])
def test_a_missing_page_says_so_in_the_readers_language(client: TestClient, lang: str, said: str) -> None:
    answer = client.get("/nothing", headers={"accept-language": lang})
    assert (answer.status_code, said in answer.text) == (404, True)


class Away(MemorySubscribers):
    def with_id(self, person_id: str) -> Subscriber | None:
        raise TemporaryFailure("vesicle.db is locked")


class Broken(MemoryReaders):
    def wishes(self, person_id: str) -> Wishes | None:
        raise RuntimeError("secret")


def test_a_fault_of_ours_is_a_page_that_tells_nothing_of_it(pages: Pages) -> None:
    path = pages.path(Door.DATA)
    pages.change(subscribers=Away())
    away = pages.client().post(path, data={"do": "download"})
    assert (away.status_code, away.headers["retry-after"]) == (503, "60")
    assert "vesicle.db" not in away.text
    assert pages.client().get("/health").status_code == 503
    pages.change(readers=Broken(pages.subscribers, pages.ledger))
    failed = pages.client().get(path)
    assert (failed.status_code, "on our side" in failed.text) == (500, True)
    assert "secret" not in failed.text
    assert failed.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_is_there(client: TestClient, method: str) -> None:
    answer = client.request(method, "/sign-up")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("path", ["/u/x/", "/u/x/y", "/u/", "/sign-up/"])
def test_no_address_redirects(client: TestClient, path: str) -> None:
    assert client.post(path, follow_redirects=False).status_code == 404


def test_robots_are_kept_from_what_tokens_open(client: TestClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert lines == ["User-agent: *", *(f"Disallow: /{name}/" for name in ("u", "c", "p", "d", "hooks"))]


def test_security_txt_is_valid_for_half_a_year(pages: Pages, client: TestClient) -> None:
    text = client.get("/.well-known/security.txt").text
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["Contact"] == "mailto:letters@example.org"
    assert fields["Canonical"] == f"https://{HOST}/.well-known/security.txt"
    assert 179 <= (datetime.fromisoformat(fields["Expires"]) - pages.now).days <= 180


def test_health_tells_whether_the_database_answers(client: TestClient) -> None:
    assert client.get("/health").status_code == 200


def test_every_address_is_described(pages: Pages, client: TestClient) -> None:
    described = {
        path: {method.upper() for method in methods}
        for path, methods in description("x", "y")["paths"].items()
    }
    served = {route.path: set(route.methods or ()) - {"HEAD"} for route in routes(pages.house)}
    assert described == served
    assert client.get("/openapi.json").json()["paths"].keys() == described.keys()


def test_a_network_that_sends_too_much_waits_and_nobody_is_kept_from_leaving(pages: Pages) -> None:
    pages.house = replace(pages.house, limits=Limits(3, seconds=pages.seconds))
    pages.confirm()
    client = pages.client()
    answers = [client.post("/data", data={"email": "ann"}) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "20"
    assert client.get("/data").status_code == 200
    assert client.post(pages.path(Door.CHOOSE)).status_code == 429
    assert client.post(pages.path(Door.LEAVE)).status_code == 200
    assert pages.status(ANN) is SubscriberStatus.UNSUBSCRIBED
    assert client.post("/hooks/ses").status_code == 204
    pages.later(seconds=20)
    assert client.post("/data").status_code == 200


def test_buckets_are_of_networks_and_few_are_remembered() -> None:
    limits = Limits(1, seconds=lambda: 0.0, most=2)
    assert [limits.wait(host) for host in ("192.0.2.1", "192.0.2.9", "2001:db8::1")] == [0, 60, 0]
    assert limits.wait("198.51.100.1") == 0
    assert limits.wait("192.0.2.1") == 0  # forgotten, since two others came later
    assert len(limits._buckets) == 2
