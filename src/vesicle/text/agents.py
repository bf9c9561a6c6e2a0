"""Programs that follow the links of mails to look for harm, by what they call themselves."""

import re

# Scanners of mail gateways, link previews, libraries and command lines, in small letters. Most scanners
# hide behind the name of a browser, so that this is one sign among others, and never a proof.
_NAMES = (
    "barracuda",
    "bingpreview",
    "bot",
    "checkpoint",
    "cisco",
    "cloudmark",
    "crawler",
    "curl",
    "facebookexternalhit",
    "fireeye",
    "forcepoint",
    "go-http-client",
    "headlesschrome",
    "httpclient",
    "java/",
    "libwww",
    "mcafee",
    "mimecast",
    "ms-office",
    "okhttp",
    "preview",
    "proofpoint",
    "python",
    "safelinks",
    "scan",
    "sophos",
    "spider",
    "symantec",
    "trendmicro",
    "urldefense",
    "wget",
    "whatsapp",
    "zscaler",
)
_SCANNER = re.compile("|".join(re.escape(name) for name in _NAMES))


def looks_like_scanner(agent: str) -> bool:
    """Tell whether *agent*, a `User-Agent`, is empty or that of a program which follows links by itself."""
    return not agent.strip() or bool(_SCANNER.search(agent.lower()))
