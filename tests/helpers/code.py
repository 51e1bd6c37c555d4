"""What is known of code, forgotten: as a new process knows nothing."""

from unlearning.study import sources


def forget():
    for name in ("sources", "blob", "_imported", "_behind", "_does_something"):
        getattr(sources, name).cache_clear()
    sources.known.clear()
