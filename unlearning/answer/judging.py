"""The rules that judge by scores, choices and members: intervals and counts, nothing written down.

Those that go by what became of the runs are in `judging_runs`.
"""

import pandas as pd
from scipy.stats import binom

from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import ERROR, LITTLE, measurable, widened
from unlearning.answer.selection import AVERAGE
from unlearning.answer.selection_table import NOTHING
from unlearning.answer.stability import member_counts, stable_after
from unlearning.answer.verdicts import (
    FAILS,
    IN_PART,
    NOT_TESTED,
    STANDS,
    UNKNOWN,
    Verdict,
    artefact,
    by_count,
    counted,
    numbered,
    tempered,
)
from unlearning.scoring.accuracy_gaps import PROBABILITY

#: A floor below this many nats is as good as the 0 that the published plots draw.
NEAR = 0.1
#: Rules of `selection` that look at the models and need no oracles; and those that look at nothing.
WITHOUT_ORACLE, BLIND = ("accuracy", "loss"), ("budget", "random")
#: A gap of accuracy above this tells nothing of whether two accuracies are the same.
ACCURACY = 0.1


def zero(evidence: Evidence) -> Verdict:
    """Judge whether perfect unlearning scores near 0."""
    rows = evidence.baselines[evidence.baselines["method"] == "oracle_floor"]
    if rows.empty:
        return Verdict(NOT_TESTED, "this study has no second ensemble of oracles")
    away, near = (rows["klom_p95_low"] > NEAR).sum(), (rows["klom_p95_high"] < NEAR).sum()
    because = (
        f"a second ensemble of oracles scores {rows['klom_p95'].min():.2f} to "
        f"{rows['klom_p95'].max():.2f} against the first, over forget sets and splits; "
        f"{counted(away, len(rows), 'are')} above {NEAR} with their whole interval"
    )
    if away > len(rows) / 2:
        return Verdict(artefact(f"few members (N = {int(rows['n_members'].max())})"), because)
    word = by_count(near, near + away, len(rows))
    return Verdict(word if near + away == len(rows) else UNKNOWN, because)


def pretrained(evidence: Evidence) -> Verdict:
    """Judge whether pretrained models differ from oracles on the forget set alone."""
    rows = evidence.baselines[evidence.baselines["method"] == "pretrained"]
    if rows.empty:
        return Verdict(NOT_TESTED, "this study has no scores of pretrained models")
    wide = rows.set_index(["forget_set", "split"])["excess_low"].unstack()
    above = rows.set_index(["forget_set", "split"])["excess_high"].unstack()
    others = ["retain", "validation"]
    far = wide["forget"] > 0
    close = far & (above[others] < LITTLE).all(axis=1)
    apart = far & (wide[others] > LITTLE).any(axis=1)
    median = rows.groupby("split")["excess"].median()
    because = (
        f"above the floor with the whole interval on the forget set in {far.sum()} of {len(wide)} "
        f"sets (median {median['forget']:.2f} nats); on both others less than {LITTLE:g} nat above "
        f"it in {close.sum()} of these, more on one of them in {apart.sum()} (medians "
        f"{median['retain']:.2f} and {median['validation']:.2f})"
    )
    word = by_count(int(close.sum()), int((close | apart).sum()), len(wide))
    return Verdict(word, because)


def missing_targets(evidence: Evidence) -> Verdict:
    """Judge whether a run can't be chosen without the oracles."""
    table = evidence.selection[evidence.selection["split"] == AVERAGE]
    table = table[table["forget_set"].isin(measurable(evidence.baselines))]
    if table.empty:
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    # The oracle's choice is the best of all these runs, and the luckiest.
    among = max(len(evidence.grid()), 1)
    least, most = widened(table, among, ["regret", "regret_low", "regret_high"])
    table = table.assign(regret_low=least, regret_high=most)
    pair = ["forget_set", "method"]
    nothing = table[table["rule"] == NOTHING].set_index(pair)
    gain = nothing.index[nothing["regret_low"] > 0]
    because = (
        f"on {len(gain)} of {len(nothing)} pairs of method and forget set the oracle's own choice "
        "is told to be better than to do nothing"
    )
    if worse := int((nothing["regret_high"] < 0).sum()):
        because += f", on {worse} to be worse"
    if not len(gain):
        return Verdict(UNKNOWN, f"{because}: there is no success to miss")
    table = table[pd.MultiIndex.from_frame(table[pair]).isin(gain)]
    said, failing, fine = [], [], []
    for rule in (*WITHOUT_ORACLE, *BLIND):
        rows = table[table["rule"] == rule]
        little = rows["regret_high"] < LITTLE
        told = int(((rows["regret_low"] > 0) & ~little).sum())
        said.append(f"{rule} in {told} (median {rows['regret'].median():.2f} nats)")
        if rule in WITHOUT_ORACLE and told > len(rows) / 2:
            failing.append(rule)
        elif rule in WITHOUT_ORACLE and little.sum() >= len(rows) / 2:
            fine.append(rule)
    because += (
        f"; on the {numbered(len(gain), 'pair')} where it is better, a choice is told to be worse "
        f"than the oracle's, and not by less than {LITTLE:g} nat, by {', '.join(said)}"
    )
    word = by_count(len(failing), len(failing) + len(fine), len(WITHOUT_ORACLE))
    return Verdict(tempered(word, len(gain), len(nothing)), because)


