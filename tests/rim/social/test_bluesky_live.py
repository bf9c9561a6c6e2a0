"""Posts on a real PDS: what arrives is what was meant, once, whatever was cut short."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from tests.rim.social.bluesky_live import POST, Account, account, running
from tests.rim.social.bluesky_proxy import Proxy, Step
from tests.rim.social.bluesky_stand import LIMITS, MINUTE, PICTURE, URL, Stand, noisy, png, post, thread

from vesicle.deliver.bluesky import Options
from vesicle.model.checkup import Health
from vesicle.model.delivery import State
from vesicle.model.errors import PermanentFailure
from vesicle.model.limits import Length, Unit
from vesicle.model.message import Link
from vesicle.queue.clock import now
from vesicle.testing.clock import FixedClock

pytestmark = pytest.mark.live

SHOWN = "doi.org/10.1186/s13287…"
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("pds")) as url:
        yield url


@pytest.fixture
def birds(url: str) -> Account:
    return account(url, f"birds{next(_NUMBERS)}.test")


@pytest.fixture
def stand(birds: Account) -> Stand:
    return at(birds, birds.url)


def at(account: Account, server: str, **more: Any) -> Stand:
    """Give an account's stand, which speaks to *server*."""
    options = Options(server=server, handle=account.handle, password=account.password)
    return Stand(server=server, options=options, clock=FixedClock(now()), **more)


def locked_out(stand: Stand) -> str:
    with pytest.raises(PermanentFailure) as caught:
        stand.deliver()
    return str(caught.value)


# What arrives.


def test_a_post_arrives_as_it_was_meant(birds: Account, stand: Stand) -> None:
    text = f"กำ 👩‍🔬 TGF-β₁ ({SHOWN}) #Zellkultur"
    stand.owe(post(text, links=(Link(url=URL, text=SHOWN),), pictures=(PICTURE,), lang="th"))
    assert stand.deliver() is State.SENT
    (found,) = birds.records()
    (image,) = found["value"]["embed"]["images"]
    start, tag = text.encode().index(SHOWN.encode()), text.encode().index(b"#Zell")
    assert found["value"] == {
        "$type": POST,
        "text": text,
        "langs": ["th"],
        "createdAt": stand.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "facets": [
            {
                "index": {"byteStart": start, "byteEnd": start + len(SHOWN.encode())},
                "features": [{"$type": "app.bsky.richtext.facet#link", "uri": URL}],
            },
            {
                "index": {"byteStart": tag, "byteEnd": len(text.encode())},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Zellkultur"}],
            },
        ],
        "embed": {
            "$type": "app.bsky.embed.images",
            "images": [
                {
                    "alt": PICTURE.alt,
                    "aspectRatio": {"width": 1600, "height": 900},
                    "image": {
                        "$type": "blob",
                        "ref": image["image"]["ref"],
                        "mimeType": "image/png",
                        "size": len(png()),
                    },
                }
            ],
        },
    }
    assert birds.blob(image["image"]["ref"]["$link"]) == png()


def test_the_receipt_names_what_arrived(birds: Account, stand: Stand) -> None:
    stand.owe(thread(3))
    assert stand.deliver() is State.SENT
    receipt = stand.outcome().receipt
    found = [{"uri": one["uri"], "cid": one["cid"]} for one in birds.records()]
    assert json.loads(receipt.raw) == found
    assert receipt.remote == found[0]["uri"]
    assert receipt.remote.startswith(f"at://{birds.did}/{POST}/")
    rkey = receipt.remote.rpartition("/")[2]
    assert receipt.url == f"https://bsky.app/profile/{birds.handle}/post/{rkey}"


def is_whole(birds: Account, texts: tuple[str, ...]) -> bool:
    """Tell whether *texts* are all that is there, each hanging on the first and on the one before."""
    found = birds.records()
    refs = [{"uri": one["uri"], "cid": one["cid"]} for one in found]
    replies = [one["value"].get("reply") for one in found]
    return [one["value"]["text"] for one in found] == list(texts) and replies == [
        None,
        *({"root": refs[0], "parent": before} for before in refs[:-1]),
    ]


def test_a_thread_arrives_as_it_was_meant(birds: Account, stand: Stand) -> None:
    message = thread(5)
    stand.owe(message)
    assert stand.deliver() is State.SENT
    assert is_whole(birds, message.texts)
    assert ["embed" in one["value"] for one in birds.records()] == [True, False, False, False, False]


