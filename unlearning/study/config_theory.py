"""Check what a study's config asks of the theory."""

from collections.abc import Iterator

from unlearning.study.design import Config


def theory_complaints(theory: Config) -> Iterator[str]:
    """Yield what is wrong with ``theory``."""
    data = theory["fig3"]["data"]
    for size in theory["fig3"]["forget"]:
        if size >= data:
            yield f"theory.fig3.forget: {size} leaves nothing to retain of {data} samples"
    retained, both = data - max(theory["fig3"]["forget"]), theory["fig3"]["retain_ij"]
    if both > retained:
        yield f"theory.fig3.retain_ij: {both} is more than the {retained} samples that are retained"
    for name, data_set in theory["logistic"]["data_sets"].items():
        key = f"theory.logistic.data_sets.{name}"
        step, ridge = theory["logistic"]["step"], data_set["ridge"]
        if step * ridge >= 2:
            yield (
                f"theory.logistic.step: {step} makes descent diverge at the ridge of {key}, "
                f"{ridge}: it must be less than 2 / ridge"
            )
        retained, forgotten = data_set["retained"], data_set["forgotten"]
        if "epsilon" not in data_set and len(retained) != len(forgotten):
            yield f"{key}: retained names {len(retained)} axes and forgotten {len(forgotten)}"
        elif "epsilon" not in data_set and not any(forgotten):
            yield f"{key}.forgotten: must hold a number greater than 0"
