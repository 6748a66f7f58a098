"""Layout of the HTML pages of the API: the start page and the problem pages. They have no scripts and load nothing."""

import base64
import hashlib
from html import escape
from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --text: #1c2330; --quiet: #566072; --line: #dfe3ea; --link: #0b57d0; --page: #fff;
  --code: #f3f5f8 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ef; --quiet: #a3adbd; --line: #343b48; --link: #8ab4f8; --page: #14181f; --code: #1f252f }
}
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1.25rem 3rem }
h1 { margin: 0; font-size: 1.75rem; overflow-wrap: anywhere }
h2 { margin: 2rem 0 .25rem; font-size: 1.1rem }
p { margin: .25rem 0; color: var(--quiet) }
ul { margin: 0; padding: 0; list-style: none }
li { padding: .6rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
a { color: var(--link); font-weight: 600 }
code, pre { background: var(--code); border-radius: .25rem; font: .875em/1.5 ui-monospace, monospace }
code { padding: .1em .3em; overflow-wrap: anywhere }
pre { margin: .5rem 0; padding: .75rem 1rem; overflow-wrap: anywhere; white-space: pre-wrap }
"""

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content security policy of these pages: nothing but their own style, and the empty icon."""


def page(title: str, content: str, language: str = "en") -> str:
    """Return a whole page. `title` is plain text, and `content` is HTML."""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        f"<main>\n{content}</main>\n</body>\n</html>\n"
    )
