"""Pages of provenance name the code that Snakemake's rules declare, and cost no figure anything."""

from tests.helpers.plans import CONFIG, counts, declared, named
from unlearning.provenance import lineage


def test_the_code_behind_a_figure_is_what_its_rules_declare(tmp_path):
    for figure in ("fig5", "random_sets", "forget_sets"):
        assert declared(tmp_path, figure) == named(lineage.code_behind(CONFIG, figure)), figure
    both = named(lineage.theory_code("fig3")) | named(lineage.theory_code("fig4"))
    both["draw_theory"] |= named(lineage.theory_code("fig3"))["draw_theory"]
    assert declared(tmp_path, "fig3", "fig4") == both


def test_a_figure_plans_no_page_and_its_page_plans_nothing_else(tmp_path):
    plan = counts(tmp_path, "fig2")
    assert "write_provenance" not in plan
    page = counts(tmp_path, "results/digits/provenance/fig2.html")
    assert page.pop("write_provenance") == plan.pop("fig2") == 1
    assert page == plan


def test_the_page_of_the_study_needs_what_the_figures_need(tmp_path):
    everything, page = counts(tmp_path), counts(tmp_path, "provenance")
    assert page["write_provenance"] == everything["write_provenance"] == 1
    assert set(everything) - set(page) == {"all", "collect_scores", "check_statements"}
    for rule in set(page) - {"provenance"}:
        assert page[rule] == everything[rule], rule
