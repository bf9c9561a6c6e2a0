"""Serves the pages over HTTP until it is asked to stop."""

from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 10


def serve(pages: ASGIApp, *, host: str, port: int, proxies: Sequence[str]) -> None:
    """Answer requests at *host* and *port* until SIGTERM or Ctrl-C; what is in hand then is finished.

    The address of a visitor is believed from a proxy at one of *proxies* alone.
    """
    uvicorn.run(
        pages,
        host=host,
        port=port,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        # Its own lines would hold the tokens of links.
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
