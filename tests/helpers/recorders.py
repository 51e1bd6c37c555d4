"""What stands for CUDA graphs on a processor, and what watches a run for waiting."""

from contextlib import nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Log(TorchDispatchMode):
    """Runs operations and remembers them, those of the backward pass as well."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        found = operation(*arguments, **(keywords or {}))
        self.calls.append((operation, arguments, keywords or {}, found))
        return found


class ReplayedOperations:
    """Records the operations on tensors, and repeats them on the same tensors, without Python.

    As a CUDA graph does: a loss that looks at anything but tensors that stay where they are gives
    other numbers than it should.
    """

    def __init__(self):
        self.recorded = 0
        self.replayed = 0

    def aside(self):
        return nullcontext()

    def record(self, function):
        self.recorded += 1
        # Recording runs the operations here, which a graph does not: so the first replay is done.
        with _Log() as log:
            function()
        ran = True

        def replay():
            nonlocal ran
            self.replayed += 1
            if ran:
                ran = False
                return
            with torch.no_grad():
                for operation, arguments, keywords, before in log.calls:
                    now = operation(*arguments, **keywords)
                    for old, new in zip(tree_leaves(before), tree_leaves(now), strict=True):
                        if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                            old.copy_(new)

        return replay


class Named(TorchDispatchMode):
    """Collects the names of operations, those of the backward pass as well."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        self.names.add(operation.__name__.split(".")[0])
        return operation(*arguments, **(keywords or {}))


class Waiting(TorchDispatchMode):
    """Collects operations that would make a processor wait for its GPU."""

    SUSPECTS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select", "unique")

    def __init__(self):
        super().__init__()
        self.found = []
        self.operations = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        self.operations += 1
        name = operation.__name__.split(".")[0]
        moved = name == "_to_copy" and (keywords or {}).get("device") is not None
        if name in self.SUSPECTS or moved:
            self.found.append(name)
        return operation(*arguments, **(keywords or {}))
