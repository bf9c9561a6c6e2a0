"""Records of DKIM and DMARC, and the lists of tags they are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.text import dkim_record, dmarc, tags
from vesicle.text.dkim_record import DkimRecord
from vesicle.text.dmarc import Dmarc, is_aligned

TAGS = st.lists(
    st.sampled_from(
        ["v=DKIM1", "v=DMARC1", "p=", "p=none", "p=AAAA", "p", "=", "k=rsa", "t=y:s", "sp=reject", " "]
    )
).map(";".join)


def test_tags_are_read_without_white_space_and_in_any_case() -> None:
    assert tags.parse(" V = DKIM1 ; p= a b\t;") == {"v": "DKIM1", "p": "a b"}


@pytest.mark.parametrize("text", ["", "v", "v=1;;p=2", "v=1;v=2", "1=2", "=x"])
def test_what_is_no_list_of_tags_is_none(text: str) -> None:
    assert tags.parse(text) is None


def test_a_key_is_read_from_its_record() -> None:
    found = dkim_record.parse("v=DKIM1; h=sha256; t=s:y; p=AA AA\n==")
    assert found == DkimRecord(key="AAAA==", algorithm="rsa", is_testing=True)
    assert dkim_record.parse("k=ed25519; p=") == DkimRecord(key="", algorithm="ed25519", is_testing=False)


@pytest.mark.parametrize("text", ["v=DKIM2; p=A", "v=DKIM1; k=rsa", "hello", "v=DMARC1; p", "p=A;p=B"])
def test_a_record_without_a_key_is_none(text: str) -> None:
    assert dkim_record.parse(text) is None


def test_a_policy_is_read_and_holds_below_its_domain_too() -> None:
    assert dmarc.parse("v=DMARC1; p=Quarantine; rua=mailto:a@b.test") == Dmarc(
        policy="quarantine", for_subdomains="quarantine", is_strict_dkim=False, is_strict_spf=False
    )
    assert dmarc.parse("v=DMARC1; p=none; sp=reject; adkim=s; aspf=S") == Dmarc(
        policy="none", for_subdomains="reject", is_strict_dkim=True, is_strict_spf=True
    )


@pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1; p=perhaps", "v=DMARC1; p=none; p=none"])
def test_a_record_without_a_policy_is_none(text: str) -> None:
    assert dmarc.parse(text) is None


def test_only_texts_that_begin_as_one_are_records() -> None:
    texts = ("v=DMARC1; p=none", "v = DMARC1;p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", "x")
    assert dmarc.records(texts) == texts[:2]


def test_a_record_may_stand_at_each_domain_above_but_the_last() -> None:
    assert dmarc.places("a.b.test") == ("a.b.test", "b.test")
    assert dmarc.places("test") == ("test",)


@pytest.mark.parametrize(
    ("domain", "sender", "owner", "is_strict", "holds"),
    [
        ("lab.test", "lab.test", "lab.test", True, True),
        ("mail.lab.test", "lab.test", "lab.test", False, True),
        ("mail.lab.test", "lab.test", "lab.test", True, False),
        ("MAIL.lab.test.", "news.lab.test", "lab.test", False, True),
        ("lab.test", "news.lab.test", "news.lab.test", False, True),
        ("evillab.test", "lab.test", "lab.test", False, False),
        ("provider.test", "lab.test", "lab.test", False, False),
        ("", "lab.test", "lab.test", False, False),
    ],
)
def test_who_may_speak_for_a_sender(
    domain: str, sender: str, owner: str, is_strict: bool, holds: bool
) -> None:
    assert is_aligned(domain, sender, owner=owner, is_strict=is_strict) is holds


@given(st.text() | TAGS)
def test_no_text_makes_them_raise(text: str) -> None:
    read = (tags.parse(text), dkim_record.parse(text), dmarc.parse(text), dmarc.records([text]))
    assert len(read) == 4
    assert dmarc.places(text)[0] == text
    assert is_aligned(text, text, owner=text, is_strict=True)
