"""The frame of a page that people read: one document that refers to nothing outside itself."""

import gzip
import re
from base64 import b64encode
from html import escape, unescape

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
#: Bytes of a page that Chromium opens within a report: there it is an address, of at most 2 MB.
IN_ADDRESS = 1_500_000
PICTURE = re.compile(r'<img src="data:[^"]*"[^>]*>')
#: In the place of a page that is packed: it unpacks itself.
UNPACK = """<p id="unpacking">This page unpacks itself, for which it needs JavaScript, in a browser
of 2023 or later.</p>
<script type="application/octet-stream" id="packed">{packed}</script>
<script>(async () => {{
const packed = atob(document.getElementById("packed").textContent);
const bytes = Uint8Array.from(packed, letter => letter.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const page = await new Response(stream).text();
document.open(); document.write(page); document.close();
}})();</script>"""


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


def compressed(content: bytes) -> str:
    """Return bytes in few letters, which a page unpacks."""
    return b64encode(gzip.compress(content, mtime=0)).decode()


def in_report(page: str, path: str) -> str:
    """Return what a report in one file shows of a page, in at most `IN_ADDRESS` bytes.

    That is all of it, else packed, else packed and without its pictures, which a report has as
    files of their own; else where it lies.

    Parameters
    ----------
    page : a whole `document`
    path : of its file
    """
    if len(page.encode()) <= IN_ADDRESS:
        return page
    title = unescape(page.split("<title>", 1)[1].split("</title>", 1)[0])
    noted = PICTURE.sub("<p><i>This picture is a file of the report itself.</i></p>", page)
    for each in (page, noted):
        packed = document(title, UNPACK.format(packed=compressed(each.encode())))
        if len(packed.encode()) <= IN_ADDRESS:
            return packed
    sentence = (
        f"<p>This page has {len(page.encode()) / 1e6:.1f} MB, more than a browser shows within a "
        f"report in one file: open <code>{escape(path)}</code> itself, or take it along in a "
        "report of the same targets by <code>--report report.zip</code>.</p>"
    )
    return document(title, sentence)
