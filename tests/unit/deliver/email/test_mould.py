"""A filled mould against the standard library's own parser: nothing is lost, nothing is let in."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import formataddr, parseaddr
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesicle.deliver.email.headers import Stamp
from vesicle.deliver.email.mould import Mould
from vesicle.model.errors import ContentError
from vesicle.model.issue import Mailbox
from vesicle.model.message import Message, Personal

STAND_IN = Personal.UNSUBSCRIBE_URL.value
URL = "https://news.example.org/u/abc.def_g-h?x=1&y='\"<>"
STAMP = Stamp(
    to=Mailbox(name="Jürgen Ünlü", address="reader@example.com"),
    date=datetime(2026, 11, 26, 9, 0, tzinfo=UTC),
    message_id="one.0123@example.org",
)
MESSAGE = Message(
    channel="email",
    slug="2026-11-26-first",
    lang="en",
    subject="What vesicles carry",
    text=f"Hello.\n\nLeave: {STAND_IN}\n",
    html=f'<html><body><p>Hello.</p><a href="{STAND_IN}">Leave</a></body></html>\n',
    sender=Mailbox(name="Conditioned Media", address="news@example.org"),
    headers=(
        ("List-Id", "Conditioned Media <conditioned-media.example.org>"),
        ("List-Unsubscribe", f"<{STAND_IN}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ),
)

# Letters of many scripts, joiners, marks, emoji, every kind of white space, what encodings care about.
SCRIPTS = (
    "az AZ09 =.=2E _?-\"'<>&@,;:\\/ é ß ไทยที่ است‌که हिन्दी עברית 日本語 👩‍🔬"
    " \u00ad\u200f\u00a0\u2028\x0b\x0c\x85\t\n\r"
)
texts = st.one_of(
    st.text(st.sampled_from(SCRIPTS), min_size=1, max_size=200),
    st.text(st.characters(codec="utf-8"), min_size=1),
).filter(lambda text: "VSCL" not in text)
# A header may hold no control character, and no mail program keeps spaces at the ends of an empty one.
titles = st.one_of(
    st.text(
        st.sampled_from([c for c in SCRIPTS if c.isprintable() or c == "\u00a0"]), min_size=1, max_size=150
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=90),
).filter(lambda text: bool(text.strip()) and "VSCL" not in text)


unhurried = settings(deadline=None)


def filled(message: Message, *, url: str = URL) -> bytes:
    message = replace(message, headers=message.headers if url.isascii() else ())
    return Mould(message).fill(STAMP, {Personal.UNSUBSCRIBE_URL: url})


def parsed(mail: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(mail)


def part(mail: bytes, kind: str) -> str:
    found = parsed(mail).get_body((kind,))
    assert found is not None
    payload = found.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def written_name(mail: bytes, field: str) -> str:
    """The name in a field, by the older parser: the newer one puts a space between two encoded words."""
    raw = BytesParser(policy=policy.compat32).parsebytes(mail)[field].replace("\r\n", "")
    return str(make_header(decode_header(parseaddr(raw)[0])))


def lines(text: str) -> str:
    """Every line break as CRLF, as mail has it."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def assert_is_sound(mail: bytes) -> None:
    assert mail.endswith(b"\r\n")
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert b"\r" not in mail.replace(b"\r\n", b"")
    assert mail.isascii()
    head, _, body = mail.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not any(line.endswith(b" ") for line in body.split(b"\r\n"))
    assert not any(line.startswith(b".") for line in mail.split(b"\r\n"))


@unhurried
@given(text=texts, html=texts, place=st.integers(0, 200))
def test_a_reader_gets_exactly_the_text_and_the_html(text: str, html: str, place: int) -> None:
    split = min(place, len(text), len(html))
    mail = filled(
        replace(
            MESSAGE,
            text=text[:split] + STAND_IN + text[split:],
            html=html[:split] + STAND_IN + STAND_IN + html[split:],
        )
    )
    assert_is_sound(mail)
    assert part(mail, "plain") == lines(text[:split]) + URL + lines(text[split:])
    assert part(mail, "html") == lines(html[:split]) + escape(URL) * 2 + lines(html[split:])


@unhurried
@given(value=texts)
def test_any_personal_value_arrives_as_it_is(value: str) -> None:
    mail = Mould(replace(MESSAGE, headers=())).fill(STAMP, {Personal.UNSUBSCRIBE_URL: value})
    assert_is_sound(mail)
    assert part(mail, "plain") == f"Hello.\r\n\r\nLeave: {lines(value)}\r\n"
    assert f'<a href="{lines(escape(value))}">' in part(mail, "html")


