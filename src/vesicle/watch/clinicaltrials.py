from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from vesicle.model.errors import TemporaryFailure
from vesicle.model.paper import Cursor, Page, Paper, Passage
from vesicle.net.replies import at, items_at, json_object, number_at, text_at, texts_at
from vesicle.ports import Fetch
from vesicle.text.days import day, refuse_unsound, since

_WHO = "ClinicalTrials.gov"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a search for registered trials: *query* in the syntax of clinicaltrials.gov ("Other terms").

    Each run asks *overlap_days* further back than the last one ended, the first one *first_days*; *page* is
    how many trials come in one answer, 1000 at most.
    """

    query: str
    base: str = "https://clinicaltrials.gov/api/v2"
    overlap_days: int = 5
    first_days: int = 30
    page: int = 100

    def __post_init__(self) -> None:
        refuse_unsound(self, name="clinicaltrials", query=self.query, syntax="clinicaltrials.gov", most=1000)


class Source:
    """Trials registered or updated on ClinicalTrials.gov. A registration proves nothing of a treatment."""

    def __init__(self, options: Options, *, fetch: Fetch, today: Callable[[], date]) -> None:
        self._options, self._fetch, self._today = options, fetch, today

    def fetch(self, cursor: Cursor) -> Iterator[Page]:
        """Yield the trials whose entry was posted anew since *cursor*, a day.

        Raises TemporaryFailure where an answer is broken, or where fewer trials came than were counted.
        """
        today, options = self._today(), self._options
        first = since(
            cursor.position, today=today, overlap_days=options.overlap_days, first_days=options.first_days
        )
        query = f"({' '.join(options.query.split())}) AND AREA[LastUpdatePostDate]RANGE[{first},MAX]"
        came: set[str] = set()
        count: int | None = None
        for reply in self._replies(query):
            # Only the first answer counts.
            count = number_at(reply, "totalCount") if count is None else count
            if count is None:
                raise TemporaryFailure(f"{_WHO} answered a search without a count")
            papers = _papers(reply, known=came)
            came.update(paper.id for paper in papers)
            yield Page(papers=papers, cursor=Cursor(position=today.isoformat()), found=count, query=query)
        if len(came) < (count or 0):
            raise TemporaryFailure(f"{_WHO} counted {count:,} trials and gave {len(came):,}")

    def _replies(self, query: str) -> Iterator[Mapping[str, Any]]:
        """Yield answer after answer, until one names no further page, or one that was read."""
        token, used = "", set[str]()
        while token not in used:
            used.add(token)
            reply = json_object(self._fetch(self._url(query, token)), who=_WHO)
            if not isinstance(at(reply, "studies"), list):
                raise TemporaryFailure(f"{_WHO} answered a search without a list of trials")
            yield reply
            token = text_at(reply, "nextPageToken")

    def _url(self, query: str, token: str) -> str:
        parameters = {
            "query.term": query,
            "format": "json",
            "countTotal": "true",
            "pageSize": self._options.page,
            **({"pageToken": token} if token else {}),
        }
        return f"{self._options.base.rstrip('/')}/studies?{urlencode(parameters)}"


def _papers(reply: Mapping[str, Any], *, known: set[str]) -> tuple[Paper, ...]:
    trials = {
        text_at(study, "protocolSection", "identificationModule", "nctId"): at(study, "protocolSection")
        for study in items_at(reply, "studies")
    }
    return tuple(_paper(id_, trial) for id_, trial in trials.items() if id_ and id_ not in known)


def _paper(id_: str, trial: object) -> Paper:
    posted = text_at(trial, "statusModule", "studyFirstPostDateStruct", "date")
    seen = day(posted)
    summary = text_at(trial, "descriptionModule", "briefSummary")
    sponsor = text_at(trial, "sponsorCollaboratorsModule", "leadSponsor", "name")
    return Paper(
        source="clinicaltrials",
        id=id_,
        url=f"https://clinicaltrials.gov/study/{quote(id_, safe='')}",
        title=text_at(trial, "identificationModule", "briefTitle") or f"({id_}, without a title)",
        affiliations=(sponsor,) if sponsor else (),
        journal=_WHO,
        published=posted,
        year=seen.year if seen else None,
        seen=seen,
        changed=day(text_at(trial, "statusModule", "lastUpdatePostDateStruct", "date")),
        abstract=(Passage(text=summary),) if summary else (),
        types=("Clinical Trial Registration",),
        keywords=(
            *texts_at(trial, "conditionsModule", "conditions"),
            *texts_at(trial, "conditionsModule", "keywords"),
        ),
        status=text_at(trial, "statusModule", "overallStatus"),
    )
