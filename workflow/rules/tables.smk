# results/{study}/tables/: scores beside what was published


rule write_table1:
    """Put pretrained against oracles, by the share that is forgotten, beside the published table."""
    input:
        code=listing("workflow/scripts/write_table1.py", targets.PUBLISHED_TABLE1),
        tables=lambda wildcards: expand(
            rules.score_baselines.output.table,
            study=wildcards.study,
            forget_set=targets.table1_forget_sets(config),
        ),
    output:
        csv="results/{study}/tables/table1.csv",
        page=report(
            "results/{study}/tables/table1.html",
            caption="../report/table1.rst",
            category="Tables",
        ),
    log:
        "logs/{study}/tables/table1.log",
    conda:
        "../../envs/environment.yaml"
    params:
        published=targets.PUBLISHED_TABLE1,
        dataset=config["dataset"]["name"],
        labels=settings.forget_set_labels(config, config["table1"]),
    script:
        "../scripts/write_table1.py"


rule write_comparison:
    """Put a study's scores beside the published ones, cell by cell."""
    input:
        code=listing("workflow/scripts/write_comparison.py", targets.PUBLISHED),
        forget_sets=lambda wildcards: expand(
            rules.select_forget_set.output,
            study=wildcards.study,
            forget_set=targets.required_published_forget_sets(config),
        ),
        tables=lambda wildcards: expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            study=wildcards.study,
            forget_set=targets.required_published_forget_sets(config),
            method=config["run"]["methods"],
        ),
    output:
        csv="results/{study}/tables/comparison.csv",
        page=report(
            "results/{study}/tables/comparison.html",
            caption="../report/comparison.rst",
            category="Tables",
        ),
    log:
        "logs/{study}/tables/comparison.log",
    conda:
        "../../envs/environment.yaml"
    params:
        published=targets.PUBLISHED,
        dataset=config["dataset"]["name"],
        protocol=config["protocol"],
        names=lambda wildcards: targets.required_published_forget_sets(config),
    script:
        "../scripts/write_comparison.py"


rule table1:
    """Table 1: is such data degenerate for unlearning?"""
    input:
        expand(rules.write_table1.output, study=config["study"]),


rule compare:
    """The published table beside the study's scores."""
    input:
        expand(rules.write_comparison.output, study=config["study"]),