@unhurried
@given(subject=titles)
def test_any_subject_arrives_as_it_is(subject: str) -> None:
    mail = filled(replace(MESSAGE, subject=subject))
    assert_is_sound(mail)
    assert str(parsed(mail)["Subject"]) == subject
    assert len(parsed(mail).get_all("Subject", [])) == 1


@unhurried
@given(name=titles)
def test_any_name_arrives_as_it_is_with_its_address(name: str) -> None:
    stamp = replace(STAMP, to=Mailbox(name=name, address="reader@example.com"))
    message = replace(MESSAGE, sender=Mailbox(name=name, address="news@example.org"))
    mail = Mould(message).fill(stamp, {Personal.UNSUBSCRIBE_URL: URL})
    assert_is_sound(mail)
    for field, address in (("From", "news@example.org"), ("To", "reader@example.com")):
        (found,) = parsed(mail)[field].addresses
        assert found.addr_spec == address
        assert written_name(mail, field) == name.strip()


@unhurried
@given(name=titles.filter(lambda name: not set(name) & set("<>") and name == name.strip()))
def test_a_named_header_keeps_what_stands_in_angle_brackets(name: str) -> None:
    mail = filled(replace(MESSAGE, headers=(("List-Id", f"{name} <conditioned-media.example.org>"),)))
    assert_is_sound(mail)
    assert str(parsed(mail)["List-Id"]) == f"{name} <conditioned-media.example.org>"


