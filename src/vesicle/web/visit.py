"""One request, as the pages see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_FIELDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page may know of a request.

    *token* is what stands behind the page's letter; *lang* what the address asks for, *accepts* what the
    browser does. *host* is the address of whoever asks, as the proxy tells it. *form* is what was sent, empty
    where it could not be read.
    """

    method: str
    token: str = field(default="", repr=False)
    lang: str = ""
    accepts: str = ""
    agent: str = ""
    host: str = ""
    form: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def is_post(self) -> bool:
        """Tell whether something was sent: only then may anything change."""
        return self.method == "POST"

    def one(self, name: str) -> str:
        """Give the first value of a field, without spaces around it; empty where there is none."""
        return self.all(name)[0].strip() if self.all(name) else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a field."""
        return self.form.get(name, ())


async def read_visit(request: Request) -> Visit:
    """Read *request* with its form, whichever of the two encodings it comes in."""
    return Visit(
        method=request.method,
        token=request.path_params.get("token", ""),
        lang=request.query_params.get("lang", ""),
        accepts=request.headers.get("accept-language", ""),
        agent=request.headers.get("user-agent", ""),
        host=request.client.host if request.client else "",
        form=await _form(request) if request.method == "POST" else {},
    )


async def _form(request: Request) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
            for name, value in form.multi_items():
                if not isinstance(value, UploadFile):
                    found[name] = (*found.get(name, ()), value)
    except HTTPException as error:
        # A broken form is an empty one: whoever leaves must get away all the same.
        if error.status_code != 400:
            raise
        return {}
    return found
