"""The benchmark of faults draws them again by number, and finds what must not happen."""

import json
import random
from collections import Counter

import pytest

from bench import chaos
from bench.chaos_study import Case, Job, Study, Violation

INPUT, OUTPUT, TABLE = "results/s/a.npy", "results/s/b.json", "results/s/scores.csv"
CONTENTS = {
    INPUT: b"margins",
    OUTPUT: json.dumps({"members": [0, 1], "seconds": 3.5}).encode(),
    TABLE: b"klom,seconds\n0.5,3.5\n",
}
JOBS = [
    Job("train", (INPUT,), frozenset()),
    Job("score", (OUTPUT,), frozenset({INPUT})),
    Job("collect", (TABLE,), frozenset({OUTPUT})),
]


class Scripted(Study):
    """A study whose runs are told beforehand: what each prints, None where all goes well."""

    runs = ()

    def run(self, *arguments):
        self.last, *self.runs = self.runs
        return self.last is None

    def printed(self):
        return self.last


@pytest.fixture
def case(tmp_path):
    study = Scripted(tmp_path, "s.yaml", (), 1)
    for name, content in CONTENTS.items():
        write(study, name, content)
    return Case(study, JOBS, study.files(), random.Random(0))


def write(study, name, content):
    path = study.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    (path.parent / f".1.{path.name}").write_bytes(content)
    (path.parent / f".1.{path.name}").rename(path)


def test_a_fault_follows_from_seed_and_number():
    for seed in (1, 2):
        kinds = [chaos.kind_of(number, seed) for number in range(1, 21)]
        assert set(kinds[:10]) == set(kinds[10:]) == set(chaos.KINDS)
        assert kinds[:10] != kinds[10:]
    assert chaos.kind_of(17, 1) == chaos.kind_of(17, 1) != chaos.kind_of(17, 2)


def test_work_done_again_is_found_unless_it_has_a_cause(case):
    write(case.study, OUTPUT, CONTENTS[OUTPUT])
    with pytest.raises(Violation, match=f"{OUTPUT} was finished, and was made again"):
        case.check_end(case.pristine, set())
    case.check_end(case.pristine, {OUTPUT})
    # What reads a file that was made again may run again.
    write(case.study, INPUT, CONTENTS[INPUT])
    case.check_end(case.pristine, {INPUT})
    with pytest.raises(Violation, match=f"{INPUT} was finished"):
        case.check_end(case.pristine, {OUTPUT})


def test_what_reads_files_made_again_before_a_stop_may_run_after_it(case):
    write(case.study, INPUT, CONTENTS[INPUT])
    case.gone.add(INPUT)
    left = case.study.files()  # the margins are new, and the stop came before their scores
    write(case.study, OUTPUT, CONTENTS[OUTPUT])
    case.check_end(left, set())
    left = case.study.files()
    write(case.study, OUTPUT, CONTENTS[OUTPUT])
    case.gone.add(OUTPUT)
    with pytest.raises(Violation, match=f"{OUTPUT} was finished"):
        case.check_end(left, set())


@pytest.mark.parametrize(
    "name, content, complaint",
    [
        (INPUT, b"marg", "is not what it was"),
        (OUTPUT, CONTENTS[OUTPUT][:-4], "is half-written"),
        (TABLE, b"", "is half-written"),
        (TABLE, b"klom,seconds\n0.50000001,3.5\n", "is not what it was"),
    ],
)
def test_what_is_half_written_or_other_is_found(case, name, content, complaint):
    write(case.study, name, content)
    with pytest.raises(Violation, match=f"{name}.*{complaint}"):
        case.check_whole()
    case.damaged.add(name)
    case.check_whole()


def test_what_a_clock_measured_may_differ(case):
    write(case.study, OUTPUT, CONTENTS[OUTPUT].replace(b"3.5", b"4.5"))
    write(case.study, TABLE, CONTENTS[TABLE].replace(b"3.5", b"4.5"))
    case.check_whole()


def test_only_the_named_damaged_file_is_deleted(case):
    complaint = f"{INPUT} is another file, forget_sets/2.npy; delete it and run again"
    case.damaged.add(INPUT)
    case.study.runs = [complaint, None]
    case.go_on()
    assert case.named and case.study.files().keys() == {OUTPUT, TABLE}


@pytest.mark.parametrize(
    "runs, complaint",
    [
        (["Killed"], "names no file"),
        ([f"{OUTPUT} is damaged; delete it and run again"], "a sound file is named"),
        (2 * [f"{INPUT} is damaged; delete it and run again"], "when every named file is deleted"),
    ],
)
def test_steps_that_lead_nowhere_are_found(case, runs, complaint):
    case.damaged.add(INPUT)
    case.study.runs = runs
    with pytest.raises(Violation, match=complaint):
        case.go_on()


def test_the_table_counts_by_kind():
    counts = Counter({("kill_job", "recovered by itself"): 2, ("flipped", "violations"): 1})
    lines = chaos.table(Counter(kill_job=2, flipped=1), counts).splitlines()
    assert lines[2] == "| Kill -9 of a job | 2 | 2 | 0 | 0 | 0 | 0 |"
    assert lines[-1] == "| all | 3 | 2 | 0 | 0 | 0 | 1 |"