def test_every_header_is_there_once_with_its_value() -> None:
    mail = parsed(filled(MESSAGE))
    assert dict(mail.items()) == {
        "To": "Jürgen Ünlü <reader@example.com>",
        "Date": "Thu, 26 Nov 2026 09:00:00 +0000",
        "Message-ID": "<one.0123@example.org>",
        "From": "Conditioned Media <news@example.org>",
        "Subject": "What vesicles carry",
        "List-Id": "Conditioned Media <conditioned-media.example.org>",
        "List-Unsubscribe": f"<{URL}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": mail["Content-Type"],
    }
    assert len(mail.keys()) == len(set(mail.keys()))
    assert mail.get_content_type() == "multipart/alternative"
    assert [piece.get_content_type() for piece in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not mail.defects


def test_the_same_message_gives_the_same_bytes() -> None:
    assert filled(MESSAGE) == filled(replace(MESSAGE))


def test_two_recipients_get_their_own_link_from_one_mould() -> None:
    mould = Mould(MESSAGE)
    mails = [mould.fill(STAMP, {Personal.UNSUBSCRIBE_URL: f"https://x.org/u/{n}"}) for n in (1, 2)]
    assert [f"https://x.org/u/{n}" in part(mail, "plain") for n, mail in enumerate(mails, 1)] == [True, True]
    assert b"u/1" not in mails[1]


def test_a_value_cannot_close_the_attribute_it_stands_in() -> None:
    mail = Mould(replace(MESSAGE, headers=())).fill(STAMP, {Personal.UNSUBSCRIBE_URL: '"><script>'})
    assert '<a href="&quot;&gt;&lt;script&gt;">' in part(mail, "html")


def test_no_text_can_end_its_part_early() -> None:
    boundary = parsed(filled(MESSAGE)).get_boundary()
    mail = filled(replace(MESSAGE, text=f"--{boundary}--\n--{boundary}\n"))
    assert part(mail, "plain") == f"--{boundary}--\r\n--{boundary}\r\n"


@pytest.mark.parametrize("text", ["VSCL", "see VSCLnobodyKnowsThisx", "xVSCLunsubscribeURL"])
def test_an_unknown_stand_in_is_refused_before_any_mail(text: str) -> None:
    for message in (
        replace(MESSAGE, text=text),
        replace(MESSAGE, html=text),
        replace(MESSAGE, subject=text),
        replace(MESSAGE, sender=Mailbox(name=text, address="news@example.org")),
    ):
        with pytest.raises(ContentError, match="has VSCL"):
            Mould(message)


def test_an_unknown_stand_in_in_a_header_is_refused() -> None:
    with pytest.raises(ContentError, match="VSCLx in the header List-Help"):
        Mould(replace(MESSAGE, headers=(("List-Help", "<VSCLx>"),)))


def test_a_stand_in_where_it_would_be_encoded_is_refused() -> None:
    with pytest.raises(ContentError, match="stand-in in the header X-Leave"):
        Mould(replace(MESSAGE, headers=(("X-Leave", f"ออก {STAND_IN}"),)))
    with pytest.raises(ContentError, match="the subject"):
        Mould(replace(MESSAGE, subject=f"Leave {STAND_IN}"))


@pytest.mark.parametrize("evil", ["a\r\nBcc: all@example.org", "a\nb", "a\rb", "a\0b", "a\x85b", "a\u2028b"])
def test_a_line_break_in_a_header_is_refused(evil: str) -> None:
    sender = MESSAGE.sender
    assert sender is not None
    for message in (
        replace(MESSAGE, subject=evil),
        replace(MESSAGE, sender=replace(sender, name=evil)),
        replace(MESSAGE, headers=(("List-Help", evil),)),
    ):
        with pytest.raises(ContentError, match="could break the header"):
            Mould(message)
    with pytest.raises(ContentError, match="not one that mail can be sent to"):
        Mould(replace(MESSAGE, sender=replace(sender, address=f"{evil}@example.org")))
    for to in (Mailbox(name=evil, address="a@b.org"), Mailbox(name="", address=evil)):
        with pytest.raises(ContentError, match="could break the header"):
            Mould(MESSAGE).fill(replace(STAMP, to=to), {Personal.UNSUBSCRIBE_URL: URL})


@pytest.mark.parametrize(
    "url", ["https://x.org/\r\nBcc: a@b.org", "https://x.org/a b", "https://ไทย.org/", "", "h" * 451]
)
def test_a_value_that_no_header_may_hold_is_refused(url: str) -> None:
    with pytest.raises(ContentError, match="visible ASCII"):
        Mould(MESSAGE).fill(STAMP, {Personal.UNSUBSCRIBE_URL: url})


def test_a_word_too_long_for_a_header_line_is_refused() -> None:
    with pytest.raises(ContentError, match="List-Archive holds a word longer"):
        Mould(replace(MESSAGE, headers=(("List-Archive", f"<https://x.org/{'a' * 500}>"),)))


def test_a_header_that_is_encoded_already_is_left_as_it_is() -> None:
    name = formataddr(("Läsning, fredag", "list.example.org"))
    mail = filled(replace(MESSAGE, headers=(("List-Id", name),)))
    assert str(parsed(mail)["List-Id"]) == "Läsning, fredag <list.example.org>"


def test_a_sender_with_another_alphabet_in_its_domain_is_written_in_ascii() -> None:
    mould = Mould(replace(MESSAGE, sender=Mailbox(name="A", address="news@bücher.example")))
    assert mould.sender.address == "news@xn--bcher-kva.example"
    assert b"From: A <news@xn--bcher-kva.example>\r\n" in mould.fill(STAMP, {Personal.UNSUBSCRIBE_URL: URL})


def test_a_sender_that_few_servers_take_is_refused() -> None:
    with pytest.raises(ContentError, match="not ASCII"):
        Mould(replace(MESSAGE, sender=Mailbox(name="A", address="läser@example.org")))


@pytest.mark.parametrize("name", ["Bcc", "from", "Content-Type", "X Y", "X:", "X-Ä", ""])
def test_a_header_that_is_not_the_newsletters_to_set_is_refused(name: str) -> None:
    with pytest.raises(ContentError):
        Mould(replace(MESSAGE, headers=((name, "value"),)))


@pytest.mark.parametrize(
    ("message", "part"),
    [
        (replace(MESSAGE, text=""), "text"),
        (replace(MESSAGE, html=""), "html"),
        (replace(MESSAGE, subject=""), "subject"),
        (replace(MESSAGE, sender=None), "sender"),
    ],
)
def test_a_message_without_one_of_its_parts_is_refused(message: Message, part: str) -> None:
    with pytest.raises(ContentError, match=f"lacks its {part}"):
        Mould(message)


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ContentError, match="VSCLunsubscribeURLx"):
        Mould(MESSAGE).fill(STAMP, {})


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ContentError, match="surrogate"):
        Mould(replace(MESSAGE, text="a \ud83d b"))


def test_a_utf8_address_stands_in_the_header_as_it_is() -> None:
    stamp = replace(STAMP, to=Mailbox(name="", address="läser@example.com"))
    mail = Mould(MESSAGE).fill(stamp, {Personal.UNSUBSCRIBE_URL: URL})
    assert "To: läser@example.com\r\n".encode() in mail
