from dataclasses import replace

import pytest

from vesicle.model.reader import Wishes
from vesicle.model.subscriber import Frequency
from vesicle.pipeline.sign_up import Form, Offer, address_error, judge, wishes

OFFER = Offer(languages=("en", "th"), topics=("skin", "bone"), wordings={"en": "I agree."}, version="1")
FORM = Form(email="ann@readers.example", language="en")


def never(domain: str) -> bool:
    return False


@pytest.mark.parametrize("email", ["ann@readers.example", "ann+news@readers.example", "อ้อ@ไทย.example"])
def test_an_address_that_mail_can_go_to_is_taken(email: str) -> None:
    assert address_error(email) == ""


@pytest.mark.parametrize(
    "email",
    [
        "ann",
        "ann@",
        "@readers.example",
        "ann@localhost",
        "ann@readers..example",
        "ann@readers.example\r\nBcc: x@y.example",
        "ann@readers.example\x00",
        "Ann <ann@readers.example>",
        "a" * 260 + "@readers.example",
        f"ann@{'a.' * 200}example",
        "<script>@readers.example",
        "\ud800@readers.example",
    ],
)
def test_any_other_is_named(email: str) -> None:
    assert address_error(email) == "page error email"


def test_all_errors_are_told_at_once_each_by_its_field() -> None:
    form = Form(email="", topics=("moss",), language="xx", frequency="hourly")
    assert judge(form, OFFER, is_throwaway=never).errors == {
        "email": "page error email missing",
        "topics": "page error choice",
        "language": "page error choice",
        "frequency": "page error choice",
    }


def test_a_typing_error_is_asked_about_once() -> None:
    form = replace(FORM, email="ann@gmial.com")
    verdict = judge(form, OFFER, is_throwaway=never)
    assert (verdict.better, verdict.stops) == ("ann@gmail.com", True)
    assert not judge(replace(form, accepted="ann@gmial.com"), OFFER, is_throwaway=never).stops
    assert judge(replace(form, accepted="eve@gmial.com"), OFFER, is_throwaway=never).stops


def test_a_throwaway_domain_is_asked_about_in_ascii() -> None:
    asked: list[str] = []

    def always(domain: str) -> bool:
        asked.append(domain)
        return True

    form = replace(FORM, email="ann@THROWN.example")
    assert judge(form, OFFER, is_throwaway=always).throwaway == "thrown.example"
    assert asked == ["thrown.example"]


def test_whoever_chooses_no_topic_gets_all_of_them_in_the_order_of_the_offer() -> None:
    assert wishes(FORM, OFFER) == Wishes(language="en", topics=("skin", "bone"))
    chosen = replace(FORM, topics=("bone",), frequency="monthly")
    assert wishes(chosen, OFFER) == Wishes(language="en", topics=("bone",), frequency=Frequency.MONTHLY)
