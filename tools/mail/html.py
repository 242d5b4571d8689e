"""HTML mail as plain text, in one pass.

Not `html.parser`: its handling of malformed markup has been quadratic more than once, and anybody may write
a mail.
"""

import html
import re

QUOTE_MARK = "> "
_RULE = "_" * 32
_BREAKS = {
    "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer", "form",
    "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tbody", "td", "th",
    "tr", "ul",
}  # fmt: skip
_SILENT = ("script", "style", "head", "title", "template", "noscript", "svg")
_NAME = re.compile(r"/?\s*([a-zA-Z][a-zA-Z0-9:-]{0,20})")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
MAX_HTML = 200_000
_MAX_DEPTH = 5


def html_to_text(source: str) -> str:
    """The text that a reader would see, `blockquote` as lines with '>'; reads 200,000 characters at most."""
    source = source[:MAX_HTML]
    lowered = source.lower()
    lines: list[str] = []
    current: list[str] = []
    depth = 0
    position = 0
    dead: set[str] = set()

    def end_line() -> None:
        text = _SPACE.sub(" ", html.unescape("".join(current))).strip()
        current.clear()
        if text or (lines and lines[-1].strip("> ")):
            lines.append(QUOTE_MARK * depth + text)

    while position < len(source):
        start = source.find("<", position)
        if start < 0:
            current.append(source[position:])
            break
        current.append(source[position:start])
        if source.startswith("<!--", start) and "-->" not in dead:
            end = source.find("-->", start + 4)
            if end >= 0:
                position = end + 3
                continue
            dead.add("-->")
        end = source.find(">", start)
        if end < 0:
            current.append(html.escape(source[start:]))
            break
        named = _NAME.match(source, start + 1, end)
        position = end + 1
        if named is None:
            if not source.startswith(("<!", "<?"), start):
                current.append(html.escape(source[start:position]))
            continue
        name, closing = named.group(1).lower(), source.startswith("/", start + 1)
        if name in _SILENT and not closing and name not in dead:
            close = lowered.find(f"</{name}", position)
            if close >= 0:
                position = close
            else:
                dead.add(name)
            continue
        if name in _BREAKS:
            end_line()
        if name == "blockquote":
            depth = max(0, depth - 1) if closing else min(_MAX_DEPTH, depth + 1)
        elif name == "hr":
            lines.append(QUOTE_MARK * depth + _RULE)
    end_line()
    return "\n".join(lines)
