"""A person's names of the methods, the same in figures, tables and on pages."""

from collections.abc import Collection

METHOD_NAMES = {
    "ga": "Gradient Ascent",
    "gda": "Gradient Descent/Ascent",
    "scrub": "SCRUB",
    "finetune": "Fine-tuning",
    "gda_interleaved": "Interleaved Descent/Ascent",
    "random_labels": "Random labels",
    "salun": "SalUn",
    "bad_teacher": "Bad teacher",
    "ssd": "Selective synaptic dampening",
    "npo": "Negative preference optimisation",
    "noisy_descent": "Noisy descent",
    "rewind": "Rewind",
    "oracle_matching": "Oracle matching",
    "datamodel_direct": "Datamodel direct",
    "datamodel_matching": "Datamodel matching",
}
#: Beside methods: to do nothing, and to stop retraining early.
COMPETITORS = {"pretrained": "doing nothing", "oracle_stopped": "retraining stopped early"}
#: Whose a method is, in the column ``source`` beside the names of other groups' files.
OURS = "this study"
#: After the name of a method that is told the answer.
TOLD = "†"
#: After the name of a method of another group.
THEIRS = "‡"
#: What the first of these marks means.
TOLD_MEANS = f"{TOLD} is told the answer: it is given outputs of oracles"


def method_name(method: str, told: Collection[str] = ()) -> str:
    """Return the name of a method or a competitor; a method of a user's own has no other.

    Parameters
    ----------
    method : as the config calls it
    told : methods that are told the answer, whose names are marked
    """
    return {**METHOD_NAMES, **COMPETITORS}.get(method, method) + TOLD * (method in told)
