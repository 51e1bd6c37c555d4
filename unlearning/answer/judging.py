"""The rules by which a study judges claims: intervals and counts, no verdict is written down."""

import pandas as pd

from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import (
    LITTLE,
    fails,
    measurable,
    median_of,
    outcomes,
    places,
    shared_error,
    succeeds,
)
from unlearning.answer.selection import AVERAGE
from unlearning.answer.selection_table import NOTHING
from unlearning.answer.stability import stable_after
from unlearning.answer.verdicts import FAILS, IN_PART, STANDS, UNKNOWN, Verdict, artefact, by_count

ASCENT = ("ga", "gda")
#: What ascends and descends.
BOTH_WAYS = ("gda", "scrub")
DRIFT = "the drift of BatchNorm"
#: A floor below this many nats is as good as the 0 that the published plots draw.
NEAR = 0.1
#: What a rule of `selection` needs no oracles for.
WITHOUT_ORACLE = ("accuracy", "loss", "budget", "random")
#: A set as small as that of Fig. 2.
FEW = 10


def _count(number: int, of: int, what: str) -> str:
    return f"{number} of {of} {what}"


def zero(evidence: Evidence) -> Verdict:
    """Judge whether perfect unlearning scores near 0."""
    rows = evidence.baselines[evidence.baselines["method"] == "oracle_floor"]
    away, near = (rows["klom_p95_low"] > NEAR).sum(), (rows["klom_p95_high"] < NEAR).sum()
    because = (
        f"a second ensemble of oracles scores {rows['klom_p95'].min():.2f} to "
        f"{rows['klom_p95'].max():.2f} against the first, over forget sets and splits; "
        f"{_count(away, len(rows), 'are')} above {NEAR} with their whole interval"
    )
    if away > len(rows) / 2:
        return Verdict(artefact(f"few members (N = {int(rows['n_members'].max())})"), because)
    return Verdict(by_count(near, len(rows)) if near + away == len(rows) else UNKNOWN, because)


def pretrained(evidence: Evidence) -> Verdict:
    """Judge whether pretrained models differ from oracles on the forget set alone."""
    rows = evidence.baselines[evidence.baselines["method"] == "pretrained"]
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
    return Verdict(by_count(int(close.sum()), int((close | apart).sum())), because)


def ascent_fails(evidence: Evidence) -> Verdict:
    """Judge whether GA and GDA break the model or leave it where it was."""
    runs = evidence.grid(ASCENT)
    return _fails(evidence, runs, ASCENT)


def _fails(evidence: Evidence, runs: pd.DataFrame, methods: tuple[str, ...]) -> Verdict:
    """Judge whether no run forgets without harm, on any set."""
    cells = places(runs, runs["method"].notna())
    succeeding = places(runs, succeeds(runs))
    failing = cells - places(runs, ~fails(runs))
    frozen = evidence.frozen(methods)
    frozen = frozen[frozen["forget_set"].isin(set(runs["forget_set"]))]
    without = places(frozen, succeeds(frozen))
    because = (
        f"{_count(len(succeeding), len(cells), 'pairs of method and forget set')} have a run that "
        f"forgets and harms by less than {LITTLE:g} nat, in {len(failing)} every run is told to "
        f"break the model or to forget less than that; of {len(runs)} runs "
        f"{runs['forgets'].sum()} forget, {runs['harms'].sum()} do harm and "
        f"{(~runs['forgets'] & ~runs['harms']).sum()} neither"
    )
    if len(frozen):
        because += (
            f"; with frozen BatchNorm {_count(len(without), len(cells), 'pairs have such a run')}"
        )
    word = by_count(len(failing), len(failing | succeeding))
    if word == STANDS and len(failing) < len(cells):
        word = IN_PART
    if word in (STANDS, IN_PART) and len(without - succeeding) > len(cells) / 2:
        word = artefact(DRIFT)
    return Verdict(word, because)


