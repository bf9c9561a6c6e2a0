"""Where mail providers report what became of mails."""

from functools import partial

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from vesicle.model.errors import NotFound, PermanentFailure, TemporaryFailure, UserError
from vesicle.web.house import House


async def hook(house: House, request: Request) -> Response:
    """Hand a report on: 204; 403 where it is forged, 404 for an unknown provider, 400 for another shape.

    With 503 the provider sends it again later.
    """
    provider, body = request.path_params["provider"], await request.body()
    try:
        report = partial(house.reports, provider, body, dict(request.headers))
        await run_sync(report, limiter=house.writers)
    except NotFound:
        return PlainTextResponse("There is no such provider.\n", status_code=404)
    except PermanentFailure:
        return PlainTextResponse("The signature is not the provider's.\n", status_code=403)
    except UserError:
        return PlainTextResponse("This is no report of the provider.\n", status_code=400)
    except TemporaryFailure:
        return PlainTextResponse("Not now.\n", status_code=503, headers={"Retry-After": "60"})
    return Response(status_code=204)
