import csv
import io
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vesicle.text.records import (
    CARRIAGE_RETURN,
    LONGEST,
    MALFORMED,
    NOT_UTF8,
    NUL,
    SEVERAL_LINES,
    TOO_LONG,
    Record,
    records,
)


def read(data: bytes) -> list[Record]:
    return list(records(io.BytesIO(data)))


def told(data: bytes) -> list[tuple[int, object]]:
    """Give of each record its line, and its cells or its fault."""
    return [(one.line, one.fault or one.cells) for one in read(data)]


def test_reads_cells_quotes_and_letters_of_every_script() -> None:
    data = 'a,b\r\n"x, y","say ""hi"""\nไทย,é\n'.encode()
    assert told(data) == [(1, ("a", "b")), (2, ("x, y", 'say "hi"')), (3, ("ไทย", "é"))]


def test_a_byte_order_mark_is_no_part_of_the_first_cell() -> None:
    assert told(b"\xef\xbb\xbfemail\na\n") == [(1, ("email",)), (2, ("a",))]


def test_empty_lines_are_left_out_and_counted_as_lines() -> None:
    assert told(b"a\n\n\r\nb") == [(1, ("a",)), (4, ("b",))]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'"b', MALFORMED),
        (b'"b"x', MALFORMED),
        (b"\xe9", NOT_UTF8),
        (b"\xff\xfeb\x00", NOT_UTF8),
        (b"b\x00", NUL),
        (b"\xc3\xa9\x00", NUL),
        (b"b\rc", CARRIAGE_RETURN),
        (b"b" * (1 << 20), TOO_LONG),
        (b'"' + b"b" * (1 << 20), TOO_LONG),
        (b"," * (LONGEST + 1), TOO_LONG),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_next_is_read(line: bytes, fault: str) -> None:
    assert told(b"a\n" + line + b"\nc\nd\n") == [(1, ("a",)), (2, fault), (3, ("c",)), (4, ("d",))]
    assert told(b"a\n" + line) == [(1, ("a",)), (2, fault)]


def test_a_line_of_the_greatest_length_is_read() -> None:
    longest = b"b" * (LONGEST - 1)
    assert told(longest + b"\nc\n") == [(1, (longest.decode(),)), (2, ("c",))]


def test_nobody_comes_in_by_a_line_inside_another_cell() -> None:
    data = b'a,"x\nvictim@example.org,y\n"\nb,z\n'
    assert told(data) == [(1, SEVERAL_LINES), (4, ("b", "z"))]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line_alone() -> None:
    data = b'a\n"b\n' + b"c\n" * LONGEST
    found = told(data)
    assert found[:3] == [(1, ("a",)), (2, MALFORMED), (3, ("c",))]
    assert len(found) == LONGEST + 2


LINES = st.lists(
    st.binary(max_size=8)
    | st.text(max_size=8).map(lambda text: text.encode(errors="surrogatepass"))
    | st.sampled_from(
        [b'"', b'a,"b', b'b"', b'"a""b"', b'a,"b,c"', b"\r", b"\x00", b"", b"x" * (LONGEST + 1)]
    ),
    max_size=12,
)


@given(LINES, st.sampled_from([b"\n", b"\r\n"]))
@example([b'"', b'"'], b"\n")
def test_any_bytes_are_records_or_faults_in_order_and_reading_can_go_on_at_any_of_them(
    lines: list[bytes], ending: bytes
) -> None:
    data = ending.join(lines)
    found = read(data)
    for before, after in pairwise(found):
        assert before.end <= after.end
        assert before.line < before.next_line <= after.line
    for number, one in enumerate(found):
        assert data[: one.end].count(b"\n") + (one.end == len(data) and not data.endswith(b"\n")) == (
            one.next_line - 1
        )
        rest = list(records(io.BytesIO(data), position=one.end, line=one.next_line))
        assert rest == found[number + 1 :]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=5),
            min_size=2,
            max_size=3,
        ),
        max_size=6,
    )
)
def test_what_a_writer_of_csv_has_written_is_read_back(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["first", "line"], *rows])
    found = read(file.getvalue().encode())
    assert [list(one.cells) for one in found] == [["first", "line"], *rows]
    assert all(not one.fault for one in found)
