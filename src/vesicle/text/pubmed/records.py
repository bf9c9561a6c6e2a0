"""Cuts a PubMed file into the children of its root, as bytes, without parsing them.

That is faster than any event parser and holds one record at a time. A tag inside a comment or CDATA section
would cut in the wrong place; the pieces are then no XML and are refused when they are parsed.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from vesicle.model.errors import PermanentFailure, TemporaryFailure
from vesicle.text.pubmed.window import Window

RECORDS = ("PubmedArticle", "PubmedBookArticle")
KNOWN = (*RECORDS, "DeleteCitation")
_SETS = ("PubmedArticleSet", "PubmedBookArticleSet")

_TAG = re.compile(rb"<(?P<name>[A-Za-z_][\w:.-]*)(?P<rest>[^<>]*)>")
_TAG_END = re.compile(rb">")
_COMMENT_END = re.compile(rb"-->")
_INSTRUCTION_END = re.compile(rb"\?>")
_DOCTYPE_END = re.compile(rb"[\[>]")
_QUOTED = rb"(?:\"[^\"]*\"|'[^']*')"
_DOCTYPE = re.compile(
    rb"<!DOCTYPE\s+[\w:.-]+(?:\s+(?:PUBLIC\s+" + _QUOTED + rb"\s+|SYSTEM\s+)" + _QUOTED + rb")?\s*>"
)
_ENCODING = re.compile(rb"\sencoding\s*=\s*[\"']([\w.-]*)[\"']")
_NAMESPACE = re.compile(rb"\sxmlns:[\w.-]+\s*=\s*" + _QUOTED)
_UTF_8 = (b"utf-8", b"utf8", b"us-ascii", b"ascii")


def children(chunks: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each child of a `PubmedArticleSet`, or of a record that stands alone.

    Raises PermanentFailure on anything else, and TemporaryFailure on a file that is empty or cut off.
    """
    window = Window(chunks)
    root, tag = _root(window)
    if root in RECORDS:
        yield root, tag + _rest(window, root, tag)
    elif not tag.endswith(b"/>"):
        yield from _inside(window, root, b"".join(_NAMESPACE.findall(tag)))
    if _skip(window):
        raise PermanentFailure(f"the PubMed XML goes on after the end of its {root}")


def _root(window: Window) -> tuple[str, bytes]:
    """Read the prolog and the root's start tag."""
    if window.starts(b"\xef\xbb\xbf"):
        window.drop(3)
    if any(map(window.starts, (b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0"))):
        raise PermanentFailure("the file is not in UTF-8, as all PubMed XML is")
    if window.starts(b"<?xml"):
        _refuse_encoding(window.until(_INSTRUCTION_END))
    _refuse_end(_skip(window))
    if window.starts(b"<!DOCTYPE"):
        _refuse_doctype(window.until(_DOCTYPE_END))
        _refuse_end(_skip(window))
    name, tag = _start(window)
    if name not in (*_SETS, *RECORDS):
        raise PermanentFailure(f"the file holds {name[:60]}, not a PubmedArticleSet")
    return name, tag


def _inside(window: Window, root: str, namespaces: bytes) -> Iterator[tuple[str, bytes]]:
    names = set()
    _refuse_end(_skip(window))
    while not window.starts(b"</"):
        name, tag = _start(window)
        if name == "ERROR":
            raise PermanentFailure("the PubMed XML holds an ERROR in place of records")
        names.add(name)
        yield name, _with(namespaces, name, tag) + _rest(window, name, tag)
        _refuse_end(_skip(window))
    if window.until(_TAG_END).rstrip(b" \t\r\n>") != f"</{root}".encode():
        raise PermanentFailure(f"the PubMed XML is broken: {root} is not closed")
    if names and names.isdisjoint(KNOWN):
        raise PermanentFailure("the PubMed XML holds elements, but none that is a record")


def _start(window: Window) -> tuple[str, bytes]:
    if not window.starts(b"<"):
        raise PermanentFailure("the file is not PubMed XML: text stands where an element belongs")
    tag = window.until(_TAG_END)
    if not (found := _TAG.fullmatch(tag)):
        raise PermanentFailure("the file is not PubMed XML: it has a tag that cannot be read")
    return found["name"].decode(), tag


def _rest(window: Window, name: str, tag: bytes) -> bytes:
    return b"" if tag.endswith(b"/>") else window.until(_end(name))


@lru_cache(maxsize=16)
def _end(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"</%b\s*>" % re.escape(name.encode()))


def _with(namespaces: bytes, name: str, tag: bytes) -> bytes:
    """Give a start tag with the namespaces of the root, whose prefixes the record may use."""
    at = len(name) + 1
    return tag[:at] + namespaces + tag[at:] if namespaces else tag


def _skip(window: Window) -> bool:
    """Go past white space, comments and processing instructions; False where the file ends there."""
    while window.skip_spaces():
        if window.starts(b"<!--"):
            window.until(_COMMENT_END)
        elif window.starts(b"<?"):
            window.until(_INSTRUCTION_END)
        else:
            return True
    return False


def _refuse_end(is_there: bool) -> None:
    if not is_there:
        raise TemporaryFailure("the PubMed XML is empty or cut off")


def _refuse_encoding(declaration: bytes) -> None:
    found = _ENCODING.search(declaration)
    if found and found[1].lower() not in _UTF_8:
        name = found[1].decode()[:30]
        raise PermanentFailure(f"the PubMed XML says it is in {name}; all PubMed XML is in UTF-8")


def _refuse_doctype(declaration: bytes) -> None:
    # Entities declared there can swell a small file to gigabytes ("billion laughs") or name files to open.
    if not _DOCTYPE.fullmatch(declaration):
        raise PermanentFailure("the PubMed XML declares a document type of its own, so it is not read")
