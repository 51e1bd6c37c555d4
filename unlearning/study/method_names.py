"""A person's names of the methods, the same in figures, tables and on pages."""

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


def method_name(method: str) -> str:
    """Return the name of a method or a competitor; a method of a user's own has no other."""
    return {**METHOD_NAMES, **COMPETITORS}.get(method, method)
