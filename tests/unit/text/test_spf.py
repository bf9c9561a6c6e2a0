import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vesicle.text import spf
from vesicle.text.spf import Term

PIECES = (
    *(
        "all",
        "+all",
        "-all",
        "include:",
        "include:a.test",
        "a/24",
        "mx:b.test//64",
        "ip4:1.2.3.4/33",
        "ip6:::/0",
    ),
    *("redirect=c.test", "redirect=", "exp=x", "exists:%{i}.d.test", "ptr", "?", ":", "=", "ip4:", "a:"),
)
WORDS = st.lists(st.sampled_from(PIECES))


def test_only_texts_that_begin_as_one_are_records() -> None:
    texts = ("v=spf1", "V=SPF1 -all", "v=spf10 -all", "google-site-verification=x", " v=spf1 -all")
    assert spf.records(texts) == ("v=spf1", "V=SPF1 -all")


def test_each_term_is_read() -> None:
    found = spf.parse("v=spf1 a mx:b.test/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 ?include:c.test ~all")
    assert found.wrong == ()
    assert found.terms[1] == Term(name="mx", value="b.test")
    assert [term.qualifier for term in found.terms[-2:]] == ["?", "~"]
    assert [term.name for term in found.asking] == ["a", "mx", "include"]
    assert found.leads_to == ("c.test",)


@pytest.mark.parametrize(
    "word",
    [
        *("ipv4:192.0.2.1", "ip4:192.0.2", "ip4:192.0.2.1/33", "ip6:192.0.2.1", "ip4", "include", "include:"),
        *("exists", "all:x", "all/24", "+redirect=a.test", "redirect=", "-", "%", "a:"),
    ],
)
def test_a_word_that_receivers_cannot_read_is_named(word: str) -> None:
    assert spf.parse(f"v=spf1 {word} -all").wrong == (word,)


def test_a_modifier_that_nobody_knows_is_passed_over() -> None:
    assert spf.parse("v=spf1 exp=why.test later=x -all").wrong == ()


@pytest.mark.parametrize(
    ("record", "is_open"),
    [
        ("v=spf1 all", True),
        ("v=spf1 mx +all", True),
        ("v=spf1 mx ~all", False),
        ("v=spf1 -all +all", False),
        ("v=spf1", False),
    ],
)
def test_a_record_that_lets_everybody_send_is_told_from_others(record: str, is_open: bool) -> None:
    assert spf.parse(record).lets_everybody is is_open


def test_a_redirect_counts_only_where_nothing_stands_for_all() -> None:
    assert spf.parse("v=spf1 mx redirect=a.test").leads_to == ("a.test",)
    found = spf.parse("v=spf1 redirect=a.test -all")
    assert (found.leads_to, found.asking) == ((), ())


def test_a_name_that_depends_on_the_mail_is_not_followed() -> None:
    found = spf.parse("v=spf1 include:%{d}.a.test -all")
    assert (len(found.asking), found.leads_to) == (1, ())


@given(st.text() | WORDS.map(" ".join))
@example("v=spf1 " + "ip4:1/" * 999)
def test_no_text_makes_it_raise(text: str) -> None:
    found = spf.parse(f"v=spf1 {text}")
    assert len(found.asking) <= len(found.terms)
    assert isinstance(found.lets_everybody, bool)
    assert all("%" not in name for name in found.leads_to)
    assert len(spf.records([text, f"v=spf1 {text}"])) >= 1
