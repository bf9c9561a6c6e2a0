"""A person's word on an issue."""

from dataclasses import replace
from datetime import datetime

from vesicle.model.errors import ContentError
from vesicle.model.issue import Approval
from vesicle.pipeline.prepare import Prepared
from vesicle.ports import ContentStore


def approve(prepared: Prepared, store: ContentStore, *, by: str, now: datetime) -> Approval:
    """Write into the issue's file that *by* approves what was prepared; raises ContentError on any error."""
    if prepared.errors:
        raise ContentError(prepared.errors)
    approval = Approval(by=by, at=now, hash=prepared.hash)
    store.write_approval(replace(prepared.issue, approval=approval))
    return approval
