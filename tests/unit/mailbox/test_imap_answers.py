import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesicle.mailbox.imap.answers import Answer, Fetched, delimiter, fetched, numbers, written

pieces = st.lists(
    st.none() | st.binary(max_size=60) | st.tuples(st.binary(max_size=60), st.binary(max_size=20))
)


@pytest.mark.parametrize(
    ("answers", "content"),
    [
        ([(b"1 (UID 5 BODY[] {3}", b"abc"), b")"], b"abc"),
        ([(b"1 (BODY[] {3}", b"abc"), b" UID 5)"], b"abc"),
        ([(b"1 (BODY[]<0> {3}", b"abc"), b" FLAGS (\\Seen) UID 5)"], b"abc"),
        ([b'1 (UID 5 BODY[] "a\\"b\\\\c")'], b'a"b\\c'),
        ([b'1 (BODY[] "UID 7 " UID 5)'], b"UID 7 "),
        ([(b"1 (BODY[] {6}", b"UID 7 "), b" UID 5)"], b"UID 7 "),
        ([b"1 (UID 5 BODY[] NIL)"], b""),
        ([b'1 (UID 5 BODY[]<0> "")'], b""),
        ([b"1 (UID 5)"], None),
        ([None, b"2 (FLAGS (\\Seen))", b"1 (UID 5 FLAGS ())"], None),
    ],
)
def test_a_mail_is_found_however_the_server_writes_it(answers: list[Answer], content: bytes | None) -> None:
    (one,) = fetched(answers)
    assert (one.uid, one.content) == (5, content)


def test_what_is_told_about_mails_is_read_in_any_order() -> None:
    lines = [rb"1 (RFC822.SIZE 44 UID 5)", rb"2 (UID 6 FLAGS (\Seen \DELETED $Junk))", rb"3 (FLAGS ())"]
    first, second = fetched(lines)
    assert (first.size, first.flags) == (44, None)
    assert (second.size, second.flags) == (None, frozenset({"\\seen", "\\deleted", "$junk"}))


def test_each_mail_has_its_own_literal() -> None:
    answers: list[Answer] = [
        (b"1 (UID 5 BODY[] {1}", b"a"),
        b")",
        (b"2 (UID 6 BODY[] {1}", b"b"),
        b")",
    ]
    assert [(one.uid, one.content) for one in fetched(answers)] == [(5, b"a"), (6, b"b")]


def test_numbers_of_several_lines_are_read_and_other_words_are_not() -> None:
    assert numbers([b"1 22", None, b"333 x 99999999999"]) == [1, 22, 333]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (rb'(\Noselect) "/" ""', "/"),
        (rb'(\Noselect) "." ""', "."),
        (rb'() "\\" ""', "\\"),
        (rb'() NIL ""', ""),
        (b"what", ""),
        (None, ""),
    ],
)
def test_the_delimiter_is_read(line: bytes | None, wanted: str) -> None:
    assert delimiter([line]) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("INBOX", '"INBOX"'),
        ('a "b" \\c', r'"a \"b\" \\c"'),
        ("R&D", '"R&-D"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),  # the example of RFC 3501
        ("😀", '"&2D3eAA-"'),
    ],
)
def test_names_are_written_as_the_protocol_wants(name: str, wanted: str) -> None:
    assert written(name) == wanted


@given(name=st.text(min_size=1))
def test_no_name_leaves_its_quotes_or_its_line(name: str) -> None:
    try:
        found = written(name)
    except UnicodeEncodeError:  # half a surrogate pair is no text
        return
    assert found.isascii()
    assert found.isprintable()
    assert found[1:-1].replace("\\\\", "").replace('\\"', "").count('"') == 0


@given(answers=pieces)
def test_answers_of_any_kind_are_read_or_left_out(answers: list[Answer]) -> None:
    assert all(isinstance(one, Fetched) for one in fetched(answers))
    assert all(number >= 0 for number in numbers(answers))
    assert len(delimiter(answers)) <= 1
