"""The grammar of MJML 4.18.0, made by tests/golden/regenerate_grammar.mjs from the npm package `mjml`.

The MIT License (MIT)

Copyright (c) 2016 Mailjet SAS, https://mjml.io

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

from collections.abc import Mapping


def _sets(table: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in table.items()}


_OWN = {
    "mj-accordion": """
        border container-background-color font-family icon-align icon-height
        icon-position icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt
        icon-wrapped-url padding padding-bottom padding-left padding-right padding-top
    """,
    "mj-accordion-element": """
        background-color border font-family icon-align icon-height icon-position
        icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt
        icon-wrapped-url
    """,
    "mj-accordion-text": """
        background-color color font-family font-size font-weight letter-spacing
        line-height padding padding-bottom padding-left padding-right padding-top
    """,
    "mj-accordion-title": """
        background-color color font-family font-size font-weight padding padding-bottom
        padding-left padding-right padding-top
    """,
    "mj-attributes": "",
    "mj-body": "background-color width",
    "mj-breakpoint": "width",
    "mj-button": """
        align background-color border border-bottom border-left border-radius
        border-right border-top color container-background-color font-family font-size
        font-style font-weight height href inner-padding letter-spacing line-height name
        padding padding-bottom padding-left padding-right padding-top rel target
        text-align text-decoration text-transform title vertical-align width
    """,
    "mj-carousel": """
        align border-radius container-background-color icon-width left-icon padding
        padding-bottom padding-left padding-right padding-top right-icon tb-border
        tb-border-radius tb-hover-border-color tb-selected-border-color tb-width
        thumbnails
    """,
    "mj-carousel-image": """
        alt border-radius href rel src target tb-border tb-border-radius thumbnails-src
        title
    """,
    "mj-column": """
        background-color border border-bottom border-left border-radius border-right
        border-top direction inner-background-color inner-border inner-border-bottom
        inner-border-left inner-border-radius inner-border-right inner-border-top padding
        padding-bottom padding-left padding-right padding-top vertical-align width
    """,
    "mj-divider": """
        align border-color border-style border-width container-background-color padding
        padding-bottom padding-left padding-right padding-top width
    """,
    "mj-font": "href name",
    "mj-group": "background-color direction vertical-align width",
    "mj-head": "",
    "mj-hero": """
        background-color background-height background-position background-url
        background-width border-radius container-background-color height
        inner-background-color inner-padding inner-padding-bottom inner-padding-left
        inner-padding-right inner-padding-top mode padding padding-bottom padding-left
        padding-right padding-top vertical-align
    """,
    "mj-html-attribute": "name",
    "mj-html-attributes": "",
    "mj-image": """
        align alt border border-bottom border-left border-radius border-right border-top
        container-background-color fluid-on-mobile font-size height href max-height name
        padding padding-bottom padding-left padding-right padding-top rel sizes src
        srcset target title usemap width
    """,
    "mj-navbar": """
        align base-url hamburger ico-align ico-close ico-color ico-font-family
        ico-font-size ico-line-height ico-open ico-padding ico-padding-bottom
        ico-padding-left ico-padding-right ico-padding-top ico-text-decoration
        ico-text-transform padding padding-bottom padding-left padding-right padding-top
    """,
    "mj-navbar-link": """
        color font-family font-size font-style font-weight href letter-spacing
        line-height name padding padding-bottom padding-left padding-right padding-top
        rel target text-decoration text-transform
    """,
    "mj-preview": "",
    "mj-raw": "position",
    "mj-section": """
        background-color background-position background-position-x background-position-y
        background-repeat background-size background-url border border-bottom border-left
        border-radius border-right border-top direction full-width padding padding-bottom
        padding-left padding-right padding-top text-align text-padding
    """,
    "mj-selector": "path",
    "mj-social": """
        align border-radius color container-background-color font-family font-size
        font-style font-weight icon-height icon-padding icon-size inner-padding
        line-height mode padding padding-bottom padding-left padding-right padding-top
        table-layout text-decoration text-padding vertical-align
    """,
    "mj-social-element": """
        align alt background-color border-radius color font-family font-size font-style
        font-weight href icon-height icon-padding icon-position icon-size line-height
        name padding padding-bottom padding-left padding-right padding-top rel sizes src
        srcset target text-decoration text-padding title vertical-align
    """,
    "mj-spacer": """
        border border-bottom border-left border-right border-top
        container-background-color height padding padding-bottom padding-left
        padding-right padding-top
    """,
    "mj-style": "inline",
    "mj-table": """
        align border cellpadding cellspacing color container-background-color font-family
        font-size font-weight line-height padding padding-bottom padding-left
        padding-right padding-top role table-layout vertical-align width
    """,
    "mj-text": """
        align background-color color container-background-color font-family font-size
        font-style font-weight height letter-spacing line-height padding padding-bottom
        padding-left padding-right padding-top text-decoration text-transform
        vertical-align
    """,
    "mj-title": "",
    "mj-wrapper": """
        background-color background-position background-position-x background-position-y
        background-repeat background-size background-url border border-bottom border-left
        border-radius border-right border-top direction full-width gap padding
        padding-bottom padding-left padding-right padding-top text-align text-padding
    """,
    "mjml": "dir lang owa",
}

_PARENTS = {
    "mj-accordion": "mj-attributes mj-column mj-hero",
    "mj-accordion-element": "mj-accordion mj-attributes",
    "mj-accordion-text": "mj-accordion-element mj-attributes",
    "mj-accordion-title": "mj-accordion-element mj-attributes",
    "mj-all": "mj-attributes",
    "mj-attributes": "mj-attributes mj-head",
    "mj-body": "mj-attributes mjml",
    "mj-breakpoint": "mj-attributes mj-head",
    "mj-button": "mj-attributes mj-column mj-hero",
    "mj-carousel": "mj-attributes mj-column mj-hero",
    "mj-carousel-image": "mj-attributes mj-carousel",
    "mj-class": "mj-attributes",
    "mj-column": "mj-attributes mj-group mj-section",
    "mj-divider": "mj-attributes mj-column mj-hero",
    "mj-font": "mj-attributes mj-head",
    "mj-group": "mj-attributes mj-section",
    "mj-head": "mj-attributes mjml",
    "mj-hero": "mj-attributes mj-body mj-wrapper",
    "mj-html-attribute": "mj-attributes mj-selector",
    "mj-html-attributes": "mj-attributes mj-head",
    "mj-image": "mj-attributes mj-column mj-hero",
    "mj-navbar": "mj-attributes mj-column mj-hero",
    "mj-navbar-link": "mj-attributes mj-navbar",
    "mj-preview": "mj-attributes mj-head",
    "mj-raw": """
        mj-accordion mj-accordion-element mj-attributes mj-body mj-column mj-group
        mj-head mj-hero mj-navbar mj-section mj-social mj-wrapper mjml
    """,
    "mj-section": "mj-attributes mj-body mj-wrapper",
    "mj-selector": "mj-attributes mj-html-attributes",
    "mj-social": "mj-attributes mj-column mj-hero",
    "mj-social-element": "mj-attributes mj-social",
    "mj-spacer": "mj-attributes mj-column mj-hero",
    "mj-style": "mj-attributes mj-head",
    "mj-table": "mj-attributes mj-column mj-hero",
    "mj-text": "mj-attributes mj-column mj-hero",
    "mj-title": "mj-attributes mj-head",
    "mj-wrapper": "mj-attributes mj-body",
    "mjml": "",
}

# The attributes a tag may carry; those two of `mj-attributes` may carry any.
ATTRIBUTES = _sets(_OWN)
ATTRIBUTES["mj-all"] = frozenset().union(*ATTRIBUTES.values())
ATTRIBUTES["mj-class"] = ATTRIBUTES["mj-all"] | {"name"}

# The tags a tag may stand in.
PARENTS = _sets(_PARENTS)

# What stands inside of these is HTML, text or CSS, not MJML.
ENDING = _sets(
    {
        "ending": """
        mj-accordion-text mj-accordion-title mj-breakpoint mj-button mj-carousel-image
        mj-navbar-link mj-preview mj-raw mj-social-element mj-style mj-table mj-text
        mj-title
    """
    }
)["ending"]
