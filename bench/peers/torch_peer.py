"""What every PyTorch peer needs: float64 on as many threads as the first argument says, a stopwatch, and JSON on standard output."""

import json
import os
import statistics
import sys
import time

THREADS = int(sys.argv[1])

# OpenBLAS has threads of its own, which torch.set_num_threads does not reach.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(THREADS)

import torch  # noqa: E402  (after the environment)

torch.set_num_threads(THREADS)
torch.set_default_dtype(torch.float64)


def seconds(call, repeats, calls=1, warmup=1):
    """Median over `repeats` of the time of one call, in seconds; each repeat makes `calls` calls."""
    for _ in range(warmup * calls):
        call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls)
    return statistics.median(times)


def agree(what, value, expected, tolerance=1e-9):
    """Stops the peer when two versions of the same computation differ."""
    difference = (value - expected).abs().max().item()
    if not difference <= tolerance * max(1.0, expected.abs().max().item()):
        sys.exit(f"{what}: differs from the plain version by {difference}")


def report(timings, **facts):
    """`timings` maps the name of a version to seconds."""
    print(json.dumps({"torch": torch.__version__, "seconds": timings, **facts}))


def blas():
    """The library that does the matrix products: the one with blas in its name that is mapped into this process."""
    if not os.path.exists("/proc/self/maps"):
        return "unknown"
    with open("/proc/self/maps") as maps:
        paths = [line.split()[-1] for line in maps]
    return next((os.path.realpath(path) for path in paths if "blas" in os.path.basename(path)), "built in")


if __name__ == "__main__":
    print(json.dumps({"version": torch.__version__, "blas": os.path.basename(blas())}))
