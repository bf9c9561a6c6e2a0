"""Writes an approval into the text of an issue file and leaves every other byte as it was."""

import re

from vesicle.model.issue import Approval

_BLOCK = re.compile(r"^approved:[^\n]*\n(?:[ \t]+[^\n]*\n)*", re.MULTILINE)
_STATUS = re.compile(r"^(status:[ \t]*)draft\b", re.MULTILINE)
_FENCE = re.compile(r"^\ufeff?---[ \t]*\r?$", re.MULTILINE)


def with_approval(text: str, approval: Approval) -> str:
    """Give *text* with this approval in its front matter, in place of one it had; a draft becomes ready."""
    end = [found.start() for found in _FENCE.finditer(text)][1]
    fields, rest = text[:end], text[end:]
    newline = "\r\n" if "\r\n" in fields else "\n"
    fields = _STATUS.sub(r"\g<1>ready", _BLOCK.sub("", fields), count=1)
    return fields + _block(approval).replace("\n", newline) + rest


def _block(approval: Approval) -> str:
    by = approval.by.replace("\\", "\\\\").replace('"', '\\"')
    at = approval.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f'approved:\n  by: "{by}"\n  at: {at}\n  hash: {approval.hash}\n'
