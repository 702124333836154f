"""RealNVP, 8 affine couplings in 16 dimensions: the log density of 10 000 rows, all at once and in chunks that stay in
cache; a training step of 1024."""

from torch_flow import TIMING, Case, apart, in_chunks, network, read_layers, standard_normal, trainer
from torch_peer import report, seconds, torch

DIM, LAYERS, HIDDEN = 16, 8, [128, 128]
ROWS, BATCH, CHUNK = 10_000, 1024, 1000


def read(vector):
    networks = read_layers(vector, [DIM // 2, *HIDDEN, DIM], LAYERS)
    return [[*layers[:-1], apart(layers[-1], 2)] for layers in networks]


def log_prob(x, networks):
    """x of a layer k: the even features pass when k is even, the odd ones when it is odd."""
    even, odd = x[:, 0::2], x[:, 1::2]
    log_det = torch.zeros(x.shape[0], dtype=x.dtype)
    for i in range(len(networks)):
        k = len(networks) - 1 - i
        passing, moved = (even, odd) if k % 2 == 0 else (odd, even)
        shift, raw = network(passing, networks[k]).chunk(2, 1)
        moved = (moved - shift) * torch.exp(-raw)
        log_det = log_det - raw.sum(1)
        even, odd = (passing, moved) if k % 2 == 0 else (moved, passing)
    return standard_normal(even) + standard_normal(odd) + log_det


if __name__ == "__main__":
    torch.manual_seed(1)
    case = Case()
    case.check("RealNVP", log_prob, read)
    networks = read(case.parameters)
    if TIMING == "density":
        x = torch.randn(ROWS, DIM)
        with torch.no_grad():
            timings = {
                "whole": seconds(lambda: log_prob(x, networks), repeats=5),
                "chunked": seconds(in_chunks(log_prob, x, networks, CHUNK), repeats=5),
            }
    else:
        timings = {"autograd": seconds(trainer(log_prob, networks, torch.randn(BATCH, DIM)), repeats=5, calls=5)}
    report(timings)
