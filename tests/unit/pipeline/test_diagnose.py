"""The rules of `vesicle doctor` that need no world, and how it goes through them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from socket import EAI_AGAIN, EAI_NONAME, gaierror

import pytest

from vesicle.deliver.email.options import Server
from vesicle.deliver.email.trying import Step, failed_step
from vesicle.model.checkup import Doctor, Health, Line, away, fault, good, warning
from vesicle.model.errors import OutsideError, TemporaryFailure, UserError
from vesicle.pipeline.diagnose import clocks, database, dmarc, exchange, leaving, setup
from vesicle.pipeline.diagnose.rounds import Area, diagnose, exit_code, unreadable
from vesicle.store.inspection import NEWEST, Seen, remote_kind

NOW = datetime(2026, 11, 26, tzinfo=UTC)
FAULT = fault("f", "what", "text", why="why", mend="mend")
AWAY = away("a", "what", "text", why="why", mend="mend")
WARNING = warning("w", "what", "text", why="why", mend="mend")


class FixedNames:
    """DNS as it is written down."""

    def __init__(self, **records: tuple[str, ...]) -> None:
        self._records = records

    def texts(self, name: str) -> tuple[str, ...]:
        return self._records.get(name.replace(".", "_"), ())

    def exchangers(self, name: str) -> tuple[()]:
        return ()

    def addresses(self, name: str) -> tuple[str, ...]:
        return ("192.0.2.1",)


def codes(lines: Iterator[Line]) -> list[str]:
    return [line.code for line in lines]


def test_nothing_that_fails_hides_anything_else() -> None:
    def broken() -> Iterator[Line]:
        yield WARNING
        raise UserError("wrong", mend="right")

    def lost() -> Iterator[Line]:
        raise TemporaryFailure("nobody there")
        yield FAULT

    def unreachable() -> Iterator[Line]:
        raise PermissionError(13, "no")
        yield FAULT

    areas = [
        Area(name=look.__name__, look=look) for look in (broken, lost, unreachable, lambda: iter([AWAY]))
    ]
    seen: list[str] = []
    lines = list(diagnose(areas, watch=seen.append))
    assert [line.code for line in lines] == ["w", "command", "doctor.failed", "doctor.failed", "a"]
    assert [line.what for line in lines] == ["what", "broken", "lost", "unreachable", "what"]
    assert seen == ["broken", "lost", "unreachable", "<lambda>"]


def test_what_two_areas_say_is_said_once() -> None:
    areas = [Area(name=name, look=lambda: iter([FAULT])) for name in ("one", "two")]
    assert list(diagnose(areas)) == [FAULT]


@pytest.mark.parametrize(
    ("lines", "code"),
    [([], 0), ([WARNING, good("g", "w", "t")], 0), ([AWAY, WARNING], 3), ([AWAY, FAULT], 2)],
)
def test_the_exit_code_tells_whose_fault_it_is(lines: list[Line], code: int) -> None:
    assert exit_code(lines) == code


def test_settings_that_cannot_be_read_are_named_and_the_rest_is_not_looked_at() -> None:
    lines = list(diagnose(unreadable(UserError("wrong", mend="right"))))
    assert [(line.health, line.mend) for line in lines] == [
        (Health.FAULT, "right"),
        (Health.UNSEEN, "mend these first"),
    ]


def seen(**changes: object) -> Seen:
    usual = {"version": NEWEST, "damage": "", "size": 1, "free": 10**12, "open_to": (), "remote": ""}
    return Seen(**(usual | changes))  # type: ignore[arg-type]  # each field has its type


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (seen(), "doctor.database"),
        (seen(free=49_000_000), "doctor.database-full"),
        (seen(free=499_000_000), "doctor.database-room"),
        (seen(version=NEWEST - 1), "doctor.database-older"),
        (None, "doctor.database"),
    ],
)
def test_what_was_seen_of_the_database_is_judged(found: Seen | None, code: str) -> None:
    assert codes(database.look(found)) == [code]


MOUNTS = r"""dev / ext4 rw 0 0
srv:/a /srv nfs4 rw 0 0
fuse /srv/a\040b fuse.sshfs rw 0 0
x /srv/c xfs rw 0 0
bad
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/x.db", ""),
        ("/srv/x.db", "nfs4"),
        ("/srv/a b/x.db", "fuse.sshfs"),
        ("/srv/c/x.db", ""),
        ("/srvs/x.db", ""),
    ],
)
def test_a_network_file_system_is_told_by_the_nearest_mount(path: str, kind: str) -> None:
    assert remote_kind(MOUNTS, path) == kind


