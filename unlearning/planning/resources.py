"""What a job needs: memory and minutes, for the rules' ``resources``; its files are `outputs`.

Pure Python, because the Snakefile imports it. What Python and its libraries take is measured on the
default study and scaled with what it grows with.
"""

from collections.abc import Callable
from math import ceil, prod
from types import SimpleNamespace
from typing import Any

from unlearning.planning.costs import EVALUATION_BATCH, chunk_size
from unlearning.planning.outputs import FLOAT, Outputs
from unlearning.study import (
    design,
    needs,
    passes,
    sayings,
    settings,
    subsampling,
)

Resource = Callable[..., int]

MEBIBYTE = 2**20

#: Memory of a process with its libraries: measured, except that of CUDA, an ESTIMATE.
TORCH = 700 * MEBIBYTE
CUDA = 2500 * MEBIBYTE
NUMERICS = 500 * MEBIBYTE  # numpy, pandas, numba or matplotlib

#: What is asked for beyond what is computed.
MEMORY_MARGIN = 1.25
TIME_MARGIN = 3
LEAST_MINUTES = 10

#: Speed of what needs no network: one thread, docs/performance.md; passes of ARPACK over a matrix
#: that need not fit into memory, an estimate.
PRODUCTS_A_SECOND = 7e10
READ_A_SECOND = 1e9
COMPONENT_PASSES = 45
SECONDS_A_BINNED_MARGIN = 3e-9
#: Numbers of images that are read, resized and cut by one processor, an ESTIMATE for photographs.
PREPARED_A_SECOND = 1.5e7

#: Scores of single points of subsamples; as `unlearning.answer.subsamples.AT_ONCE` has it.
SUBSAMPLED_SCORES = 4_000_000

#: Targets whose datamodels are in memory at once; as `unlearning.datamodels.lasso` has it.
DATAMODEL_BLOCK = 512

#: The rules that train or unlearn, as fast as was measured; all whose time is that of members; and
#: all that compute on a GPU where there is one.
TRAINING = (
    "train_datamodels",
    "train_pretrained",
    "train_oracle",
    "train_oracle_outputs",
    "unlearn",
)
ON_MEMBERS = (*TRAINING, "import_pretrained")
ON_DEVICE = (*ON_MEMBERS, "measure_strategies")

#: As `unlearning.ensembles.measurement.Effort` has it, and the last strategies, which may be
#: compiled.
SECONDS_A_MEASUREMENT = 120 + 120
#: Members that are tried at once on a processor, at most; a GPU has memory of its own.
MEMBERS_MEASURED = 4


