# results/{study}/league.csv, league.json, league.html: methods side by side at equal cost; league/


if config["merge"]:
    from unlearning.league import merging

    # What can be known before the study is computed is compared before any job.
    try:
        merging.check_files(config, f"results/{config['study']}/league.json")
        merging.check_points(config, f"results/{config['study']}/data/dataset.json")
    except ValueError as error:
        raise Refused(str(error))


rule check_merge:
    """Compare the records of other groups with the study's data and forget sets."""
    input:
        code=listing("workflow/scripts/check_merge.py"),
        data=rules.prepare_data.output.record,
        forget_sets=expand(
            rules.select_forget_set.output,
            forget_set=config["run"]["forget_sets"],
            allow_missing=True,
        ),
        merge=config_league.merged_files(config),
    output:
        "results/{study}/league/merge.json",
    log:
        "logs/{study}/league_merge.log",
    # What cannot be merged is to be known before anything is unlearned.
    priority: 1
    conda:
        "../../envs/environment.yaml"
    params:
        forget_sets=config["run"]["forget_sets"],
    script:
        "../scripts/check_merge.py"


rule score_league:
    """Hold all methods against each other, and against retraining stopped at the same cost."""
    input:
        code=listing("workflow/scripts/score_league.py"),
        data=rules.prepare_data.output.record,
        forget_sets=lambda wildcards: expand(
            rules.select_forget_set.output,
            study=wildcards.study,
            forget_set=config["run"]["forget_sets"],
        ),
        tables=lambda wildcards: expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            study=wildcards.study,
            method=league.league_methods(config),
            forget_set=config["run"]["forget_sets"],
        ),
        deviations=lambda wildcards: expand(
            [
                rules.score_baselines.output.deviations,
                rules.score_method.output.deviations,
            ],
            study=wildcards.study,
            method=league.league_methods(config),
            forget_set=config["run"]["forget_sets"],
        ),
        merge=config_league.merged_files(config),
        checked=rules.check_merge.output if config["merge"] else [],
    output:
        csv="results/{study}/league.csv",
        runs="results/{study}/league/runs.csv",
        standings="results/{study}/league/standings.csv",
        json="results/{study}/league.json",
    log:
        "logs/{study}/league.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("score_league"),
        runtime=needs.runtime("score_league"),
    params:
        forget_sets=config["run"]["forget_sets"],
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
        chains=league.chains(config),
        methods=lambda wildcards: league.league_methods(config),
        told=lambda wildcards: needed.told(config, league.league_methods(config)),
        facts=league.facts(config),
        stanzas=lambda wildcards: league.stanzas(config),
        code=lambda wildcards: trace.method_digests(
            config, league.league_methods(config)
        ),
        config=trace.config_digest(config),
    script:
        "../scripts/score_league.py"


rule draw_league:
    """Draw runs by cost and excess, the Pareto front and mean ranks, and say what it comes to."""
    input:
        code=listing("workflow/scripts/draw_league.py"),
        table=rules.score_league.output.csv,
        runs=rules.score_league.output.runs,
        standings=rules.score_league.output.standings,
    output:
        png=report(
            "results/{study}/figures/league.png",
            caption="../report/league.rst",
            category="League",
        ),
        pdf="results/{study}/figures/league.pdf",
        csv="results/{study}/figures/league.csv",
        finding="results/{study}/figures/league.txt",
    log:
        "logs/{study}/figures/league.log",
    conda:
        "../../envs/environment.yaml"
    params:
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
        members=config["ensemble"]["members"],
    script:
        "../scripts/draw_league.py"


rule write_league:
    """Write the league as a page whose tables sort."""
    input:
        code=listing("workflow/scripts/write_league.py"),
        table=rules.score_league.output.csv,
        standings=rules.score_league.output.standings,
        picture=rules.draw_league.output.png,
        finding=rules.draw_league.output.finding,
        merge=config_league.merged_files(config),
    output:
        **in_report(
            "results/{study}/league.html",
            caption="../report/league_page.rst",
            category="League",
        ),
    log:
        "logs/{study}/league_page.log",
    conda:
        "../../envs/environment.yaml"
    params:
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
        about=answering.about(config),
        facts=league.facts(config),
        left_out=list(left_out.values()),
    script:
        "../scripts/write_league.py"


rule league:
    """Anyone's methods on the same axes, at equal cost."""
    input:
        expand(
            [
                *rules.score_league.output,
                *rules.draw_league.output,
                *rules.write_league.output,
            ],
            study=config["study"],
        ),
