"""The rules by which a study judges claims: intervals and counts, no verdict is written down."""

import pandas as pd

from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import measurable, median_of, outcomes, places, shared_error
from unlearning.answer.selection import AVERAGE
from unlearning.answer.stability import stable_after
from unlearning.answer.verdicts import FAILS, IN_PART, STANDS, UNKNOWN, Verdict, artefact, by_count

ASCENT = ("ga", "gda")
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
    far, close = wide["forget"] > 0, (wide[["retain", "validation"]] <= 0).all(axis=1)
    median = rows.groupby("split")["excess"].median()
    because = (
        f"above the floor with the whole interval on the forget set in {far.sum()} of {len(wide)} "
        f"sets (median {median['forget']:.2f} nats), on neither of the others in {close.sum()} "
        f"(medians {median['retain']:.2f} and {median['validation']:.2f})"
    )
    return Verdict(by_count(int((far & close)[far].sum()), int(far.sum())), because)


def ascent_fails(evidence: Evidence) -> Verdict:
    """Judge whether GA and GDA break the model or leave it where it was."""
    runs = evidence.grid(ASCENT)
    return _fails(evidence, runs, ASCENT)


def _fails(evidence: Evidence, runs: pd.DataFrame, methods: tuple[str, ...]) -> Verdict:
    """Judge whether no run forgets without harm, on any set."""
    cells = places(runs, runs["method"].notna())
    succeeding = places(runs, runs["forgets"] & ~runs["harms"])
    frozen = evidence.frozen(methods)
    frozen = frozen[frozen["forget_set"].isin(set(runs["forget_set"]))]
    without = places(frozen, frozen["forgets"] & ~frozen["harms"])
    because = (
        f"{_count(len(succeeding), len(cells), 'pairs of method and forget set')} have a run that "
        f"forgets and is not told to do harm; of {len(runs)} runs {runs['forgets'].sum()} forget, "
        f"{runs['harms'].sum()} do harm and {(~runs['forgets'] & ~runs['harms']).sum()} neither"
    )
    if len(frozen):
        because += f"; with frozen BatchNorm {len(without)} pairs have such a run"
    word = by_count(len(cells) - len(succeeding), len(cells))
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
    if not len(runs):
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    word = STANDS if away.any() else FAILS
    if away.any() and len(frozen) and not still.any():
        word = artefact(DRIFT)
    return Verdict(word, because)


def sensitive(evidence: Evidence) -> Verdict:
    """Judge whether scores hang on learning rate and duration."""
    rows = evidence.cells[
        (evidence.cells["kind"] == "grid") & (evidence.cells["split"] == "validation")
    ]
    pair = ["method", "forget_set"]
    cells = rows.groupby(pair).filter(lambda runs: len(runs) > 1).groupby(pair)
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
    good = runs[runs["forgets"] & ~runs["harms"]]
    sets = set(runs["forget_set"])
    because = (
        f"{_count(len(good), len(runs), 'runs of gradient ascent')} on {len(sets)} sets of at "
        f"most {FEW} random points forget without being told to do harm"
    )
    return Verdict(by_count(good["forget_set"].nunique(), len(sets)), because)


def missing_targets(evidence: Evidence) -> Verdict:
    """Judge whether a run can't be chosen without the oracles."""
    table = evidence.selection[evidence.selection["split"] == AVERAGE]
    table = table[table["forget_set"].isin(measurable(evidence.baselines))]
    told: dict[str, tuple[int, int]] = {}
    for rule in WITHOUT_ORACLE:
        rows = table[table["rule"] == rule]
        told[rule] = int((rows["regret_low"] > 0).sum()), len(rows)
    median = table[table["rule"].isin(WITHOUT_ORACLE)].groupby("rule")["regret"].median()
    because = "chosen by " + ", ".join(
        f"{rule}, {_count(*told[rule], 'are')} told to be worse than the oracle's choice (median "
        f"{median.get(rule, float('nan')):.2f} nats)"
        for rule in WITHOUT_ORACLE
    )
    if not any(of for _, of in told.values()):
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    failing = [rule for rule, (worse, of) in told.items() if worse > of / 2]
    return Verdict(by_count(len(failing), len(told)), because)


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
    moves = runs["forgets"] | runs["recedes"] | runs["harms"]
    frozen = runs["behaviour"].str.contains("student")
    trained = (runs["kind"] == "grid").to_numpy()
    because = (
        f"of runs that train the student {moves[trained].sum()} of {trained.sum()} are told from "
        "the pretrained models on some split"
    )
    if frozen.any():
        stay = int(moves[frozen].sum())
        because += f", of those with the published, frozen one {stay} of {int(frozen.sum())}"
    if not trained.any():
        return Verdict(UNKNOWN, "no run of SCRUB is on a forget set that has anything to unlearn")
    word = by_count(int((~moves[trained]).sum()), int(trained.sum()))
    if moves[trained].mean() > 0.5 and frozen.any() and moves[frozen].mean() <= 0.5:
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
    moving = places(runs, runs["forgets"])
    harmless = places(runs, runs["forgets"] & ~runs["harms"])
    because = (
        f"{_count(len(moving), len(places(runs, runs['method'].notna())), 'pairs')} of method and "
        f"random set have a run that forgets, {len(harmless)} of them one that does so without "
        "being told to do harm"
    )
    return Verdict(by_count(len(moving) - len(harmless), len(moving)), because)


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
    because = (
        f"among sets of one size the spectral norm goes with the damage by {_rhos(alike)} set, "
        f"among those of one origin as well, random or a component's, by {_rhos(kin)} set, over "
        f"{first['n_sets'].max()} sets"
    )
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
