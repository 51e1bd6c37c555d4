"""What --config gives in braces means what it would mean in a file."""

from copy import deepcopy

import pytest
import yaml
from snakemake.cli import parse_config
from snakemake.utils import update_config

from tests.helpers.configs import CONFIG
from unlearning.study import config as studies
from unlearning.study.command_line import read_values

GIVEN = {
    "numbers": "ensemble={members: 20, floor_members: 20, chunk: 20}",
    "a list": "oracle_stopped_epochs=[1, 2]",
    "a number in e-notation": "training={weight_decay: 1.0e-4}",
    "null": "dataset={folder: null}",
    "null instead of a number": "checkpoint_epochs=null",
    "a truth value": "computing={compile: true}",
    "names": "run={forget_sets: ['1', '2'], methods: [ga]}",
    "a list in a dictionary": "methods={ga: {sweep: {learning_rate: [1.0e-3, 1.0e-2]}}}",
    "one form or another": "theory={logistic: {data_sets: {x: "
    "{retained: [1], forgotten: [2], ridge: 0.5}}}}",
    "a forget set": "forget_sets={'7': {kind: group, group: 'true', size: 3}}",
}


def merged(overlay):
    config = deepcopy(CONFIG)
    update_config(config, overlay)
    return config


def test_null_takes_away_as_in_a_file():
    given = parse_config(
        [
            "methods={scrub: {fixed: {alpha: null}, sweep: {alpha: [0.1]}}}",
            "forget_sets={'4': null}",
        ]
    )
    read = read_values(merged(given), given, studies.count_errors)
    assert read["methods"]["scrub"]["fixed"]["alpha"] is None
    assert read["methods"]["scrub"]["sweep"]["alpha"] == [0.1]
    assert read["forget_sets"]["4"] is None


@pytest.mark.parametrize("case", GIVEN)
def test_it_is_read_as_a_file_would_be(case):
    key, _, text = GIVEN[case].partition("=")
    given = parse_config([GIVEN[case]])
    before = deepcopy(given)
    read = read_values(merged(given), given, studies.count_errors)
    assert read == merged({key: yaml.safe_load(text)})
    # Jobs are given what Snakemake has kept of it.
    assert given == before


def test_what_has_the_wrong_type_either_way_is_named():
    given = parse_config(["ensemble={members: twenty}"])
    with pytest.raises(ValueError, match=r"ensemble\.members: 'twenty' is not of type 'integer'"):
        studies.check(read_values(merged(given), given, studies.count_errors))
