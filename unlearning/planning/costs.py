"""What the jobs of a study cost, from the config alone: members, sample gradients, seconds.

Pure Python, because the Snakefile imports it.

The model: a job takes a start, then the operations of its gradients and evaluations at the rate of
its device, then a fixed time for every step of the optimizer, which is what small networks cost on
a GPU. A gradient is three forward passes (forward, gradient of the weights, gradient of the
features), and a forward pass is two operations for each multiply-accumulate.

Where the constants come from: the rates of the processor were measured with
``python -m bench.gradients`` on one thread (docs/performance.md), those of a GPU with
``python -m bench.gpu`` on one H100 (docs/gpu.md); what was not measured says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from math import ceil
from typing import Any

from unlearning.planning.network_size import network_size
from unlearning.study import conditions, design, passes, sayings, settings, strategies
from unlearning.study.data_sets import facts, inputs
from unlearning.study.design import Config, Trajectory
from unlearning.study.method_files import method_signature
from unlearning.study.runs import forget_set_size, runs

#: Operations of one sample's gradient for each multiply-accumulate of its forward pass.
GRADIENT_OPERATIONS = 6

#: How much longer members take one after another, on ordinary networks and loaders: measured for
#: the perceptron (python -m bench.plain_form), an ESTIMATE for others, which fill a device alone.
PLAIN = {"mlp": 11.0, "resnet9": 2.0, "resnet18": 2.0, "transformer": 4.0, "ngram": 4.0}

#: Points that a batch of the evaluation takes; `unlearning.ensembles.margins.POINTS_PER_BATCH`.
EVALUATION_BATCH = 128


@dataclass(frozen=True)
class Device:
    """How fast a class of devices trains and evaluates, in one precision."""

    operations: Mapping[str, float]  # a second of gradients, by architecture
    evaluation: Mapping[str, float]  # a second of forward passes
    step: float  # seconds of a step of the optimizer beside its operations
    start: float  # seconds until a job's first step


#: Measured: one thread of an x86-64 server with AVX-512. ResNet-9 reaches 4e10 on small images and
#: 1e11 on large ones.
_CPU = {"mlp": 3.5e10, "resnet9": 5.0e10, "resnet18": 5.0e10}
#: Measured for the transformer (python -m bench.sequences); the n-gram's is an ESTIMATE.
_CPU |= {"transformer": 2.0e10, "ngram": 2.0e10}
CPU = Device(_CPU, _CPU, step=0.0, start=3.0)

#: Seconds of a member's step on a GPU beside its operations, and until a job's first step. Rate and
#: step are solved from 512 points a step (149,000 samples a second) and 64 (98,000): for 256 they
#: say 139,000, where 127,000 were measured. The start is an ESTIMATE.
_GPU = {"step": 2.6e-4, "start": 15.0}
#: An ESTIMATE: a tenth of what the data sheet of an H100 gives in float32, in which linear layers
#: are computed in every precision.
_LINEAR = {"mlp": 6.7e12, "transformer": 6.7e12, "ngram": 6.7e12}

#: Measured: one H100, by precision of the convolutions. ResNet-18's evaluation was not measured:
#: its gradients' rate stands for it.
GPU = {
    "float32": Device(
        {**_LINEAR, "resnet9": 3.1e13, "resnet18": 3.0e13},
        {**_LINEAR, "resnet9": 3.3e13, "resnet18": 3.0e13},
        **_GPU,
    ),
    "tf32": Device(
        {**_LINEAR, "resnet9": 8.3e13, "resnet18": 5.3e13},
        {**_LINEAR, "resnet9": 1.4e14, "resnet18": 5.3e13},
        **_GPU,
    ),
    "bfloat16": Device(
        {**_LINEAR, "resnet9": 2.8e14, "resnet18": 1.7e14},
        {**_LINEAR, "resnet9": 2.4e14, "resnet18": 1.7e14},
        **_GPU,
    ),
}


@dataclass(frozen=True)
class Work:
    """What one job computes."""

    members: int = 0
    gradients: int = 0  # of single samples, all members together
    evaluations: int = 0  # forward passes of single samples, all members together
    steps: int = 0  # of the optimizer, all stacks together
    slower: float = 1.0  # than members of a stack: those of the plain form, one after another


class Costs:
    """Counts the work of a study's jobs.

    Parameters
    ----------
    config : a study that `unlearning.study.config.check` has accepted; not changed afterwards

    Attributes
    ----------
    train, points : training points, all points
    input_shape : (channels, height, width) as trained on; (context,) of sequences
    sequences : whether the points are sequences
    predictions : margins of a member on all points, at most
    network : size of one member
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        dataset = config["dataset"]
        self.train = dataset["train"]
        self.points = self.train + dataset["validation"]
        self.input_shape, self.classes = inputs(dataset["name"], dataset["pad_to"])
        self.sequences = len(self.input_shape) == 1
        # Of sequences, as if each filled the context: how long they are is not known before.
        self.predictions = self.points * (self.input_shape[0] if self.sequences else 1)
        self.model = settings.model_settings(config)
        self.network = network_size(self.model, self.input_shape, self.classes)
        self.forget_size = cache(self._forget_size)
        self.trajectories = cache(partial(runs, config))
        self.plain = cache(self._plain)

    def _plain(self, method: str) -> bool:
        """Return whether a method takes one member after another."""
        return method_signature(method, self.config["methods"][method].get("file")).plain

    def _forget_size(self, name: str) -> int:
        definition = self.config["forget_sets"][name]
        size = forget_set_size(definition)
        if size is not None:
            return size
        groups = facts(self.config["dataset"]["name"]).parts
        # Of a folder nobody has counted the groups; one leaves something to retain.
        parts = max(groups, 2) if definition["kind"] == "group" else self.classes
        return round(self.train / parts)

    def unlearned_sizes(self, forget_set: str, trajectory: Trajectory) -> tuple[int, int]:
        """Return the points to forget and to retain that a trajectory works with."""
        forget = self.forget_size(forget_set)
        run = conditions.conditions(self.config["protocol"], trajectory.hyperparameters)
        if run["forget_limit"] is not None:
            forget = min(forget, run["forget_limit"])
        return forget, self.train - forget

    def stack(self, batch: int) -> int:
        """Return the members trained as one network; by the fixed rule where it is measured."""
        computing, size = self.config["computing"], self.input_shape[-1]
        return strategies.chosen(computing, self.model["name"], size, batch).members

    def work(self, rule: str, wildcards: Any) -> Work:
        """Return what a job trains, unlearns and evaluates; nothing for the rules that do not.

        Parameters
        ----------
        rule : name of the rule
        wildcards : the job's wildcards, as attributes
        """
        match rule:
            case "train_pretrained":
                return self._training(wildcards.chunk, self.train, 1)
            case "import_pretrained":
                members = chunk_size(wildcards.chunk)
                return Work(members, evaluations=members * self.points)
            case "train_oracle":
                points = self.train - self.forget_size(wildcards.forget_set)
                snapshots = len(design.oracle_snapshots(self.config))
                return self._training(wildcards.chunk, points, snapshots)
            case "train_oracle_outputs":  # margins, and logits once more
                points = self.train - self.forget_size(wildcards.forget_set)
                return self._training(wildcards.chunk, points, 2)
            case "train_datamodels":
                fraction = self.config["datamodels"]["subset_fraction"]
                return self._training(wildcards.chunk, round(fraction * self.train), 1)
            case "unlearn":
                return self._unlearning(wildcards)
            case "tabulate_texts":
                return self._saying(wildcards)
        return Work()

    def _training(self, chunk: str, points: int, snapshots: int) -> Work:
        members, epochs = chunk_size(chunk), self.config["training"]["epochs"]
        batch = self.config["training"]["batch_size"]
        stacks = ceil(members / self.stack(batch))
        return Work(
            members,
            members * epochs * points,
            members * snapshots * self.points,
            stacks * epochs * ceil(points / batch),
        )

    def _unlearning(self, wildcards: Any) -> Work:
        every = self.trajectories(wildcards.method, wildcards.forget_set)
        trajectory = every[wildcards.trajectory]
        sizes = self.unlearned_sizes(wildcards.forget_set, trajectory)
        each = passes.shared(wildcards.method, trajectory, *sizes)
        plain = self.plain(wildcards.method)
        if plain:  # what it does is its own: a pass through both sets an epoch is assumed
            last = max(trajectory.epochs)
            each = passes.counted("", trajectory.hyperparameters, *sizes, last, last)
        batch = trajectory.hyperparameters.get("batch_size", 1)
        members = chunk_size(wildcards.chunk)
        evaluated = self.snapshots(wildcards) + passes.EVALUATIONS.get(wildcards.method, 0)
        return Work(
            members,
            members * each.gradients,
            members * evaluated * self.points,
            ceil(members / self.stack(batch)) * each.steps,
            PLAIN[self.model["name"]] if plain else 1.0,
        )

    def _saying(self, wildcards: Any) -> Work:
        """Count oracles, and runs as if each went through the retain set in every epoch."""
        members = len(sayings.members(self.config))
        points = self.train - self.forget_size(wildcards.forget_set)
        asked = sayings.runs(self.config, wildcards.forget_set)
        epochs = self.config["training"]["epochs"]
        epochs += sum(run["snapshots"][-1][0] for run in asked)
        evaluations = members * (len(asked) + 2) * self.points
        return Work(members, members * epochs * points, evaluations)

    def snapshots(self, wildcards: Any) -> int:
        """Return the snapshots that a job of the rule ``unlearn`` keeps."""
        method, forget_set = wildcards.method, wildcards.forget_set
        trajectory = self.trajectories(method, forget_set)[wildcards.trajectory]
        return len(design.snapshots(self.config, method, forget_set, trajectory))

    def knows(self, rule: str, wildcards: Any) -> bool:
        """Return whether a job of other days is one that the study still describes."""
        try:
            self.work(rule, wildcards)
        except KeyError:
            return False
        return True

    def seconds(self, work: Work, device: str) -> float:
        """Return the seconds that a job takes by the model, its start included.

        Parameters
        ----------
        work : of a job
        device : ``"cpu"`` or ``"gpu"``
        """
        name, computing = self.model["name"], self.config["computing"]
        training = evaluating = CPU
        if device == "gpu":
            training = GPU[computing["precision"]]
            evaluating = GPU[computing["evaluation_precision"]]
        gradients = work.gradients / training.operations[name]
        evaluations = work.evaluations / 3 / evaluating.evaluation[name]
        spent = GRADIENT_OPERATIONS * self.network.products * (gradients + evaluations)
        spent *= work.slower
        return training.start + spent + work.steps * training.step

    @property
    def device(self) -> str:
        """The class of devices to plan with: the processor only where the study asks for it."""
        return "cpu" if self.config["device"] == "cpu" else "gpu"


def chunk_size(chunk: str) -> int:
    """Return the members of a chunk such as ``100-119``."""
    return len(design.chunk_members(chunk))
