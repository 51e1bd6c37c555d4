"""The studies whose size is measured are valid, and as large as they say."""

from copy import deepcopy

import pytest
from snakemake.utils import update_config

from bench.scale import SIZES, overlay
from tests.helpers.configs import CONFIG
from unlearning.study import config as studies
from unlearning.study import design


@pytest.mark.parametrize("size", SIZES)
def test_a_study_has_the_size_that_it_says(size):
    config = deepcopy(CONFIG)
    update_config(config, overlay(size))
    studies.check(config)
    assert len(config["run"]["forget_sets"]) == size.forget_sets
    assert config["ensemble"]["members"] == size.members
    for method in config["run"]["methods"]:
        runs = design.trajectories(config["methods"][method]).values()
        assert sum(run.kind == "grid" for run in runs) == size.learning_rates
