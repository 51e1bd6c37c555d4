"""What float16 margins do to KLoM: `python -m bench.float16 results/digits` (a finished study)."""

import sys
from pathlib import Path

import numpy as np

from unlearning.ensembles.evaluations import stored
from unlearning.scoring.klom import klom

CLIP = 100.0


def ensemble(folder):
    """Margins of all chunks of a folder: (snapshots, members, points)."""
    chunks = [path for path in folder.glob("*.npy") if path.suffixes == [".npy"]]
    chunks.sort(key=lambda path: int(path.stem.split("-")[0]))
    return np.concatenate([np.load(path, mmap_mode="r") for path in chunks], axis=1)


def main(study):
    """Compare the KLoM of every unlearned ensemble of a study."""
    differences, percentiles, changed = [], [], 0
    for folder in sorted(study.glob("unlearned/*/*/*")):
        unlearned = ensemble(folder)
        oracle = ensemble(study / "oracle" / folder.name)[-1][: unlearned.shape[1]]
        for snapshot in unlearned:
            exact, halved = (
                klom(stored(snapshot, kind).astype(np.float32).clip(-CLIP, CLIP), oracle)
                for kind in ("float32", "float16")
            )
            differences.append(np.abs(halved - exact))
            percentiles.append(abs(np.percentile(halved, 95) - np.percentile(exact, 95)))
            changed += np.mean(differences[-1] > 0)
    points = np.concatenate(differences)
    print(f"{len(percentiles)} ensembles, KLoM of {len(points):,} points")
    print(f"points that change: {changed / len(percentiles):.1%}")
    print(f"a point: mean {points.mean():.2g}, 99 % within {np.percentile(points, 99):.2g}")
    print(f"P95 over points: mean {np.mean(percentiles):.2g}, at most {max(percentiles):.2g}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
