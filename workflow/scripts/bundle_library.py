"""Take the JavaScript that draws out of the installed package, as one file."""

import vl_convert

from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to

log_to(snakemake.log[0])
with atomic(snakemake.output[0]) as temporary:
    temporary.write_text(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
