"""The frame of a page that people read: one document that refers to nothing outside itself."""

from html import escape

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 72em; color: #222;
       padding: 0 1em; background: #fff; }
table { border-collapse: collapse; margin: .6em 0; }
td, th { text-align: left; vertical-align: top; padding: .25em .9em .25em 0;
         border-top: 1px solid #ddd; }
th { border-top: 0; font-weight: 600; }
code, pre { font-size: 13px; overflow-wrap: anywhere; }
td { font-variant-numeric: tabular-nums; }
.about { max-width: 46em; }
"""


def document(title: str, body: str, style: str = "") -> str:
    """Return a whole page.

    Parameters
    ----------
    title : as text, also the page's heading
    body : what follows the heading, as HTML
    style : further rules, after the common ones
    """
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<style>{STYLE}{style}</style></head><body>
<h1>{escape(title)}</h1>
{body}
</body></html>
"""
