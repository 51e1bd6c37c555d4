# results/{study}/provenance/: what stands behind each figure


rule write_provenance:
    """Trace a figure, or all of the study, to everything that it comes from."""
    input:
        code=listing("workflow/scripts/write_provenance.py"),
        data=rules.prepare_data.output.record,
        forget_sets=lambda wildcards: expand(
            rules.select_forget_set.output,
            study=wildcards.study,
            forget_set=lineage.scope_forget_sets(config, wildcards.scope),
        ),
        records=lambda wildcards: lineage.scope_records(
            config,
            wildcards,
            {
                "train_datamodels": "results/{study}/datamodels/models/{chunk}.json",
                inputs.ensemble_rule(config, "pretrained"): pretrained.record,
                inputs.ensemble_rule(config, "oracle"): oracle.record,
                "train_oracle_outputs": rules.train_oracle_outputs.output.record,
                "unlearn": rules.unlearn.output.record,
            },
        ),
        figures=lambda wildcards: lineage.scope_files(
            config,
            wildcards,
            {
                "": rules.draw_figure.output,
                "forget_sets": rules.draw_forget_sets.output,
                "random_sets": rules.draw_random_sets.output,
            },
        ),
        theory=lambda wildcards: expand(
            rules.draw_theory.output,
            theory_figure=lineage.scope_theory(wildcards.scope),
        ),
    output:
        **in_report(
            "results/{study}/provenance/{scope}.html",
            caption="../report/provenance.rst",
            category="Provenance",
            labels={"provenance": "{scope}"},
        ),
        json="results/{study}/provenance/{scope}.json",
    log:
        "logs/{study}/provenance/{scope}.log",
    wildcard_constraints:
        scope="|".join(["study", *lineage.figures(config)]),
    conda:
        "../../envs/environment.yaml"
    # Digests, so that the page follows what it states; the commit is not among them.
    params:
        config=trace.config_digest(config),
        code=lambda wildcards: trace.scope_code(config, wildcards.scope),
        figures=lambda wildcards: lineage.scope_figures(config, wildcards.scope),
        theory=lambda wildcards: lineage.scope_theory(wildcards.scope),
        forget_sets=lambda wildcards: lineage.scope_forget_sets(config, wildcards.scope),
        labels=lambda wildcards: settings.forget_set_labels(
            config, lineage.scope_forget_sets(config, wildcards.scope)
        ),
    script:
        "../scripts/write_provenance.py"


rule provenance:
    """What stands behind every figure, on one page."""
    input:
        expand(rules.write_provenance.output, study=config["study"], scope="study"),