class Needs(Outputs):
    """Computes what each job of a study needs.

    Methods take the name of a rule and the job's wildcards, as attributes.
    """

    def device_memory(self, rule: str, wildcards: Any) -> int:
        """Return the bytes of a training job's tensors: memory of the GPU if there is one."""
        if rule not in ON_MEMBERS:
            return 0
        network, members = self.network, chunk_size(wildcards.chunk)
        batches, networks, teacher = [self.config["training"]["batch_size"]], 3, 0
        if rule == "unlearn":
            every = self.trajectories(wildcards.method, wildcards.forget_set)
            run = every[wildcards.trajectory].hyperparameters
            batches = [run.get(key, 1) for key in ("batch_size", "forget_batch_size")]
            # Weights and gradients of the trunk and of a branch, and their running gradients.
            networks = 6 if run.get("momentum") else 4
            networks += passes.HELD.get(wildcards.method, 0)
            teacher = passes.EVALUATIONS.get(wildcards.method, 0)
        stack = min(members, self.stack(batches[0])) if rule != "import_pretrained" else 1
        data = self.points * (prod(self.input_shape) + 8)  # bytes stay bytes
        computing = stack * (networks * network.numbers + 1.5 * max(batches) * network.activations)
        logits = stack * self.classes * self.predictions * (3 + teacher)
        evaluating = stack * EVALUATION_BATCH * network.activations / 2
        return data + ceil(FLOAT * (logits + max(computing, evaluating)))

    def memory(self, rule: str, wildcards: Any) -> int:
        """Return the bytes of main memory that a job needs, without margin.

        A study of ``device: auto`` may find itself without a GPU: its tensors count here too.
        """
        members, points, train = self.config["ensemble"]["members"], self.predictions, self.train
        # Scores of every replicate, brought together, and in order.
        replicates = 3 * FLOAT * self._repeats * points
        match rule:
            case _ if rule in ON_MEMBERS:
                return self._training_memory(rule, wildcards)
            case "measure_strategies":
                one = self.device_memory("train_pretrained", SimpleNamespace(chunk="0-0"))
                return TORCH + CUDA + MEMBERS_MEASURED * one
            case "tabulate_texts":
                # Logits of all points, of members and of a teacher; weights as they are read.
                members = chunk_size(design.pretrained_chunks(self.config)[0])
                logits = len(sayings.members(self.config)) * points * self.classes
                return TORCH + CUDA + FLOAT * (4 * logits + 2 * members * self.network.numbers)
            case "import_oracle":
                return TORCH + 3 * sum(self.outputs(rule, wildcards).values())
            case "check_alignment":
                return NUMERICS + 6 * FLOAT * members * points
            case "prepare_data" | "draw_forget_sets":
                # As read, as joined, as written and as padded.
                return NUMERICS + 4 * self.points * prod(self.input_shape)
            case "fit_datamodels":
                models = self.config["datamodels"]["models"]
                # Membership and margins as given, chosen, centred; weights of a block of targets.
                inputs = 14 * models * train + 12 * DATAMODEL_BLOCK * train
                matrices = 0 if self.config["datamodels"]["estimator"] == "mean_difference" else 6
                return NUMERICS + inputs + FLOAT * matrices * train**2
            case "fit_validation_datamodels":
                models, further = self.config["datamodels"]["models"], self.points - train
                inputs = 14 * models * train + 12 * DATAMODEL_BLOCK * train
                # The Gram matrix; weights as they are, as they were, and as they are written.
                lasso = self.config["datamodels"]["estimator"] != "mean_difference"
                matrices = train**2 * lasso + 3 * further * train
                return NUMERICS + inputs + FLOAT * matrices
            case "add_datamodels":
                return NUMERICS + 2 * FLOAT * DATAMODEL_BLOCK * train
            case "import_datamodels":
                # Pages of both files that a block of rows touches.
                return TORCH + 44_000 * train
            case "find_components":
                return NUMERICS + 2000 * train
            case "measure_blocks":
                # A Gram matrix of each forget set, a product that is added, a part of the file.
                squares = [size**2 for size in self.family_sizes()]
                return NUMERICS + 8 * (sum(squares) + 2 * max(squares)) + 100 * MEBIBYTE
            case "score_method":
                longest = max(self.axes(wildcards.method, wildcards.forget_set))
                every = sum(self.axes(wildcards.method, wildcards.forget_set))
                scores = replicates + 16 * every * points
                return NUMERICS + members * points * (6 * longest + 32) + scores
            case "subsample_members":
                names = subsampling.methods(self.config)
                longest = max(max(self.axes(name, wildcards.forget_set)) for name in names)
                oracles = members + self.config["ensemble"]["floor_members"]
                # As mapped, as joined, and three steps of clipping; scores, chosen and in order.
                margins = FLOAT * points * (5 * oracles + members * (longest + 5))
                return NUMERICS + margins + 3 * 8 * SUBSAMPLED_SCORES
            case "sample_points":
                # KLoM of the runs of one method, and let go; then snapshots of oracles and of a
                # trajectory, as mapped, and one as joined. Measured: docs/performance.md.
                names = self.config["run"]["methods"]
                axes = [self.axes(name, wildcards.forget_set) for name in names]
                longest = max(max(each) for each in axes)
                oracles = len(design.oracle_snapshots(self.config)) + 3
                scores = FLOAT * points * max(sum(each) for each in axes)
                margins = FLOAT * members * points * (oracles + longest + 1)
                return NUMERICS + max(scores, margins)
            case "compare_stopping":
                margins = FLOAT * members * points
                moments = max(len(run["snapshots"]) for run in self.stopped(wildcards))
                size = self.forget_size(wildcards.forget_set)
                return NUMERICS + (moments + 5) * margins + 3 * FLOAT * size * self._repeats
            case "score_baselines" | "compare_accuracies" | "measure_damage":
                longest = len(design.oracle_snapshots(self.config))
                return NUMERICS + members * points * (10 * longest + 32) + replicates
        return NUMERICS

    def _training_memory(self, rule: str, wildcards: Any) -> int:
        members, tensors = chunk_size(wildcards.chunk), self.device_memory(rule, wildcards)
        arrays = 2 * sum(self.outputs(rule, wildcards).values())
        # Finished members wait in main memory for the others, then all are copied into one array.
        arrays += 2 * FLOAT * members * self.network.numbers
        if rule == "train_datamodels":
            arrays += 8 * round(members * self.config["datamodels"]["subset_fraction"] * self.train)
        if rule == "unlearn":
            arrays += 2 * FLOAT * members * self.network.numbers  # pretrained weights
            arrays += self._given(wildcards.method, members)
        device = self.config["device"]
        libraries = TORCH + (0 if device == "cpu" else CUDA)
        return libraries + arrays + (0 if device == "cuda" else tensors)

    def _given(self, method: str, members: int) -> int:
        """Return the bytes of what a method asks for: as read, and as a stack is given it."""
        asked = needs.of_method(self.config, method)
        early = len(needs.early_epochs(self.config)) * members * self.network.numbers
        outputs = self.config["needs"]["oracles"] * self.points * self.classes
        sizes = {"early_weights": early, "oracle_outputs": outputs, "datamodels": self.points}
        return 2 * FLOAT * sum(sizes.get(need, 0) for need in asked)

    def job_seconds(self, rule: str, wildcards: Any, device: str) -> float:
        """Return the seconds that a job takes by the model of `costs`, without margin."""
        work = self.work(rule, wildcards)
        if work.members:
            return self.seconds(work, device)
        members, points, train = self.config["ensemble"]["members"], self.predictions, self.train
        match rule:
            case "measure_strategies":
                return 15 + SECONDS_A_MEASUREMENT * len(settings.batch_sizes(self.config))
            case "prepare_data":
                return 10 + self.points * prod(self.input_shape) / PREPARED_A_SECOND
            case "fit_datamodels":
                datamodels = self.config["datamodels"]
                products = 2 * datamodels["models"] * train**2
                if datamodels["estimator"] == "lasso":
                    fits = len(datamodels["penalties"]) + 1
                    products += fits * datamodels["iterations"] * train**3
                return 10 + 2 * products / PRODUCTS_A_SECOND
            case "fit_validation_datamodels":
                datamodels, further = self.config["datamodels"], points - train
                products = 2 * datamodels["models"] * train * further
                if datamodels["estimator"] == "lasso":
                    fits = len(datamodels["penalties"])
                    products += datamodels["models"] * train**2 * fits
                    products += fits * datamodels["iterations"] * further * train**2
                return 10 + 2 * products / PRODUCTS_A_SECOND
            case "add_datamodels":
                return 10 + FLOAT * train * self.points / READ_A_SECOND
            case "find_components":
                return 10 + COMPONENT_PASSES * FLOAT * train**2 / READ_A_SECOND
            case "measure_blocks":
                products = 2 * train * sum(size**2 for size in self.family_sizes())
                return 10 + FLOAT * train**2 / READ_A_SECOND + products / PRODUCTS_A_SECOND
            case "score_method" | "score_baselines" | "measure_damage":
                evaluated = len(design.oracle_snapshots(self.config)) + 1
                if rule == "score_method":
                    evaluated = sum(self.axes(wildcards.method, wildcards.forget_set))
                elif rule == "measure_damage":
                    evaluated = 2  # before and after
                margins = 2 * members * points * (1 + self._repeats)
                return 10 + evaluated * margins * SECONDS_A_BINNED_MARGIN
            case "sample_points":
                names = self.config["run"]["methods"]
                snapshots = sum(sum(self.axes(name, wildcards.forget_set)) for name in names)
                return 10 + 2 * FLOAT * members * points * snapshots / READ_A_SECOND
            case "compare_stopping":
                size, runs = self.forget_size(wildcards.forget_set), self.stopped(wildcards)
                scores = sum(len(run["snapshots"]) + 1 + 2 * self._repeats for run in runs)
                read = FLOAT * members * points * sum(len(run["snapshots"]) for run in runs)
                margins = members * size * scores
                return 10 + read / READ_A_SECOND + margins * SECONDS_A_BINNED_MARGIN
            case "subsample_members":
                drawn = sum(subsampling.subsample_sizes(self.config))
                margins = 2 * drawn * points * self.config["stability"]["subsamples"]
                return 10 + (self.subsampled() + 2) * margins * SECONDS_A_BINNED_MARGIN
        return 10

    def mem_mb(self, rule: str) -> Resource:
        """Return the function that Snakemake asks for a rule's ``mem_mb``; grows by attempt."""

        def megabytes(wildcards: Any, attempt: int) -> int:
            needed = MEMORY_MARGIN * self.memory(rule, wildcards) * attempt
            return 100 * ceil(needed / 1e8)

        return megabytes

    def runtime(self, rule: str) -> Resource:
        """Return the function that Snakemake asks for a rule's ``runtime``: minutes, by attempt."""

        def minutes(wildcards: Any, attempt: int) -> int:
            expected = TIME_MARGIN * self.job_seconds(rule, wildcards, self.device) / 60
            return max(LEAST_MINUTES, ceil(expected)) * attempt

        return minutes
