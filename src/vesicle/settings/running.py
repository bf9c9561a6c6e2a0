"""`monitor` and `logging`: how `vesicle run` is watched, and what it writes down."""

import re
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from vesicle.settings.strict import Strict


def _loopback(host: str) -> str:
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError(
            f"cannot be `{host}`: anybody could ask | write an address of this machine, 127.0.0.1"
        )
    return host


def _variable(text: str) -> str:
    if text and not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
        mend = "write `env:NAME` and set NAME in the environment"
        raise ValueError(f"is a secret, and this file is no place for one | {mend}")
    return text


class MonitorSettings(Strict):
    """How others notice that `vesicle run` is well, or silent."""

    host: Annotated[str, AfterValidator(_loopback)] = Field(
        default="127.0.0.1", description="Address of this machine at which `/health` and `/metrics` answer."
    )
    port: int = Field(default=0, ge=0, le=65535, description="Port of the same; 0 answers nowhere.")
    heartbeat_url: Annotated[str, AfterValidator(_variable)] = Field(
        default="",
        description="`env:NAME`: what is called as long as all is well, so that somebody elsewhere notices "
        "silence. The URL is a secret, and never in the log.",
    )
    heartbeat_minutes: int = Field(default=5, ge=1, le=1440, description="Minutes between two calls.")


class LineFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class Level(StrEnum):
    """From which weight on something is written into the log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LoggingSettings(Strict):
    """What `vesicle run` and `vesicle serve` write down; addresses and tokens never."""

    format: LineFormat = Field(
        default=LineFormat.TEXT, description="`text`: an event and its facts in a line; `json`: an object."
    )
    level: Level = Field(
        default=Level.INFO, description="`debug`, `info`, `warning` or `error`: the least that is written."
    )
    folder: str = Field(
        default="",
        description="Folder, from the site's, for a file a day (UTC) beside what goes to stderr, as "
        "`.vesicle/log`; empty for none.",
    )
    keep_days: int = Field(
        default=30, ge=1, le=3650, description="Days for which these files are kept; older ones are deleted."
    )