@pytest.mark.parametrize("part", range(1, 6))
@pytest.mark.parametrize("step", Step)
def test_a_thread_that_was_interrupted_is_one(birds: Account, step: Step, part: int) -> None:
    message = thread(5)
    with Proxy(birds.url, method="putRecord") as proxy:
        stand = at(birds, proxy.url)
        stand.owe(message)
        proxy.strike_at(step, part)
        assert stand.deliver() in ((State.UNKNOWN,) if step is not Step.TOLD else (State.UNKNOWN, State.SENT))
        assert stand.deliver_to_the_end() is State.SENT
    assert is_whole(birds, message.texts)


def test_the_same_put_again_is_the_same_to_the_byte(birds: Account) -> None:
    with Proxy(birds.url, method="putRecord") as proxy:
        stand = at(birds, proxy.url)
        stand.owe(post(pictures=(PICTURE,)))
        proxy.strike_at(Step.ANSWERED)
        assert stand.deliver() is State.UNKNOWN
        before = birds.records()
        stand.draw = lambda card: png(colour=1)
        assert stand.deliver(later=MINUTE) is State.SENT
    assert birds.records() == before


# What the server refuses.


def test_a_text_that_the_server_does_not_take_is_refused_in_its_words(birds: Account, stand: Stand) -> None:
    stand.limits = replace(LIMITS, lengths=(Length(most=999, unit=Unit.GRAPHEMES),))
    stand.owe(post("a" * 301))
    assert stand.deliver() is State.FAILED
    assert "InvalidRequest" in stand.outcome().reason
    assert "300" in stand.outcome().reason
    assert birds.records() == []


def test_a_picture_that_is_too_large_is_refused_by_the_server_and_made_smaller_by_us(
    birds: Account, stand: Stand
) -> None:
    drawn = noisy(700)
    assert len(drawn) > 1_000_000
    stand.draw = lambda card: drawn
    stand.limits = replace(LIMITS, most_bytes=None)
    stand.owe(post("As it is", pictures=(PICTURE,)))
    assert stand.deliver() is State.FAILED
    assert "blob too big (maximum 1000000" in stand.outcome().reason
    stand.limits = LIMITS
    stand.owe(post("Smaller", pictures=(PICTURE,)))
    assert stand.deliver() is State.SENT
    (found,) = birds.records()
    assert found["value"]["embed"]["images"][0]["image"]["mimeType"] == "image/jpeg"


# The session.


def test_a_token_that_has_ended_is_made_new_by_two_at_once(birds: Account, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    before = stand.vault.kept
    for number in range(2):
        stand.vault.kept = before
        stand.owe(post(f"Donor {number}"))
        assert stand.deliver(later=2 * 60 * MINUTE) is State.SENT
        assert stand.vault.kept != before
    assert len(birds.records()) == 3


def test_a_token_that_the_server_never_gave_is_replaced(birds: Account, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    tokens = stand.kept()["tokens"]
    head, claims, _ = tokens["access"].split(".")
    stand.vault.kept = json.dumps({"tokens": tokens | {"access": f"{head}.{claims}.AAAA"}})
    stand.owe(post("Two"))
    assert stand.deliver() is State.SENT
    assert not stand.kept()["tokens"]["access"].endswith(".AAAA")
    assert len(birds.records()) == 2


def test_a_password_that_was_revoked_stops_the_channel(birds: Account, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    birds.act("com.atproto.server.revokeAppPassword", {"name": "vesicle"})
    stand.owe(post("Two"))
    stand.clock.forward(2 * 60 * MINUTE)
    assert "AuthenticationRequired" in locked_out(stand)
    assert stand.state() is State.PENDING
    assert len(birds.records()) == 1


def test_an_account_that_is_not_active_stops_the_channel(birds: Account, stand: Stand) -> None:
    stand.owe(post("One"))
    stand.deliver()
    birds.act("com.atproto.server.deactivateAccount", {})
    stand.owe(post("Two"))
    assert "AccountDeactivated" in locked_out(stand)
    birds.act("com.atproto.server.activateAccount")
    assert stand.deliver(later=MINUTE) is State.SENT


def test_the_doctor_sees_how_it_stands(birds: Account, stand: Stand) -> None:
    found = {line.code: line.health for line in stand.channel().standing(stand.clock())}
    assert found == {"bluesky.session": Health.GOOD, "bluesky.handle": Health.GOOD}
    stand.options = replace(stand.options, password="a password of its own")
    found = {line.code: line.health for line in stand.channel().standing(stand.clock())}
    assert found["bluesky.password"] is Health.WARNING
    stand.options = replace(stand.options, password="wrong")
    found = {line.code: line.health for line in stand.channel().standing(stand.clock())}
    assert found == {"bluesky.login": Health.FAULT}
