"""A PubMed for loopback, with the sources around it, and records to put into it."""

from vesicle.testing.ncbi.demo import demo_records, known_records
from vesicle.testing.ncbi.making import record
from vesicle.testing.ncbi.script import (
    CUT,
    HIDDEN_TOO_MANY,
    SERVER_ERROR,
    TOO_MANY,
    WEB_PAGE,
    XML_ERROR,
    Script,
    Twist,
    on_request,
    slow,
)
from vesicle.testing.ncbi.server import Ncbi
from vesicle.testing.ncbi.shelf import real_records
from vesicle.testing.ncbi.trials import study

__all__ = [
    "CUT",
    "HIDDEN_TOO_MANY",
    "SERVER_ERROR",
    "TOO_MANY",
    "WEB_PAGE",
    "XML_ERROR",
    "Ncbi",
    "Script",
    "Twist",
    "demo_records",
    "known_records",
    "on_request",
    "real_records",
    "record",
    "slow",
    "study",
]