def ascent_breaks(evidence: Evidence) -> Verdict:
    """Judge whether it is ascent that breaks models."""
    parts = evidence.parts
    parts = parts[(parts["split"] == "validation") & parts["method"].isin(ASCENT)]
    keys = ["method", "forget_set", "learning_rate", "forget_batch_size", "epoch", "ascent_epochs"]
    named = {
        part: rows.assign(**rows[keys].fillna(-1)).set_index(keys)
        for part, rows in parts.groupby("part")
    }
    total = named["total"]
    broken = total[total["low"] > 0]
    adds = int((named["ascent on drift"].loc[broken.index, "low"] > 0).sum())
    drift = named["drift"].reset_index("learning_rate", drop=True)["difference"]
    same = broken.reset_index("learning_rate", drop=True).index
    share = drift.reindex(same).to_numpy() / broken["difference"]
    alone = named["ascent alone"]
    because = (
        f"{_count(len(broken), len(total), 'runs')} are worse than the pretrained models on the "
        f"validation set, with frozen statistics {(alone['low'] > 0).sum()} of {len(alone)}"
    )
    if len(broken):
        because += (
            f"; ascent on top of drift adds to the former in {adds}, and drift alone is "
            f"{100 * median_of(share):.0f} % of the damage in the median"
        )
    word = by_count(adds, len(broken))
    return Verdict(artefact(DRIFT) if adds < len(broken) / 2 else word, because)


def recedes(evidence: Evidence) -> Verdict:
    """Judge whether unlearning can end farther from the oracle than it began."""
    runs = evidence.grid()
    away = runs["recedes"]
    frozen = evidence.frozen()
    still = frozen["recedes"]
    because = f"{_count(int(away.sum()), len(runs), 'runs')} are farther on the forget set itself"
    if len(frozen):
        because += f", with frozen BatchNorm {still.sum()} of {len(frozen)}"
    lost = int(runs["diverged"].sum() + frozen["diverged"].sum())
    if lost:
        because += f"; {lost} that diverged are not counted"
    if not len(runs):
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    word = STANDS if away.any() else FAILS if runs["approaches"].all() else UNKNOWN
    if away.any() and len(frozen) and not still.any():
        word = artefact(DRIFT)
    return Verdict(word, because)


def sensitive(evidence: Evidence) -> Verdict:
    """Judge whether scores hang on learning rate and duration."""
    rows = evidence.cells[
        (evidence.cells["kind"] == "grid") & (evidence.cells["split"] == "validation")
    ]
    rows = rows[rows["method"].isin(BOTH_WAYS)]
    pair = ["method", "forget_set"]
    rows = rows.groupby(pair).filter(lambda runs: len(runs) > 1)
    if rows.empty:
        return Verdict(UNKNOWN, "no method that ascends and descends has two runs on a forget set")
    cells = rows.groupby(pair)
    apart = cells["low"].max() > cells["high"].min()
    spread = cells["difference"].max() - cells["difference"].min()
    because = (
        f"the best and the worst run are told apart on the validation set in {apart.sum()} of "
        f"{len(apart)} pairs of method and forget set; between them lie {median_of(spread):.2f} "
        "nats in the median"
    )
    return Verdict(by_count(int(apart.sum()), len(apart)) if apart.any() else UNKNOWN, because)


def illusion(evidence: Evidence) -> Verdict:
    """Judge whether gradient ascent seems to unlearn a few random points."""
    few = {name for name, size in evidence.sizes.items() if size <= FEW}
    runs = evidence.grid(("ga",))
    runs = runs[runs["forget_set"].isin(few)]
    good = runs[succeeds(runs)]
    sets = set(runs["forget_set"])
    seeming = set(good["forget_set"])
    told = seeming | (sets - set(runs.loc[~fails(runs), "forget_set"]))
    because = (
        f"{_count(len(good), len(runs), 'runs of gradient ascent')} on {len(sets)} sets of at "
        f"most {FEW} random points forget and harm by less than {LITTLE:g} nat, "
        f"{fails(runs).sum()} are told not to"
    )
    return Verdict(by_count(len(seeming), len(told)), because)


