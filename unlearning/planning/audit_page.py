"""An audit as text for the terminal."""

from collections.abc import Sequence
from typing import Any

from unlearning.planning.audit import COLUMNS, HOUR, MEASURED, MODEL, SCALED, Clock
from unlearning.planning.proposals import Proposal
from unlearning.planning.resources import ON_DEVICE

_EXPLAINED = {
    MEASURED: "from this study's own benchmark files",
    SCALED: "by the model, corrected by what other jobs of this study took",
    MODEL: "by the model of unlearning/planning/costs.py alone",
}
#: Columns of numbers that need more than whole numbers.
_FORMATS = {"sample_gradients": ".3g", "gpu_hours": ".2f", "cpu_hours": ".2f", "gigabytes": ".2f"}


def page(
    study: str,
    target: str,
    rows: Sequence[dict[str, Any]],
    clock: Clock,
    proposals: tuple[Proposal, Proposal | None],
    machines: int,
    limit: float,
    free: float,
) -> str:
    """Return the audit as aligned columns and a few sentences.

    Parameters
    ----------
    study, target : names
    rows : of `unlearning.planning.audit.table`
    clock : that the hours come from
    proposals : of `unlearning.planning.proposals.propose`
    machines : GPUs
    limit : hours that a job may take
    free : bytes of disk that are free
    """
    total = {key: sum(row[key] for row in rows) for key in COLUMNS[1:] if key != "estimate"}
    lines = [
        f"{study}, {target}: {total['to_run']} jobs to run, {total['done']} done",
        "",
        *_columns([*rows, {"stage": "total", "estimate": "", **total}]),
        "",
    ]
    sources = sorted({name for row in rows for name in row["estimate"].split("+") if name})
    lines += [f"{name}: hours {_EXPLAINED[name]}" for name in sources]
    lines.append(f"disk: {total['gigabytes']:.1f} GB to write, {free / 1e9:.1f} GB free")
    if total["gigabytes"] > free / 1e9:
        lines.append("disk: NOT ENOUGH")
    if any(row["to_run"] for row in rows if row["stage"] in ON_DEVICE):
        lines += [
            "",
            *_time(proposals, "GPU" if clock.device == "gpu" else "processor", machines, limit),
        ]
    return "\n".join(lines)


def _time(
    proposals: tuple[Proposal, Proposal | None], machine: str, machines: int, limit: float
) -> list[str]:
    own, best = proposals
    where = f"{machines} {machine}{'s' * (machines > 1)}, at most {limit:g} h a job"
    longest = f"the longest job {_duration(own.longest)}"
    lines = [f"{where}: {_plan(own)} as the study stands, {longest}"]
    if own.longest > limit * HOUR:
        lines[0] += ": ABOVE THE LIMIT"
    if best is None:
        lines.append(f"no chunk keeps jobs below {limit:g} h: allow more hours")
    elif (best.chunk, best.models_chunk) == (own.chunk, own.models_chunk):
        lines.append("no other chunk is faster")
    else:
        lines.append(f"{where}: {_plan(best)}, the longest job {_duration(best.longest)}")
    return lines


def _duration(seconds: float) -> str:
    return f"{seconds / HOUR:.1f} h" if seconds >= HOUR else f"{seconds / 60:.1f} min"


def _plan(plan: Proposal) -> str:
    return (
        f"{_duration(plan.seconds)} with ensemble.chunk {plan.chunk}, "
        f"datamodels.chunk {plan.models_chunk}"
    )


def _cell(column: str, value: Any) -> str:
    return format(value, _FORMATS.get(column, "")) if value else ""


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    cells = [[column.replace("_", " ") for column in COLUMNS]]
    cells += [[_cell(column, row[column]) for column in COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    texts = ("stage", "estimate")
    return [
        "  ".join(
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, cell, width in zip(COLUMNS, row, widths, strict=True)
        ).rstrip()
        for row in cells
    ]
