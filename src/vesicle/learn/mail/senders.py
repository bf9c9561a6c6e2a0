"""Who wrote a mail: a mail system, a machine on behalf of somebody, or a person (RFC 3834)."""

import re
from email.errors import MessageError
from email.header import decode_header, make_header

from vesicle.learn.mail.mime import Mail

_SYSTEM = re.compile(
    r"mailer-?daemon|postmaster|mdaemon|mail.?(delivery|administrator|service)|delivery.?(sub)?system"
    r"|system.?administrator|<>",
    re.IGNORECASE,
)
_MARKS = frozenset(
    {
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-reply",
        "x-vacation",
        "x-away",
        "x-boxtrapper",
    }
)
_ANSWERS = frozenset({"auto_reply", "auto-reply", "autoreply"})
_BULK = frozenset({"bulk", "junk", "list"})
_REPLIED = "auto-replied"
# The last hint, and only at the start of a subject: what programs of the usual languages put before it.
_AWAY = re.compile(
    r"auto(matic|matische|matisches|mat\.|matisk|matiskt|maattinen)?[ -]?"
    r"(reply|response|antwort|antwoord|svar|vastaus|responder)\b"
    r"|out of (the )?office|(i am |i'm )?on (vacation|holiday|leave)\b|vacation\b|away from"
    r"|abwesenheit|abwesend|nicht im büro|absence du|message d'absence|réponse automatique"
    r"|respuesta automática|fuera de (la )?oficina|resposta automática|risposta automatica|fuori sede"
    r"|afwezig|frånvaro|fravær|poissa|autoodpowiedź|odpowiedź automatyczna|nieobecno|automatická odpov"
    r"|автоматический ответ|автоответ|自動返信|自動応答|不在|自动回复|自動回覆|자동 ?회신|부재중"
    r"|ตอบกลับอัตโนมัติ|ไม่อยู่|پاسخ خودکار|الرد التلقائي|رد تلقائي|otomatik yanıt"
    # Those who ask back whether we are a person.
    r"|please confirm your (message|e?-?mail)"
    r"|(your )?(e?-?mail|message) requires (confirmation|verification)",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"^\s*((re|aw|fwd?|wg|sv|vs|antw|tr)\s*:\s*|\[[^\]]{0,40}\]\s*){1,5}", re.IGNORECASE)
_RETURNED = re.compile(
    r"(non-?|un)?deliver|returned mail|failure notice|mail (error|failed)|could not be", re.IGNORECASE
)
_LONGEST_SUBJECT = 500


def is_system(mail: Mail) -> bool:
    """Tell whether a mail system is the author, by its name; a vacation note has a person's."""
    return (
        bool(_SYSTEM.search(mail.first("from")[:500] or "<>"))
        or "daemon" in mail.first("return-path").lower()
    )


def is_answering(mail: Mail) -> bool:
    """Tell whether a machine answered for a person: away, has a new address, wants a confirmation."""
    names = {name for name, _ in mail.fields}
    if names & _MARKS or _precedence(mail) in _ANSWERS:
        return True
    if _AWAY.match(_BEFORE.sub("", subject(mail))):
        return True
    return _submitted(mail) == _REPLIED and not is_system(mail)


def is_automatic(mail: Mail) -> bool:
    """Tell whether no person wrote *mail*, and it does not look like a mail that was returned either."""
    is_marked = _submitted(mail) not in ("", "no") or _precedence(mail) in _BULK
    # A receipt that says that somebody has read it (RFC 8098).
    is_receipt = mail.parameter("report-type").lower() == "disposition-notification"
    return (is_marked or is_receipt) and not is_system(mail) and not _RETURNED.search(subject(mail))


def subject(mail: Mail) -> str:
    """Give the subject as a reader sees it, at most 500 characters; as it is where it cannot be decoded."""
    raw = mail.first("subject")[:_LONGEST_SUBJECT]
    try:
        return str(make_header(decode_header(raw)))[:_LONGEST_SUBJECT]
    except (ValueError, LookupError, MessageError):
        return raw


def _submitted(mail: Mail) -> str:
    """Give the keyword of Auto-Submitted (RFC 3834, section 5), without its comment."""
    words = mail.first("auto-submitted").lower().replace("(", " ").replace(";", " ").split()
    return words[0] if words else ""


def _precedence(mail: Mail) -> str:
    return mail.first("precedence").strip().lower()
