"""Damaged artifacts of a finished study: each is named by the rule that reads it, and made anew."""

import os
import shutil

import pytest

from tests.helpers.study import copy_repository, planned, snakemake
from unlearning.artifacts.files import load_record, save_record

STUDY, REFERENCE, FLOOR, DATAMODELS = "digits", "0-99", "100-199", "0-249"


@pytest.fixture
def copied(finished, tmp_path):
    """Return a copy of the finished study that shares its results until they are replaced."""
    copy_repository(tmp_path)
    shutil.copytree(finished / ".snakemake", tmp_path / ".snakemake", ignore=lambda *_: {"log"})
    shutil.rmtree(tmp_path / "results")
    shutil.copytree(finished / "results", tmp_path / "results", copy_function=os.link)
    assert planned(tmp_path) == {}
    return tmp_path


def replace(path, content):
    """Put another file in the place of one, as old as it was."""
    stamp = path.stat()
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    replace(path, bytes(content))


def cut(path):
    replace(path, path.read_bytes()[:-100])


def lose_a_row(path):
    lines = path.read_bytes().splitlines(keepends=True)
    replace(path, b"".join(lines[:3] + lines[4:]))


def of_other(key):
    """Return a function that makes a sound record tell of something else."""

    def change(path):
        record = load_record(path)
        stamp = path.stat()
        save_record(str(path), record | {key: [9, *record[key][1:]]})
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    return change


GA = f"unlearned/ga/lr0.01/1/{REFERENCE}"
GDA = f"unlearned/gda/lr0.1_forgetbatch32/5/{REFERENCE}"

DAMAGED, CUT_SHORT = "is damaged", "is not a complete"

#: Damaged file, how, what the error says, what to make of it, the rule that makes the file anew.
#: No target of a group depends on another one's.
CASES = [
    [
        (f"pretrained/{REFERENCE}.safetensors", flip, DAMAGED, f"{GA}.npy", "train_pretrained"),
        (f"oracle/2/{FLOOR}.correct.npy", flip, DAMAGED, "klom/baselines/2.csv", "train_oracle"),
        (f"oracle/3/{REFERENCE}.json", of_other("seeds"), "holds other seeds than this study's",
         "klom/ga/3.csv", "train_oracle"),
        (f"{GDA}.json", of_other("members"), "holds other members than this study's",
         "klom/gda/5.csv", "unlearn"),
        ("datamodels/projections.npy", cut, CUT_SHORT, "forget_sets/4.npy",
         "find_components"),
    ],
    [
        (f"datamodels/models/{DATAMODELS}.json", of_other("seeds"),
         "holds other seeds than this study's", "datamodels/matrix.npy", "train_datamodels"),
        ("forget_sets/3.npy", flip, DAMAGED, f"unlearned/ga/lr0.01/3/{REFERENCE}.npy",
         "select_forget_set"),
        ("klom/ga/1.csv", lose_a_row, DAMAGED, "figures/fig2.png", "score_method"),
        (f"oracle/2/{REFERENCE}.json", flip, "is ", "klom/scrub/2.csv", "train_oracle"),
        ("../theory/toy_paths.csv", cut, CUT_SHORT, "../theory/figures/fig4.png", "run_toy"),
    ],
]  # fmt: skip


@pytest.mark.parametrize("cases", CASES)
def test_each_is_named_and_deleting_it_plans_to_make_it_anew(copied, cases):
    results = copied / "results" / STUDY

    def relative(name):
        return os.path.relpath(results / name, copied)

    for name, damage, *_ in cases:
        damage((results / name).resolve())
    targets = [relative(target) for *_, target, _ in cases]
    options = ["--force", "--keep-going", "--rerun-triggers", "params", "--"]
    printed = snakemake(copied, *options, *targets, check=False)
    for name, _, complaint, *_ in cases:
        assert f"{relative(name)} {complaint}" in printed, printed[-6000:]
    for name, *_, target, rule in cases:
        (results / name).unlink()
        assert planned(copied, relative(target))[rule] >= 1, name
