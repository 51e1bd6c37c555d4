"""A method's file is read before any job; what is wrong with it is one sentence with its line."""

import re
from copy import deepcopy

import pytest

from tests.helpers.code import forget
from tests.helpers.configs import CONFIG
from unlearning.scoring import accuracy_gaps, rows
from unlearning.study import config as studies
from unlearning.study import design
from unlearning.study.config_values import COLUMNS
from unlearning.study.method_files import method_signature, method_source
from unlearning.study.sources import ROOT

STANZA = {
    "sweep": {"learning_rate": [0.1]},
    "snapshots": {"epochs": [1, 3]},
    "fixed": {"batch_size": 64},
    "controls": [{"learning_rate": [0.0]}],
}
PLAIN = "def unlearn({}, *, learning_rate: float, epochs):\n    yield 1\n"
BAD = {
    "no unlearn": (
        "import torch\n\n\ndef train(model): 0\n",
        "mine.py defines no function unlearn; it has train in line 4",
    ),
    "two of them": (
        "def unlearn(learner, *, epochs): 0\n\n\ndef unlearn(model, retain_loader, *, epochs): 0\n",
        "mine.py defines unlearn in lines 1 and 4",
    ),
    "relative": (
        "import torch\nfrom .steps import sgd\n\n\n" + PLAIN.format("model, retain_loader"),
        "mine.py, line 2: .steps is relative, and the file of a method is no part of a package; "
        "import steps without the dot",
    ),
    "both forms": (
        "\n" + PLAIN.format("learner, model, forget_loader"),
        "mine.py, line 2: unlearn takes learner, model, forget_loader, which are two forms in one",
    ),
    "no form": (
        PLAIN.format("network, data"),
        "mine.py, line 1: unlearn takes network, data before its hyperparameters; a method takes "
        "learner, or model (or net) and some of forget_loader",
    ),
    "a hyperparameter without a star": (
        "def unlearn(net, retain_loader, rate=0.1): 0\n",
        "mine.py, line 1: unlearn takes net, retain_loader, rate before its hyperparameters",
    ),
    "no loader": (PLAIN.format("model, net"), "line 1: unlearn takes model, net before"),
    "any keywords": (
        "def unlearn(learner, **options): 0\n",
        "mine.py, line 1: unlearn takes any number of options",
    ),
    "not Python": ("import torch\ndef unlearn(:\n", "mine.py, line 2: invalid syntax: not Python"),
    "a sibling that is not": (
        "import helper\n" + PLAIN.format("learner"),
        "helper.py, line 1: '(' was never closed: not Python",
    ),
    "a network alone": (
        PLAIN.format("network"),
        "mine.py, line 1: unlearn takes network before its hyperparameters; a method takes "
        "learner, or model (or net) and some of forget_loader",
    ),
    "positions alone": (
        PLAIN.format("net, retain_loader, /"),
        "mine.py, line 1: unlearn takes retain_loader before a /, and a study names what it gives",
    ),
    "a value, not a function": (
        "import functools\nunlearn = functools.partial(print)\n",
        "mine.py defines no function unlearn; define it there, after def, in place of line 2",
    ),
    "from elsewhere": (
        "from torch import unlearn\n",
        "mine.py defines no function unlearn; define it there, after def, in place of line 1",
    ),
    "one epoch only": (
        "def unlearn(net, retain_loader, *, learning_rate): 0\n",
        r"snapshots.epochs: must be [1] for an unlearn that neither takes epochs nor yields",
    ),
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that checks the default study with a method in mine.py."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text("(\n")
    forget()

    def check(text, **changes):
        if text is not None:
            (tmp_path / "mine.py").write_text(text)
        config = deepcopy(CONFIG)
        config["methods"]["mine"] = {"file": "mine.py", **deepcopy(STANZA), **changes}
        if "learner" in (text or ""):
            config["methods"]["mine"]["fixed"] = {}
        studies.check(config)

    yield check
    forget()


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_line(study, case):
    text, message = BAD[case]
    with pytest.raises(ValueError) as caught:
        study(text)
    assert str(caught.value).startswith("config: methods.mine")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named_with_where_it_is_looked_for(study, tmp_path):
    with pytest.raises(ValueError) as caught:
        study(None)
    expected = f"mine.py is not a file; it is looked for in {tmp_path}"
    assert str(caught.value) == f"config: methods.mine.file: {expected}"


@pytest.mark.parametrize(
    "arguments",
    [
        "model, forget_loader, retain_loader",
        "net, retain_loader, forget_loader, val_loader",
        "retain_loader, net",
    ],
)
def test_the_plain_form_takes_loaders_in_any_order(study, arguments):
    study(PLAIN.format(arguments))
    signature = method_signature("mine", "mine.py")
    assert signature.plain and signature.yields
    assert signature.own == {"learning_rate", "epochs"}
    # Sizes of batches and BatchNorm's mode are seen to, though it does not take them.
    assert signature.hyperparameters.keys() - signature.own == {
        "batch_size",
        "forget_batch_size",
        "batch_norm",
    }


def test_the_stacked_form_is_told_by_its_learner(study):
    study(PLAIN.format("learner"))
    signature = method_signature("mine", "mine.py")
    assert not signature.plain
    assert signature.hyperparameters.keys() == {"learning_rate", "epochs"}


def test_a_learner_of_another_name_is_told_by_its_annotation(study):
    for said in ("Learner", "learner.Learner", "'Learner'"):
        study(PLAIN.format(f"stack: {said}").replace("learner.", "learner."), fixed={})
        assert not method_signature("mine", "mine.py").plain


def test_an_unlearn_that_is_imported_from_beside_is_read_there(study, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "form.py").write_text("\n" + PLAIN.format("net, retain_loader"))
    study("from parts.form import unlearn\n")
    signature = method_signature("mine", "mine.py")
    assert signature.plain and signature.yields and signature.at == "parts/form.py, line 2"
    other = "def ran(net, retain_loader, *, learning_rate, epochs): 0\n"
    (tmp_path / "form.py").write_text(other)
    study("from form import ran as unlearn\n")
    assert method_signature("mine", "mine.py").at == "form.py, line 1"
    (tmp_path / "form.py").write_text("from mine import unlearn as ran\n")
    with pytest.raises(ValueError, match=r"mine\.py defines no function unlearn; define"):
        study("from form import ran as unlearn\n")


def test_the_example_of_a_method_that_needs_more_is_accepted(study):
    page = (ROOT / "docs" / "your_method.md").read_text()
    (text,) = re.findall(r"^```python\n(# needs: .*?)^```$", page, re.MULTILINE | re.DOTALL)
    study(text, needs=["oracle_outputs"])


def test_a_yield_of_a_function_inside_is_not_its_own(study):
    study(
        "def unlearn(net, retain_loader, *, learning_rate, epochs: int):\n"
        "    def batches():\n        yield 1\n    return net\n"
    )
    assert not method_signature("mine", "mine.py").yields


def test_the_plain_form_has_no_conditions_of_an_optimizer_that_it_does_not_take(study):
    heavy = {"fixed": {"batch_size": 64, "momentum": 0.9}}
    with pytest.raises(ValueError, match="momentum is not a hyperparameter of mine"):
        study(PLAIN.format("net, retain_loader"), **heavy)
    taken = PLAIN.format("net, retain_loader").replace("epochs)", "epochs, momentum: float)")
    study(taken, **heavy)
    with pytest.raises(ValueError, match="ascent_epochs is of runs that branch"):
        study(taken, snapshots={"epochs": [1], "ascent_epochs": [1]})


def test_a_plain_method_needs_sizes_of_batches_and_its_control(study):
    text = PLAIN.format("net, retain_loader")
    with pytest.raises(ValueError, match="batch_size is missing from sweep, snapshots or fixed"):
        study(text, fixed={})
    with pytest.raises(ValueError, match=r"controls: add \{learning_rate: \[0.0\]\}"):
        study(text, controls=[])


def test_hyperparameters_of_a_file_are_its_authors_whatever_ours_are_called(study):
    """But those that its loaders and every run's conditions are told."""
    theirs = "optimizer, schedule: str, alpha: float, labels, student, beta, selection, strength"
    values = {"optimizer": "adamw", "schedule": "cosine", "alpha": -0.5, "labels": "soft"}
    values |= {"student": "small", "beta": 0, "selection": "top", "strength": 0, "batch_size": 64}
    text = PLAIN.replace("epochs", theirs + ", epochs").format("net, retain_loader")
    study(text, fixed=values)
    with pytest.raises(ValueError, match=r"methods\.mine\.alpha: 'a' must be a number;"):
        study(text, fixed={**values, "alpha": "a"})
    for name, wrong in {"batch_size": 0, "batch_norm": "soft", "order": "any"}.items():
        with pytest.raises(ValueError, match=rf"methods\.mine\.{name}: "):
            study(text, fixed={**values, name: wrong})


def test_only_a_control_of_a_file_is_one_of_zero_strength(study):
    """And what is a flaw of a published method by its name is none of a file's."""
    stanza = {**deepcopy(STANZA), "file": "mine.py", "sweep": {"salient_share": [0, 0.5]}}
    stanza["controls"] = [{"salient_share": [1], "student": ["frozen"]}, {"strength": [0]}]
    kinds = [run.kind for run in design.trajectories(stanza).values()]
    assert kinds == ["grid", "grid", "grid", "zero_strength"]
    study(
        PLAIN.format("net, retain_loader").replace("learning_rate: float", "strength: float"),
        sweep={"strength": [0.5]},
        controls=[],
    )


@pytest.mark.parametrize("column", ["method", "kind", "epoch", "split", "loss", "given_cost"])
def test_no_hyperparameter_is_called_like_a_column_of_the_tables(study, column):
    text = PLAIN.replace("epochs", f"{column}, epochs").format("net, retain_loader")
    with pytest.raises(ValueError) as caught:
        study(text, fixed={"batch_size": 64, column: 1})
    assert str(caught.value).startswith(
        f"config: methods.mine: mine.py, line 1: unlearn takes {column} as a hyperparameter, and "
    )


def test_all_columns_of_tables_of_runs_are_known():
    tables = (rows.IDENTITY, rows.MEASURES, rows.FURTHER, accuracy_gaps.IDENTITY)
    assert {*COLUMNS} >= {name for names in (*tables, accuracy_gaps.MEASURES) for name in names}


def test_a_file_takes_no_name_of_ours(study):
    text = PLAIN.format("net, retain_loader")
    study(text)
    config = deepcopy(CONFIG)
    config["methods"]["rewind"] = {"file": "mine.py", **deepcopy(STANZA)}
    with pytest.raises(ValueError, match=r"methods\.rewind\.file: rewind is a method of this rep"):
        studies.check(config)


def test_the_source_of_a_method_is_its_file():
    assert method_source("ga", {"file": None}) == "unlearning/methods/ga.py"
    assert method_source("ga", {}) == "unlearning/methods/ga.py"
    assert method_source("ga", {"file": "here/../mine.py"}) == "./mine.py"
    assert method_source("ga", {"file": "../mine.py"}) == "../mine.py"
    assert method_source("ga", {"file": "/mine.py"}) == "/mine.py"
