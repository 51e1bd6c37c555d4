"""What a job does in words, for the people who wait for it: stage, forget set, method, members."""

from collections.abc import Mapping

#: By rule. Lines of a terminal are short: a set is a forget set, and what tells jobs of a rule
#: apart stands first, for the end may be cut.
WORDS: Mapping[str, str] = {
    "prepare_data": "prepare the data set",
    "measure_strategies": "measure how members are computed fastest",
    "train_datamodels": "train models {chunk} on random subsets",
    "fit_datamodels": "fit datamodels",
    "import_datamodels": "take over published datamodels",
    "find_components": "find components of the datamodels",
    "select_forget_set": "choose forget set {forget_set}",
    "draw_forget_sets": "draw the forget sets",
    "train_pretrained": "train pretrained members {chunk}",
    "train_oracle": "train oracles {chunk} of set {forget_set}",
    "fetch_published": "find what has been published",
    "import_pretrained": "take over pretrained members {chunk}",
    "import_oracle": "take over oracles {chunk} of set {forget_set}",
    "check_alignment": "check published oracles of set {forget_set}",
    "train_oracle_outputs": "train further oracles {chunk} of set {forget_set}",
    "fit_validation_datamodels": "fit datamodels of the validation points",
    "add_datamodels": "add up datamodels of set {forget_set}",
    "unlearn": "unlearn set {forget_set} by {method}, {trajectory}, members {chunk}",
    "score_baselines": "score set {forget_set}: oracles, pretrained",
    "score_method": "score {method} on set {forget_set}",
    "collect_scores": "collect all scores",
    "draw_figure": "draw {figure}",
    "compare_accuracies": "compare accuracies on set {forget_set}",
    "draw_random_sets": "draw accuracies on random forget sets",
    "subsample_members": "score fewer members on set {forget_set}",
    "draw_stability": "draw the stability of scores",
    "select_runs": "choose runs without the oracles",
    "draw_selection": "draw the regret of chosen runs",
    "compare_stopping": "stop points of set {forget_set} at their own times",
    "measure_blocks": "measure influence between forget and retain sets",
    "measure_damage": "measure the damage of unlearning set {forget_set}",
    "correlate_influence": "correlate influence and damage",
    "draw_influence": "draw damage over influence",
    "sample_points": "choose points of set {forget_set} and count their margins",
    "bundle_library": "take the page's JavaScript out of its package",
    "write_explore": "write the page to explore",
    "tabulate_texts": "let members of set {forget_set} say something",
    "check_merge": "check the records of other groups",
    "score_league": "compare methods at equal cost",
    "draw_league": "draw the league",
    "write_league": "write the league's page",
    "tabulate_controls": "tell drift from ascent",
    "draw_controls": "draw drift and ascent",
    "draw_protocols": "draw published and corrected runs",
    "write_answer": "judge the paper's claims",
    "write_table1": "write Table 1",
    "write_comparison": "compare with the published table",
    "check_statements": "check the statements of the theory",
    "tabulate_ranges": "tabulate where descent-ascent harms",
    "run_logistic": "run the logistic regressions of the theory",
    "run_toy": "follow descent-ascent in the toy landscape",
    "measure_escapes": "measure escapes from the trap",
    "draw_theory": "draw {theory_figure}",
    "write_provenance": "trace what is behind {scope}",
    "audit": "say what the target would take",
    "new_method": "write a new method",
    "profile": "look at the cluster and write a profile",
}


def in_words(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return what a job does: an imperative without a full stop.

    Parameters
    ----------
    rule : name of the rule; one that is not in `WORDS` makes nothing, it is a target
    wildcards : of the job
    """
    return WORDS.get(rule, f"target {rule}").format_map(wildcards)


def by_the_clock(seconds: float) -> str:
    """Return a duration as clocks show it: 0:07, 12:34, 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