def different_rates(evidence: Evidence) -> Verdict:
    """Judge whether points would have to stop at epochs of their own."""
    rows = evidence.stopping
    rows = rows[rows["forget_set"].isin(measurable(evidence.baselines))]
    if rows.empty:
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    least, most = widened(rows, len(rows))
    better, worse = int((most < 0).sum()), int((least > 0).sum())
    because = (
        f"{counted(better, len(rows), 'runs')} end nearer to the oracles where each point stops at "
        f"an epoch of its own, {worse} farther away, by {-rows['difference'].median():.2f} nats in "
        f"the median (N = {int(rows['n_members'].max())} to score); "
        f"{100 * rows['elsewhere'].median():.0f} % of the points choose another epoch than "
        "all together"
    )
    word = by_count(better, better + worse, len(rows))
    if word == STANDS and len(evidence.parts):
        word = IN_PART
        because += "; BatchNorm drifts in them, and has no control here"
    return Verdict(word, because)


def random_accuracy(evidence: Evidence) -> Verdict:
    """Judge Lemma 1: oracles are as right on a random forget set as on unseen points."""
    rows = evidence.accuracies
    rows = rows[rows["method"] == "oracle"]
    sharp = rows[rows["allowed_gap"] <= ACCURACY]
    within = rows["fraction_beyond"] <= PROBABILITY
    lost = (rows["fraction_beyond"] * rows["n_members"]).round()
    beyond = binom.sf(lost - 1, rows["n_members"], PROBABILITY) < ERROR  # more than by chance
    because = (
        f"the accuracies of oracles differ by the allowed gap or more in at most "
        f"{100 * rows['fraction_beyond'].max():.0f} % of the members, "
        f"on {numbered(len(rows), 'random set')}; the bound allows {100 * PROBABILITY:.0f} %, and "
        f"a gap of {100 * rows['allowed_gap'].min():.0f} % of accuracy and more"
    )
    holding = int(within[sharp.index].sum())
    return Verdict(by_count(holding, holding + int(beyond.sum()), len(rows)), because)


def stable(evidence: Evidence) -> Verdict:
    """Judge whether scores are stable after N = 80."""
    if len(member_counts(evidence.stability)) < 2:
        return Verdict(UNKNOWN, "the study has one number of members")
    found = stable_after(evidence.stability)
    because = (
        f"from {found['n_members']} to {found['all_members']} members {found['changing']} of "
        f"{found['cells']} scores of pretrained models change beyond chance, the excess over the "
        f"floor does not in {found['floor_alone']} of these; of {found['untold']} it is not told "
        f"whether they stay within {LITTLE:g} nat; the floor goes from "
        f"{found['floor']:.2f} to {found['floor_at_all']:.2f}"
    )
    return Verdict(found["verdict"], because)


def dependence(evidence: Evidence) -> Verdict:
    """Judge whether what ties forget and retain set foretells what goes wrong."""
    rows = evidence.influence
    first = rows[rows["against"] == rows["against"].iloc[0]]
    first = first[(first["predictor"] == "spectral_norm") & (first["outcome"] == "damage")]
    alike = first[first["scope"] == "same size"]
    kin = first[first["scope"] == "same size and origin"]
    positive, against = (alike["rho_low"] > 0).sum(), (alike["rho_high"] < 0).sum()
    because = f"among sets of one size the spectral norm goes with the damage by {_rhos(alike)} set"
    kin = kin[kin[["rho", "rho_low", "rho_high"]].notna().all(axis=1)]  # else too few to rank
    if len(kin):
        because += (
            f", among those of one origin as well, random or a component's, by {_rhos(kin)} set"
        )
    because += f", over {first['n_sets'].max()} sets"
    if positive:
        whole = positive == len(alike) and (kin["rho_low"] > 0).any()
        whole &= not (kin["rho_high"] < 0).any()
        if len(evidence.parts):
            whole = False
            because += "; BatchNorm drifts in these runs, and has no control here"
        return Verdict(STANDS if whole else IN_PART, because)
    return Verdict(FAILS if against else UNKNOWN, because)


def _rhos(rows: pd.DataFrame) -> str:
    """Return the rank correlations of each split, with their intervals."""
    return " and ".join(
        f"{row['rho']:.2f} ({row['rho_low']:.2f} to {row['rho_high']:.2f}) on the {row['split']}"
        if row[["rho", "rho_low", "rho_high"]].notna().all()
        else f"nothing that can be ranked on the {row['split']}"
        for _, row in rows.iterrows()
    )