def missing_targets(evidence: Evidence) -> Verdict:
    """Judge whether a run can't be chosen without the oracles."""
    table = evidence.selection[evidence.selection["split"] == AVERAGE]
    table = table[table["forget_set"].isin(measurable(evidence.baselines))]
    told: dict[str, tuple[int, int]] = {}
    fine: dict[str, int] = {}
    for rule in WITHOUT_ORACLE:
        rows = table[table["rule"] == rule]
        told[rule] = int((rows["regret_low"] > 0).sum()), len(rows)
        fine[rule] = int((rows["regret_high"] < LITTLE).sum())
    median = table[table["rule"].isin(WITHOUT_ORACLE)].groupby("rule")["regret"].median()
    because = "chosen by " + ", ".join(
        f"{rule}, {_count(*told[rule], 'are')} told to be worse than the oracle's choice (median "
        f"{median.get(rule, float('nan')):.2f} nats)"
        for rule in WITHOUT_ORACLE
    )
    if not any(of for _, of in told.values()):
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    nothing = table[table["rule"] == NOTHING]
    if len(nothing):
        better = int((nothing["regret_high"] < 0).sum())
        because += f"; to do nothing is told to be better than that choice in {better}"
    failing = [rule for rule, (worse, of) in told.items() if worse > of / 2]
    good = [rule for rule, (_, of) in told.items() if fine[rule] >= of / 2 and rule not in failing]
    return Verdict(by_count(len(failing), len(failing) + len(good)), because)


def different_rates(evidence: Evidence) -> Verdict:
    """Judge whether points would have to stop at epochs of their own."""
    rows = evidence.stopping
    rows = rows[rows["forget_set"].isin(measurable(evidence.baselines))]
    if rows.empty:
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    wider = shared_error(len(rows))
    change = rows["difference"]
    better = int((change + wider * (rows["high"] - change) < 0).sum())
    worse = int((change - wider * (change - rows["low"]) > 0).sum())
    because = (
        f"{_count(better, len(rows), 'runs')} end nearer to the oracles where each point stops at "
        f"an epoch of its own, {worse} farther away, by {-change.median():.2f} nats in the median "
        f"(N = {int(rows['n_members'].max())} to score); {100 * rows['elsewhere'].median():.0f} % "
        "of the points choose another epoch than all together"
    )
    return Verdict(by_count(better, len(rows)) if better or worse else UNKNOWN, because)


def scrub_stays(evidence: Evidence) -> Verdict:
    """Judge whether SCRUB stays near the pretrained models."""
    runs = outcomes(evidence.cells, ("grid", "as_published"))
    here = runs["forget_set"].isin(measurable(evidence.baselines))
    runs = runs[here & (runs["method"] == "scrub")]
    frozen = runs["behaviour"].str.contains("student")
    trained = (runs["kind"] == "grid").to_numpy()
    near, away = runs["near"], runs["away"]
    because = (
        f"of runs that train the student {near[trained].sum()} of {trained.sum()} stay within "
        f"{LITTLE:g} nat of the pretrained models on every split and {away[trained].sum()} are "
        "told to go farther on one"
    )
    if frozen.any():
        because += (
            f", of those with the published, frozen one {near[frozen].sum()} and "
            f"{away[frozen].sum()} of {int(frozen.sum())}"
        )
    if not trained.any():
        return Verdict(UNKNOWN, "no run of SCRUB is on a forget set that has anything to unlearn")
    word = by_count(int(near[trained].sum()), int((near | away)[trained].sum()))
    if away[trained].mean() > 0.5 and frozen.any() and near[frozen].mean() >= 0.5:
        word = artefact("a student that was not trained")
    return Verdict(word, because)


