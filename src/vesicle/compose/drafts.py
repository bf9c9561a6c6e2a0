"""The texts of new content files, every field explained, for a person to fill in."""

from datetime import date, datetime

from vesicle.model.issue import Newsletter
from vesicle.model.item import Kind

_FINDING = """---
# A headline of at most 90 characters. Say "in mice" or "in cells" where it was not people.
title:
status: draft    # draft, ready or retired: only a ready finding is composed into an issue
updated: {today}    # the day you last changed what it says
# One plain sentence: what was found, in whom.
summary:
# The paper: its PMID or DOI (both if you have them), or title, journal and year where neither is known.
paper:
  pmid:
  doi:
# The evidence label. You may leave it out.
#   design: guideline, systematic review, randomised trial, controlled trial, observational study,
#           case series, case report, review, animal study, laboratory study or opinion
#   subjects: any of people, animals, cells
#   size: with its unit, such as 24 rats
evidence:
# Each claim is one sentence that can be checked, with the passage of the paper that bears it:
# a quote of at most two sentences, word for word.
claims:
#  - text: One sentence in your words.
#    passage: "The sentence of the paper."
# What the result does not show.
caveat:
topics: []    # such as [extracellular-vesicles, skin]
author:    # who answers for this text: name, role
# A picture from content/images. You may leave it out.
# image:
#   src: picture.png
#   alt: What the picture shows, for those who cannot see it
#   credit: Who made it
#   licence: CC BY 4.0
# Your own wording for a channel. You may leave it out.
# social:
#   bluesky: Text of the post
---
"""

_EXPLAINER = """---
# A headline of at most 90 characters.
title:
status: draft    # draft, ready or retired: only a ready explainer is composed into an issue
updated: {today}    # the day you last changed what it says
# One plain sentence that answers the question.
summary:
# Short texts to quote, each complete by itself, with its source: a URL, a DOI or "PMID 12345678".
snippets:
#  - text: One or two sentences.
#    source: 10.1002/jev2.12404
topics: []    # such as [secretome]
author:    # who answers for this text: name, role
---
"""

_ISSUE = """---
newsletter: {newsletter}
number: {number}
due: {due:%Y-%m-%d %H:%M}    # local time in {zone}
# What the mail says in the inbox: at most 60 characters.
subject:
# The line behind the subject: 40 to 110 characters, and not the subject again.
preheader:
status: draft    # `vesicle approve` makes it ready; `cancelled` keeps it from ever being sent
# Headings and the slugs of the items below each (the names of their files, without .md).
sections:
#  - heading: Findings
#    items: [slug-one, slug-two]
---
"""


def item(kind: Kind, *, today: date) -> str:
    """Write an empty finding or explainer. Its body, below the last line, is for the editor."""
    return (_FINDING if kind is Kind.FINDING else _EXPLAINER).format(today=today.isoformat())


def issue(newsletter: Newsletter, *, number: int, due: datetime) -> str:
    """Write an empty issue. The introduction, below the last line, is for the editor."""
    return _ISSUE.format(newsletter=newsletter.slug, number=number, due=due, zone=newsletter.zone)
