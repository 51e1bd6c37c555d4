"""Where a study says what is wrong in it: the config file and the line of a key."""

import re
from collections.abc import Collection, Iterable
from contextlib import suppress

import yaml

#: A complaint about a config, which names the key with a dot between its parts.
COMPLAINT = re.compile(r"config: ([^:]+): ")


def placed(complaint: str, files: Iterable[str], given: Collection[str] = ()) -> str:
    """Return a complaint with the file and the line of its key, where these are known.

    Parameters
    ----------
    complaint : ``config: key: what is wrong``; another text, or one that has its line, stays
    files : config files, later ones over earlier ones
    given : keys of the top level that the command line has set, which are in no file
    """
    found = COMPLAINT.match(complaint)
    parts = found[1].split(".") if found else []
    if not parts or parts[0] in given:
        return complaint
    best, place = min(2, len(parts)), ""  # of a method that no file has, no line of another
    for file in files:
        with suppress(OSError, ValueError, yaml.YAMLError), open(file, encoding="utf-8") as text:
            depth, line = _reached(yaml.compose(text, yaml.SafeLoader), parts)
            if depth >= best:
                best, place = depth, f" ({file}, line {line})"
    return complaint if complaint.endswith(place) else complaint + place


def _reached(node: yaml.Node | None, parts: list[str]) -> tuple[int, int]:
    """Return how many parts of a key a file has, and the line of the last of them."""
    line = 1
    for depth, part in enumerate(parts):
        values: dict[str, tuple[int, yaml.Node]] = {}
        if isinstance(node, yaml.MappingNode):
            values = {key.value: (key.start_mark.line, value) for key, value in node.value}
        elif isinstance(node, yaml.SequenceNode):
            values = {str(n): (each.start_mark.line, each) for n, each in enumerate(node.value)}
        if part not in values:
            return depth, line
        start, node = values[part]
        line = start + 1
    return len(parts), line