def random_accuracy(evidence: Evidence) -> Verdict:
    """Judge Lemma 1: oracles are as right on a random forget set as on unseen points."""
    rows = evidence.accuracies
    rows = rows[rows["method"] == "oracle"]
    within = rows["fraction_beyond"] <= 0.05
    because = (
        f"the accuracies of oracles differ by the allowed gap or more in at most "
        f"{100 * rows['fraction_beyond'].max():.0f} % of the members, on {len(rows)} random sets; "
        f"the bound allows 5 %"
    )
    return Verdict(by_count(int(within.sum()), len(rows)), because)


def random_harm(evidence: Evidence) -> Verdict:
    """Judge whether random sets can't be forgotten without harm, by any method of the study."""
    runs = evidence.grid()
    runs = runs[runs["forget_set"].isin(set(evidence.sizes))]
    moving = places(runs, runs["forgets"] & ~runs["keeps"])
    harmless = places(runs, succeeds(runs))
    forgetting = runs[runs["forgets"] & ~runs["keeps"]]
    harmed = moving - places(forgetting, ~forgetting["breaks"])
    frozen = evidence.frozen()
    frozen = frozen[frozen["forget_set"].isin(set(evidence.sizes))]
    without = places(frozen, succeeds(frozen))
    because = (
        f"{_count(len(moving), len(places(runs, runs['method'].notna())), 'pairs')} of method and "
        f"random set have a run that forgets, in {len(harmed)} each of these breaks the model, in "
        f"{len(harmless)} one harms by less than {LITTLE:g} nat"
    )
    if len(frozen):
        because += f"; with frozen BatchNorm {len(without)} have one of the latter kind"
    word = by_count(len(harmed), len(harmed | harmless))
    if word in (STANDS, IN_PART) and len(without - harmless) > len(moving) / 2:
        word = artefact(DRIFT)
    return Verdict(word, because)


def stable(evidence: Evidence) -> Verdict:
    """Judge whether scores are stable after N = 80."""
    if evidence.stability["n_members"].nunique() < 2:
        return Verdict(UNKNOWN, "the study has one number of members")
    found = stable_after(evidence.stability)
    because = (
        f"from {found['n_members']} to {found['all_members']} members {found['changing']} of "
        f"{found['cells']} scores of pretrained models change beyond chance, the excess over the "
        f"floor stays in {found['floor_alone']} of these; the floor goes from "
        f"{found['floor']:.2f} to {found['floor_at_all']:.2f}"
    )
    return Verdict(found["verdict"], because)


def dependence(evidence: Evidence) -> Verdict:
    """Judge whether what ties forget and retain set foretells what goes wrong."""
    rows = evidence.influence
    first = rows[rows["against"] == rows["against"].iloc[0]]
    first = first[first["predictor"] == "spectral_norm"]
    alike = first[first["scope"] == "same size"]
    kin = first[first["scope"] == "same size and origin"]
    positive, negative = (alike["rho_low"] > 0).sum(), (alike["rho_high"] < 0).sum()
    because = f"among sets of one size the spectral norm goes with the damage by {_rhos(alike)} set"
    kin = kin[kin[["rho", "rho_low", "rho_high"]].notna().all(axis=1)]  # else too few to rank
    if len(kin):
        because += (
            f", among those of one origin as well, random or a component's, by {_rhos(kin)} set"
        )
    because += f", over {first['n_sets'].max()} sets"
    if positive:
        whole = positive == len(alike) and (kin["rho_low"] > 0).any()
        return Verdict(STANDS if whole else IN_PART, because)
    return Verdict(FAILS if negative else UNKNOWN, because)


def _rhos(rows: pd.DataFrame) -> str:
    """Return the rank correlations of each split, with their intervals."""
    return " and ".join(
        f"{row['rho']:.2f} ({row['rho_low']:.2f} to {row['rho_high']:.2f}) on the {row['split']}"
        for _, row in rows.iterrows()
    )
