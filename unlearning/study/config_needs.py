"""Check what the methods of a study ask for beside the pretrained members."""

from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path

from unlearning.study import design, needs
from unlearning.study.config_words import allowed
from unlearning.study.design import Config
from unlearning.study.method_files import FOR_PLAIN, method_signature
from unlearning.study.needs import NEEDS, REWIND_TO


def early_complaints(config: Config) -> Iterator[str]:
    """Yield what is wrong with the epochs at which weights are kept."""
    last = config["training"]["epochs"]
    for epoch in config["needs"]["early_epochs"]:
        if epoch >= last:
            yield (
                f"needs.early_epochs: {epoch} is not before the last epoch, {last}, whose weights "
                "are kept in any case"
            )


def file_complaints(config: Config) -> Iterator[str]:
    """Yield which files of a user's own have names that methods cannot ask for."""
    for name in needs.own_files(config):
        if name in (*NEEDS, *FOR_PLAIN, "epochs") or not name.isidentifier() or iskeyword(name):
            yield (
                f"needs.files: {name!r} is no name for a file, which an argument of a method has; "
                "choose another name"
            )


def needs_complaints(name: str, method: Config, config: Config) -> Iterator[str]:
    """Yield what is wrong with what a method asks for, and what the study cannot give."""
    key, asked = f"methods.{name}", method.get("needs") or []
    signature = method_signature(name, method.get("file"))
    taken, at = signature.hyperparameters, f"{signature.at}: " if method.get("file") else ""
    files = needs.own_files(config)
    for need in asked:
        if need not in NEEDS and need not in files:
            yield (
                f"{key}.needs: {need!r} is nothing that a study has; {allowed([*NEEDS, *files])}; "
                "a file of your own is named under needs.files of the study"
            )
        elif need not in taken:
            yield (
                f"{key}.needs: {at}unlearn of {name} takes no keyword-only argument {need}; add it "
                "there after the *, or take it out of needs"
            )
        else:
            yield from _missing(key, need, config)
    for need in NEEDS:
        if need in taken and need not in asked:
            yield (
                f"{key}.needs: {at}unlearn of {name} takes {need}, which a study has to be "
                f"asked for; add it: needs: [{', '.join([*asked, need])}]"
            )
    if "early_weights" in asked:
        yield from _rewind_complaints(key, method, config)


def _missing(key: str, need: str, config: Config) -> Iterator[str]:
    """Yield why a study cannot give what a method asks for."""
    file = needs.own_files(config).get(need)
    if file is not None and not Path(file).is_file():
        yield (
            f"{key}.needs: {need} is needs.files.{need}, and {file} is not a file; it is looked "
            f"for in {Path.cwd()}"
        )
    source = config["source"]
    if need in ("early_weights", "oracle_outputs") and source != "train":
        what = "weights of an earlier epoch" if need == "early_weights" else "logits of its oracles"
        yield f"{key}.needs: {need} needs source: train; {source} has published no {what}"
    if need == "early_weights" and not config["needs"]["early_epochs"]:
        yield (
            f"{key}.needs: early_weights asks for weights on the way, and needs.early_epochs names "
            "no epoch to keep them at"
        )
    if need == "datamodels" and config["datamodels"]["file"] is not None:
        yield (
            f"{key}.needs: datamodels needs those of validation points too, and datamodels.file "
            "has those of training points only; set it to null"
        )


def _rewind_complaints(key: str, method: Config, config: Config) -> Iterator[str]:
    """Yield which runs go back to where no weights were kept, or do nothing from there."""
    last = config["training"]["epochs"]
    kept = [*needs.early_epochs(config), last]
    try:
        found = design.trajectories(method).values()
    except ValueError:
        return  # a complaint about the method
    for run in found:
        epoch = run.hyperparameters.get(REWIND_TO)
        if epoch is None:
            continue
        if epoch not in kept:
            yield (
                f"{key}.{REWIND_TO}: trajectory {run.name} goes back to epoch {epoch}, and the "
                f"study keeps the weights of {', '.join(map(str, kept))}; add it to "
                "needs.early_epochs"
            )
        elif epoch != last and run.hyperparameters.get("learning_rate") == 0:
            yield (
                f"{key}.{REWIND_TO}: trajectory {run.name} has learning rate 0, which does nothing "
                f"only from the end of training: set {REWIND_TO} to {last} beside it"
            )