@pytest.mark.parametrize(
    ("seconds", "code"), [(60, "doctor.clock"), (61, "doctor.clock-off"), (-61, "doctor.clock-off")]
)
def test_a_clock_may_be_a_minute_off(seconds: int, code: str) -> None:
    assert codes(clocks.clock({"a.test": timedelta(seconds=seconds)})) == [code]


def test_one_wrong_clock_of_three_does_not_count() -> None:
    others = {"a.test": timedelta(days=900), "b.test": timedelta(seconds=1), "c.test": timedelta(0)}
    assert codes(clocks.clock(others)) == ["doctor.clock"]


@pytest.mark.parametrize(
    ("version", "code"), [("2024b", "doctor.tzdata-old"), ("2025a", "doctor.zones"), ("", "doctor.zones")]
)
def test_rules_of_zones_may_be_a_year_old(version: str, code: str) -> None:
    assert codes(clocks.zones(iter(["Asia/Bangkok"]), version, now=NOW)) == [code]


def test_a_domain_may_take_its_mail_at_its_own_address() -> None:
    assert codes(exchange.look("lab.test", FixedNames())) == ["doctor.sender-mx"]


def test_a_subdomain_has_the_policy_that_its_organisation_wrote_for_it() -> None:
    names = FixedNames(_dmarc_lab_test=("v=DMARC1; p=reject; sp=none",))
    sender = dmarc.Sender(domain="news.lab.test", envelope="b.lab.test")
    assert codes(dmarc.look(sender, names)) == ["doctor.dmarc-none"]


def test_who_does_not_sign_here_is_told_what_the_mail_server_has_to_sign_for() -> None:
    names = FixedNames(_dmarc_lab_test=("v=DMARC1; p=reject",))
    (line,) = dmarc.look(dmarc.Sender(domain="lab.test", envelope="provider.test"), names)
    assert (line.code, line.health) == ("doctor.dmarc-unsure", Health.WARNING)
    assert "sign for lab.test" in line.mend


def refused(error: OutsideError) -> Callable[[str], bytes]:
    def get(address: str) -> bytes:
        raise error

    return get


def test_a_page_whose_certificate_has_ended_is_a_fault() -> None:
    error = TemporaryFailure("lab.test: [SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")
    (line,) = leaving.look("https://lab.test/u/x", refused(error))
    assert (line.code, line.is_outside) == ("doctor.leaving-certificate", False)


def test_a_name_that_nobody_could_be_asked_for_is_no_fault_of_the_settings() -> None:
    assert failed_step(Server(), gaierror(EAI_AGAIN, "later")) is Step.CONNECT
    assert failed_step(Server(), gaierror(EAI_NONAME, "never")) is Step.NAME


def test_a_site_in_the_making_is_told_what_it_lacks() -> None:
    parts = setup.Parts(newsletters=0, sources=0, has_rules=False, has_email=False)
    assert codes(setup.look(parts)) == ["doctor.no-source", "doctor.no-rules"]


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2620:fe::9", ("2620:fe::9", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_a_name_server_may_have_a_port(text: str, server: tuple[str, int]) -> None:
    assert Doctor(nameserver=text).server == server


@pytest.mark.parametrize("text", ["dns.test", "9.9.9.9:dns", "9.9.9.9:99999", "9.9.9.9:0", ":53", "[::1"])
def test_a_name_server_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write an address, as 9\.9\.9\.9"):
        Doctor(nameserver=text)


def test_a_test_address_wants_a_mailbox() -> None:
    with pytest.raises(ValueError, match="write both, or neither"):
        Doctor(test_address="a@lab.test")
