"""ClinicalTrials.gov's `/api/v2/studies`."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import date
from typing import Any

from vesicle.testing.ncbi.replies import TEXT, Params, Reply, as_json, number
from vesicle.testing.ncbi.shelf import normal

Study = dict[str, Any]
_RANGE = re.compile(r"AREA\[LastUpdatePostDate\]RANGE\[([^,\]]+),\s*([^\]]+)\]")


def study(
    *, nct: str, title: str, summary: str = "", updated: date, status: str = "NOT_YET_RECRUITING"
) -> Study:
    """Give a study as the registry nests it."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct, "briefTitle": title, "officialTitle": title},
            "statusModule": {
                "overallStatus": status,
                "studyFirstPostDateStruct": {"date": f"{updated}", "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": f"{updated}", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Made-up Sponsor", "class": "OTHER"}},
            "descriptionModule": {"briefSummary": summary},
            "conditionsModule": {"conditions": [], "keywords": []},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1"]},
        },
        "hasResults": False,
    }


def studies(params: Params, known: Sequence[Study]) -> Reply:
    """Give a page of the studies that hold one of the `query.*` words' alternatives, last changed first."""
    found = sorted(
        (one for one in known if _fits(one, params)), key=lambda one: (_updated(one), _nct(one)), reverse=True
    )
    starts = {_token(at): at for at in range(len(found))}
    token = params.get("pageToken", "")
    if token and token not in starts:
        return Reply(body=b"`pageToken` is incorrect\n", media_type=TEXT, status=400)
    start = starts.get(token, 0)
    end = start + min(number(params, "pageSize", 10), 1000)
    answer: dict[str, object] = {"studies": found[start:end]}
    if end < len(found):
        answer["nextPageToken"] = _token(end)
    if params.get("countTotal") == "true":
        answer["totalCount"] = len(found)
    return as_json(answer)


def _fits(one: Study, params: Params) -> bool:
    asked = " ".join(
        value for name, value in params.items() if name.startswith(("query.", "filter.advanced"))
    )
    days = _RANGE.search(asked)
    if days and not (_day(days[1], "0000") <= _updated(one) <= _day(days[2], "9999")):
        return False
    statuses = params.get("filter.overallStatus", "").replace("|", ",")
    if statuses and one["protocolSection"]["statusModule"]["overallStatus"] not in statuses.split(","):
        return False
    text = f" {normal(json.dumps(one, ensure_ascii=False))} "
    return all(_has(text, words) for words in re.split(r"\s+AND\s+", _RANGE.sub("", asked)))


def _has(text: str, words: str) -> bool:
    choices = [normal(choice) for choice in re.split(r"\s+OR\s+", words)]
    return any(f" {choice} " in text for choice in choices) or not any(choices)


def _day(text: str, other: str) -> str:
    return other if text.strip() in ("MIN", "MAX") else text.strip()


def _updated(one: Study) -> str:
    return str(one["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"])


def _nct(one: Study) -> str:
    return str(one["protocolSection"]["identificationModule"]["nctId"])


def _token(at: int) -> str:
    return urlsafe_b64encode(f"studies from {at}".encode()).decode().rstrip("=")
