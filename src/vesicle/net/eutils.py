"""NCBI E-utilities: search PubMed, and fetch its records.

Facts of https://www.ncbi.nlm.nih.gov/books/NBK25499/ and of replies seen in 2026. NCBI reports many errors
under status 200, in JSON, XML or HTML, whatever was asked for; so errors are looked for before anything
else. The API key and the machine's address, which NCBI echoes, are never part of a message.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import urlencode

from vesicle.model.errors import PermanentFailure, TemporaryFailure, UserError
from vesicle.model.paper import Paper
from vesicle.net.replies import at, is_web_page, items_at, json_object, number_at, text_at, texts_at
from vesicle.ports import Fetch
from vesicle.text.pubmed import papers

BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
WINDOW = 9_999
"""How many records of one search can be reached: the documented 10,000 are one more than there are."""
BATCH = 200
"""How many records are fetched at once: more would make the URL too long for a GET."""

_WHO = "NCBI E-utilities"
# What will not be otherwise next time; every other error may be a bad hour of NCBI's.
_LASTING = re.compile(
    r"invalid|cannot be larger|too many|specified|empty id|can ?not retrieve|not supported",
    re.IGNORECASE,
)
_RATE = re.compile(r"rate limit", re.IGNORECASE)
_KEY = re.compile(r"api[ _-]?key", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?<!\w)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}", re.I
)
_ERROR = re.compile(rb"<ERROR>(.*?)</ERROR>", re.DOTALL)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_END = re.compile(rb"(?:</PubmedArticleSet\s*>|<PubmedArticleSet\s*/>)(?:\s|<!--.*?-->)*\Z", re.DOTALL)
_PMID = re.compile(r"[1-9][0-9]{0,8}")
# What stands in `errorlist` and `warninglist` of esearch, and how each reads.
_SAID = (
    ("errorlist", "phrasesnotfound", "phrase not found: "),
    ("errorlist", "fieldsnotfound", "field not found: "),
    ("warninglist", "phrasesignored", "phrase ignored: "),
    ("warninglist", "quotedphrasesnotfound", "quoted phrase not found: "),
    ("warninglist", "outputmessages", ""),
)
# Says no more than the count does.
_NOTHING = "No items found."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found: how many in all, the PMIDs asked for, how PubMed read the term, its warnings."""

    count: int
    ids: tuple[str, ...]
    translation: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records that came, as asked for; the PMIDs that did not; the PMIDs that PubMed says it deleted."""

    papers: tuple[Paper, ...]
    missing: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


class Eutils:
    """A client of PubMed by E-utilities; *fetch* keeps the rate (`net.slots`) and tries again.

    NCBI wants to know program and address of whoever asks, so *tool* and *email* go with every request.
    Raises UserError where one of them cannot be sent.
    """

    def __init__(self, *, fetch: Fetch, base: str, tool: str, email: str, api_key: str = "") -> None:
        _refuse_anonymous(tool, email)
        self._fetch, self._base, self._key = fetch, base.rstrip("/"), api_key
        self._who = {"tool": tool, "email": email, **({"api_key": api_key} if api_key else {})}

    def search(self, term: str, *, start: int, size: int) -> Found:
        """Give the PMIDs from *start* on, *size* at most, of what *term* finds.

        PubMed reaches no further than `WINDOW`: *size* is cut there, and a *start* beyond it is refused
        without asking. Raises TemporaryFailure or PermanentFailure on every answer that is not whole.
        """
        if not 0 <= start < WINDOW or size < 0:
            raise PermanentFailure(
                f"PubMed gives the first {WINDOW:,} records of a search, none from {start:,} on"
            )
        size = min(size, WINDOW - start)
        body = self._ask("esearch", term=term, retstart=start, retmax=size, retmode="json")
        self._refuse_xml(body)
        data = json_object(body, who=_WHO)
        self._refuse_error(data)
        return _found(data, most=size, start=start)

    def records(self, pmids: Sequence[str]) -> Records:
        """Fetch records by PMID, each once, in the order of *pmids*; the highest version of each.

        What was asked for and did not come is named in `missing`, and never left out in silence.
        """
        asked = tuple(dict.fromkeys(pmids))
        sound = [pmid for pmid in asked if _PMID.fullmatch(pmid)]
        came: dict[str, Paper] = {}
        deleted: list[str] = []
        for start in range(0, len(sound), BATCH):
            parsed = papers(self._records_xml(sound[start : start + BATCH]))
            deleted += parsed.deleted
            for paper in sorted(parsed.papers, key=lambda paper: paper.version):
                came[paper.pmid] = paper
        return Records(
            papers=tuple(came[pmid] for pmid in asked if pmid in came),
            missing=tuple(pmid for pmid in asked if pmid not in came),
            deleted=tuple(dict.fromkeys(deleted)),
        )

    def _records_xml(self, pmids: Sequence[str]) -> bytes:
        body = self._ask("efetch", id=",".join(pmids), retmode="xml")
        if body.lstrip()[:1] == b"{":
            self._refuse_error(json_object(body, who=_WHO))
        self._refuse_xml(body, wanted=b"PubmedArticleSet")
        if not _END.search(body[-4000:]):
            raise TemporaryFailure(f"{_WHO} answered with records that are cut off")
        return body

    def _ask(self, tool: str, **parameters: str | int) -> bytes:
        query = urlencode({"db": "pubmed", **parameters, **self._who})
        return self._fetch(f"{self._base}/{tool}.fcgi?{query}")

    def _refuse_xml(self, body: bytes, *, wanted: bytes = b"") -> None:
        """Raise what an XML or HTML answer says; let pass what is neither, and the root element *wanted*."""
        errors = [text.decode("utf-8", "replace") for text in _ERROR.findall(body)]
        if errors:
            self._fail("; ".join(errors))
        if is_web_page(body):
            raise TemporaryFailure(f"{_WHO} answered with a web page instead of data")
        if not wanted and body.lstrip()[:1] != b"<":
            return
        root = _ROOT.search(_COMMENT.sub(b"", body[:20_000]))
        if not root:
            raise TemporaryFailure(f"{_WHO} answered with what is neither data nor an error")
        if root[1] != wanted:
            raise TemporaryFailure(
                f"{_WHO} answered with {root[1].decode('ascii', 'replace')}, which was not asked for"
            )

    def _refuse_error(self, data: Mapping[str, Any]) -> None:
        for path in (("error",), ("esearchresult", "ERROR"), ("esearchresult", "error")):
            if at(data, *path):
                self._fail(text_at(data, *path) or "an error without words")

    def _fail(self, said: str) -> NoReturn:
        if _RATE.search(said):
            text = f"{_WHO} was asked more often than it allows"
            raise TemporaryFailure(text, wait=timedelta(seconds=1))
        if _KEY.search(said):
            raise PermanentFailure(f"{_WHO} does not accept the API key")
        text = f"{_WHO} says: {self._safe(said)}"
        raise (PermanentFailure if _LASTING.search(said) else TemporaryFailure)(text)

    def _safe(self, said: str) -> str:
        plain = " ".join(said.split())
        hidden = plain.replace(self._key, "(the key)") if self._key else plain
        return _ADDRESS.sub("(an address)", hidden)[:300]


def _refuse_anonymous(tool: str, email: str) -> None:
    if not tool or any(sign.isspace() for sign in tool):
        mend = "write one word, such as vesicle"
        raise UserError(f"`tool` is {tool!r}, and NCBI takes a name without blanks", mend=mend)
    name, _, host = email.partition("@")
    if not name or "." not in host or any(sign.isspace() for sign in email):
        mend = "write `email:` with the address at which NCBI can reach you before it blocks you"
        raise UserError(f"`email` is {email!r}, and NCBI wants to know who asks", mend=mend)


def _found(data: Mapping[str, Any], *, most: int, start: int) -> Found:
    result = at(data, "esearchresult")
    count = number_at(result, "count")
    if count is None or not isinstance(at(result, "idlist"), list):
        raise TemporaryFailure(f"{_WHO} answered a search without a count or without a list")
    ids = tuple(dict.fromkeys(map(str, items_at(result, "idlist"))))
    if not all(map(_PMID.fullmatch, ids)):
        raise TemporaryFailure(f"{_WHO} answered a search with ids that are no PMIDs")
    left = max(count - start, 0)
    if not min(most, left) <= len(ids) <= left:
        raise TemporaryFailure(
            f"{_WHO} counted {count:,} records and named {len(ids):,} where {min(most, left):,} are due"
        )
    translation = text_at(result, "querytranslation")
    return Found(count=count, ids=ids[:most], translation=translation, warnings=tuple(_warnings(result)))


def _warnings(result: object) -> Iterator[str]:
    for block, kind, words in _SAID:
        yield from (f"{words}{text}" for text in texts_at(result, block, kind) if text != _NOTHING)
