"""The server itself: listens, remembers what was asked, and goes wrong as told."""

import socket
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from vesicle.testing.ncbi.crossref import works
from vesicle.testing.ncbi.efetch import efetch
from vesicle.testing.ncbi.einfo import einfo
from vesicle.testing.ncbi.esearch import esearch
from vesicle.testing.ncbi.esummary import esummary
from vesicle.testing.ncbi.europepmc import europepmc
from vesicle.testing.ncbi.history import History
from vesicle.testing.ncbi.making import retracted
from vesicle.testing.ncbi.rate import Rate
from vesicle.testing.ncbi.replies import TEXT, Params, Reply
from vesicle.testing.ncbi.rss import rss
from vesicle.testing.ncbi.script import Script, Twist, page
from vesicle.testing.ncbi.shelf import Shelf, day_after
from vesicle.testing.ncbi.trials import Study, studies

EUTILS = "/entrez/eutils/"
LONGEST_TARGET = 8_190
"""Bytes of path and query that a GET may have; NCBI answers 414 to 2,000 ids (about 18,000)."""

_HOST = "127.0.0.1"


class Ncbi:
    """PubMed, Europe PMC, ClinicalTrials.gov, Crossref and PubMed's feeds on a free port, inside a `with`.

    *requests* are path and query of each request so far (of a POST with its body), *unsigned* those to
    E-utilities without `tool` or `email`; *studies* are what the trial registry holds (see `study`).
    *rate* is how many requests a second E-utilities takes without a key (NCBI: 3; with one 10 for every 3),
    None for any number, counted by *clock* (seconds). *known* are words that its index holds beside those of
    the records; a query word that is in neither is "not found", as in PubMed.
    """

    def __init__(
        self,
        records: Iterable[bytes] = (),
        *,
        script: Script | None = None,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        known: Iterable[str] = (),
    ) -> None:
        self.requests: list[str] = []
        self.unsigned: list[str] = []
        self.studies: list[Study] = []
        self._shelf = Shelf(records, known=known)
        self._history = History()
        self._script = script
        self._rate = Rate(rate, clock)
        self._answers: list[tuple[str, dict[str, str], bytes]] = []
        self._feeds: dict[str, str] = {}
        self._port = 0

    @property
    def url(self) -> str:
        """Give the address without a final slash, once the server has started."""
        return f"http://{_HOST}:{self._port}"

    def put(self, record_xml: bytes) -> None:
        """Take up a record, in place of an earlier one with its PMID."""
        self._shelf.put(record_xml)

    def delete(self, pmid: str) -> None:
        """Let a record vanish; KeyError when it is not there."""
        self._shelf.delete(pmid)

    def retract(self, pmid: str, *, on: date | None = None) -> None:
        """Rewrite a record as PubMed does when its paper is retracted, revised *on* that day.

        Without a day: the day after the last change of any record. KeyError when it is not there.
        """
        record = self._shelf.get(pmid)
        if record is None:
            raise KeyError(pmid)
        self.put(retracted(record.xml, on=on or day_after(self._shelf.newest())))

    def answer(self, path: str, query: str, body: bytes) -> None:
        """Answer requests for *path* that have all parameters of *query* with *body*, byte for byte."""
        self._answers.insert(0, (path, _params(query), body))

    def feed(self, term: str) -> str:
        """Save a search; give the URL of its RSS feed. A feed that nobody saved holds every record."""
        name = f"made-up-{len(self._feeds) + 1}"
        self._feeds[name] = term
        return f"{self.url}/rss/search/{name}/?limit=15&utm_campaign=pubmed-2"

    def __enter__(self) -> Self:
        listening = socket.socket()
        listening.bind((_HOST, 0))
        self._port = listening.getsockname()[1]
        self._server = _Server(_config(self._app()))
        self._thread = Thread(
            target=self._server.run, args=([listening],), daemon=True, name=f"ncbi-{self._port}"
        )
        self._thread.start()
        self._server.ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _app(self) -> Starlette:
        shelf, history = self._shelf, self._history
        tools: dict[str, Callable[[Request, Params], Reply]] = {
            f"{EUTILS}esearch.fcgi": lambda _, params: esearch(params, shelf, history),
            f"{EUTILS}efetch.fcgi": lambda _, params: efetch(params, shelf, history),
            f"{EUTILS}esummary.fcgi": lambda _, params: esummary(params, shelf, history),
            f"{EUTILS}einfo.fcgi": lambda _, params: einfo(params, shelf),
            "/europepmc/webservices/rest/search": lambda _, params: europepmc(params, shelf, base=self.url),
            "/api/v2/studies": lambda _, params: studies(params, self.studies),
            "/works/{doi:path}": lambda request, _: works(request.path_params["doi"], shelf),
            "/rss/search/{name}/": self._rss,
            "/{rest:path}": lambda *_: Reply(body=b"Not Found", media_type=TEXT, status=404),
        }
        routes = [Route(path, self._endpoint(tool), methods=["GET", "POST"]) for path, tool in tools.items()]
        return Starlette(routes=routes)

    def _rss(self, request: Request, params: Params) -> Reply:
        return rss(self._feeds.get(request.path_params["name"], ""), params, self._shelf)

    def _endpoint(self, tool: Callable[[Request, Params], Reply]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = (await request.body()).decode()
            query = "&".join(filter(None, (request.url.query, body)))
            path = quote(request.url.path)
            target = f"{path}?{query}" if query else path
            params = _params(query)
            self._note(path, params, target)
            twist = (self._script(len(self.requests), target) if self._script else None) or Twist()
            reply = twist.reply or self._refusal(request, params, target) or self._fixed(path, params)
            if twist.wait:
                await sleep(twist.wait)
            reply = reply or tool(request, params)
            kind = _CutResponse if twist.is_cut else Response
            return kind(reply.body, status_code=reply.status, headers={"content-type": reply.media_type})

        return endpoint

    def _note(self, path: str, params: Params, target: str) -> None:
        self.requests.append(target)
        if path.startswith(EUTILS) and not (params.get("tool") and params.get("email")):
            self.unsigned.append(target)

    def _refusal(self, request: Request, params: Params, target: str) -> Reply | None:
        if request.method == "GET" and len(target) > LONGEST_TARGET:
            return page("414 Request-URI Too Large", status=414)
        if not request.url.path.startswith(EUTILS):
            return None
        address = request.client.host if request.client else ""
        return self._rate.refusal(key=params.get("api_key", ""), address=address)

    def _fixed(self, path: str, params: Params) -> Reply | None:
        for fixed, wanted, body in self._answers:
            if fixed == path and wanted.items() <= params.items():
                return Reply(body=body, media_type=TEXT)
        return None


class _CutResponse(Response):
    """Ends in the middle of its body; the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class _Server(uvicorn.Server):
    """Tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        # A cut answer is wanted, and no error to tell of.
        log_level="critical",
        access_log=False,
        # Beyond what NCBI takes, so that the answer is its 414 and not a broken connection.
        h11_max_incomplete_event_size=1 << 20,
        timeout_graceful_shutdown=1,
    )


def _params(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))
